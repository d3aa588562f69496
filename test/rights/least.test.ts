/** A role may do the tasks that it is granted, and nothing else with anything in the schema. */

import { inspect } from "node:util";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { changedSql } from "../../correctness/mutants/changed-sql.js";
import { functionsOf, operationsOf, taskNames } from "../../src/postgres/tasks.js";
import {
  attemptsOn,
  catalogs,
  forbidden,
  granted,
  privileges,
  tried,
  unrefused,
} from "./attempts.js";
import { Ground, OWNER, ROLE } from "./ground.js";
import { hijack } from "./hijack.js";
import { at, callerOf, lives, recording, schema, secret } from "./life.js";

let ground: Ground;
beforeAll(async () => {
  ground = await Ground.open();
});
afterAll(() => ground.close());

const now = at(0);

describe.each(taskNames)("who may only %s", (task) => {
  beforeAll(() => ground.fresh([task]));

  test("calls every operation of that with success", async () => {
    await ground.session(async (client) => {
      const { client: recorded, called } = recording(client);
      await lives[task](callerOf(recorded), ground.owner, client);
      expect([...called].sort()).toEqual([...operationsOf(task)].sort());
    });
  });

  test("has no other privilege on anything", async () => {
    expect(await privileges(ground.client, ROLE)).toEqual(await granted(ground.client, task));
  });

  test("is refused everything else, table by table and function by function", async () => {
    const all = await attemptsOn(ground.client);
    expect(all.length).toBeGreaterThan(900);
    const some = all.filter((attempt) => forbidden(task, attempt));
    await ground.session(async (client) => expect(await unrefused(client, some)).toEqual([]));
  });

  test("runs nothing of its own with somebody else's rights", async () => {
    await ground.fresh([task]);
    await ground.session(async (client) => {
      const seen = await hijack(client, ROLE);
      const { client: recorded, called } = recording(client);
      await lives[task](callerOf(recorded), ground.owner, client);
      expect(called.size).toBe(operationsOf(task).length);
      expect([...seen]).toEqual([]);
    });
  });

  test("becomes nobody else, and passes nothing on", async () => {
    await ground.session(async (client) => {
      expect(await tried(client, `set role ${OWNER}`)).toBe("42501");
      expect(await tried(client, `set session authorization ${OWNER}`)).toBe("42501");
      for (const name of functionsOf(task))
        await client.query(`grant execute on function ${schema}.${name} to public`);
      expect(await privileges(ground.client, ROLE)).toEqual(await granted(ground.client, task));
    });
  });
});

test("there is no kind of object that the attempts do not know", async () => {
  await ground.fresh([]);
  expect(await catalogs(ground.client)).toEqual(["pg_class", "pg_proc", "pg_type"]);
});

test("an operation runs as the owner, by a path of its own, and nothing else does", async () => {
  const { rows } = await ground.client.query<{ name: string; path: string }>(
    `select proname as name,
            (select c from unnest(proconfig) c where c like 'search_path=%') as path
     from pg_proc where pronamespace = $1::text::regnamespace and prosecdef`,
    [schema],
  );
  const operations = new Set(taskNames.flatMap(operationsOf));
  expect(rows.map(({ name }) => name).sort()).toEqual([...operations].sort());
  expect(new Set(rows.map(({ path }) => path))).toEqual(
    new Set(["search_path=pg_catalog, pg_temp"]),
  );
});

test("PUBLIC may do nothing at all", async () => {
  await ground.fresh([]);
  expect(await privileges(ground.client, ROLE)).toEqual([]);
});

/** What Postgres shows of the plans of this session: in them values are the bytes that they are. */
async function plansOf(client: pg.Client): Promise<readonly string[]> {
  const plans: string[] = [];
  client.on("notice", ({ message = "", detail = "" }) => plans.push(message, detail));
  await client.query("set debug_print_plan to on; set client_min_messages to log");
  return plans;
}

/** A plan is broken into lines anywhere, within a number too. */
const showsSecret = (plan: string): boolean =>
  [secret, [...Buffer.from(secret)].join(" ")].some((it) => bare(plan).includes(bare(it)));
const bare = (text: string): string => text.replace(/\s+/g, "");

describe("who moves payloads does not see them", () => {
  /** The plans that show one, of all that an administrator or a maintainer does. */
  const shown = async (task: "administer" | "maintain", change = "") => {
    await ground.fresh([task], change);
    return ground.session(async (client) => {
      const plans = await plansOf(client);
      await lives[task](callerOf(client), ground.owner, client);
      expect(plans.length).toBeGreaterThan(100);
      return plans.filter(showsSecret);
    });
  };

  test.each(["administer", "maintain"] as const)(
    "in the plans that Postgres shows: %s",
    async (task) => expect(await shown(task)).toEqual([]),
  );

  test("as they could where each call has its own", async () => {
    const own = "alter function ringproof.append_ready set plan_cache_mode = force_custom_plan";
    expect(await shown("administer", own)).not.toEqual([]);
  });

  test.each([
    ["maintain", "producers", "promote_deferred"],
    ["administer", "admin", "move_ready"],
    ["administer", "admin", "retry_from_dlq"],
  ] as const)("as they could in that of a PERFORM: %s, %s, %s", async (task, family, name) => {
    const assigned = "v_count := ringproof.append_ready";
    const performed = changedSql(family, name, assigned, "perform ringproof.append_ready");
    expect(await shown(task, performed)).not.toEqual([]);
  });
});

test("a worker reads the payloads of what it claims, and no others", async () => {
  await ground.fresh(["produce", "work"]);
  const { storage, lanes } = ground.owner;
  const lane = await storage.ensureLane("mail", 1, 0);
  await storage.enqueue(lane, [{ own: 1 }], now, now);
  const others = await storage.enqueue(lane, [{ secret }, { secret }], now, now);
  await storage.enqueue(await storage.ensureLane("other", 1, 0), [{ secret }], now, now);
  await ground.session(async (client) => {
    const { storage: mine } = callerOf(client);
    const plans = await plansOf(client);
    const [token] = await mine.claim(lane, 1, now);
    expect(token!.payload).toEqual({ own: 1 });
    const running = (await storage.claim(lane, 1, now))[0]!;
    const strange = { ...token!, jobId: others[1]!, receiptSeq: "3" };
    const told: unknown[] = [];
    for (const tokens of [[running], [strange], [token!, running, strange]])
      for (const call of ["heartbeat", "resumeCallback", "fail", "completeSlow"] as const)
        told.push(await mine[call](tokens, now));
    told.push(await mine.retry([running], now, now).catch((error: unknown) => error));
    expect(inspect(told, { depth: null })).not.toContain(secret);
    expect(plans.length).toBeGreaterThan(100);
    expect(plans.filter(showsSecret)).toEqual([]);
  });
  await lanes.reprioritise(others, 1, now);
});
