/** Names that look like something else are names, or one message; never SQL. */

import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { audit } from "../../src/postgres/audit.js";
import { ClaimerLeases } from "../../src/postgres/claimers.js";
import { grant } from "../../src/postgres/grants.js";
import { install, uninstall } from "../../src/postgres/install.js";
import { Lanes } from "../../src/postgres/lanes.js";
import { RescuePasses } from "../../src/postgres/rescue-passes.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { PostgresStorage } from "../../src/postgres/storage.js";
import { ran } from "../cli/fixture.js";
import { impossible, odd } from "./texts.js";

const schema = "named";
const now = new Date("2026-01-01T00:00:00Z");
const terms = { slots: 1, ttl: 60_000, idle: 30_000 };
let server: PostgresServer;
let client: pg.Client;
let storage: PostgresStorage;
let lanes: Lanes;
let claimers: ClaimerLeases;

beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
  client = await connect(server);
  await client.query("create table canary ()");
  await install(client, { schema, queueSlots: 2, claimSlots: 2, leaseSlots: 2 });
  storage = new PostgresStorage(client, { schema });
  lanes = new Lanes(client, { schema });
  claimers = new ClaimerLeases(client, { schema });
});
afterAll(async () => {
  await client.query("drop table canary");
  await client.end();
  await server.stop();
});

/** Every relation of the database, and its schema. */
async function world(): Promise<unknown> {
  const text = "select relnamespace::regnamespace, relname from pg_class order by oid";
  return (await client.query(text)).rows;
}

test("every one of them is another queue, owner and key, and stays what it is", async () => {
  const ids = new Set<number>();
  for (const text of odd) {
    const lane = await storage.ensureLane(text, 1, 0);
    ids.add(lane);
    const jobs = [{ payload: { [text]: text }, uniqueKey: text }];
    expect(await storage.enqueueUnique(lane, jobs, now, now)).not.toEqual([null]);
    expect(await storage.enqueueUnique(lane, jobs, now, now)).toEqual([null]);
    const by = { queue: text, owner: text };
    expect(await claimers.acquire(by, terms, now)).toMatchObject({ result: "acquired" });
    const held = { slot: 0, epoch: 1 };
    expect(await claimers.claimed(by, held, terms, now)).toBe("fresh");
    const other = await claimers.acquire({ queue: text, owner: "somebody else" }, terms, now);
    expect(other).toEqual({ result: "full" });
  }
  expect(ids.size).toBe(odd.length);
  const { rows } = await client.query<{ queue: string }>(`select queue from ${schema}.lanes`);
  expect(new Set(rows.map(({ queue }) => queue))).toEqual(new Set(odd));
  expect((await storage.queueCounts()).map(({ queue }) => queue).sort()).toEqual([...odd].sort());
  for (const text of odd) {
    const [job] = await lanes.claim(text, 9, now);
    expect(job!.payload).toEqual({ [text]: text });
    expect(await storage.flushProgress([job!], [text], now)).toEqual(["flushed"]);
    expect(await storage.complete([job!], now)).toEqual(["completed"]);
  }
  expect((await audit(client, { schema })).flatMap((r) => r.violations)).toEqual([]);
  await client.query("select from canary");
});

test("jobs move to any of them", async () => {
  const lane = await storage.ensureLane("start", 1, 0);
  const [job] = await storage.enqueue(lane, [{}], now, now);
  for (const text of odd) expect(await lanes.moveQueue([job!], text, now)).toEqual(["moved"]);
  expect(await lanes.claim(odd.at(-1)!, 1, now)).toMatchObject([{ jobId: job }]);
});

describe("what Postgres has no place for is refused by name", () => {
  const calls: Readonly<Record<string, (text: string) => Promise<unknown>>> = {
    "queue of ensureLane": (text) => storage.ensureLane(text, 1, 0),
    "queue of claim": (text) => lanes.claim(text, 1, now),
    "queue of moveQueue": (text) => lanes.moveQueue(["1"], text, now),
    "queue of acquire": (text) => claimers.acquire({ queue: text, owner: "a" }, terms, now),
    "owner of acquire": (text) => claimers.acquire({ queue: "a", owner: text }, terms, now),
    "queue of claimed": (text) => claimers.claimed({ queue: text, owner: "a" }, null, terms, now),
    "owner of claimed": (text) => claimers.claimed({ queue: "a", owner: text }, null, terms, now),
    "uniqueKeys[0] of enqueueUnique": (text) =>
      storage.enqueueUnique(1, [{ payload: 1, uniqueKey: text }], now, now),
  };
  const cases = Object.keys(calls).flatMap((what) => impossible.map((text) => [what, text]));

  test.each(cases)("%s: %j", async (what, text) => {
    await expect(calls[what!]!(text!)).rejects.toMatchObject({
      name: "UserError",
      message: expect.stringMatching(
        new RegExp(`^${what!.split(" ")[0]!.replace("[", "\\[")} is '`),
      ),
      remedy: expect.stringMatching(/^Pass a text (that is not empty|without|of at most)/),
    });
    expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });
});

describe("as the name of a schema", () => {
  const most = [...odd, ...impossible];
  const possible = most.filter((text) => /^(?!pg_)[a-z_][a-z0-9_]{0,47}$/.test(text));
  const others = most.filter((text) => !possible.includes(text));

  test.each([...others, "public", "information_schema"])("%j", async (name) => {
    const before = await world();
    const refused: readonly (() => unknown)[] = [
      () => install(client, { schema: name }),
      () => uninstall(client, { schema: name }),
      () => audit(client, { schema: name }),
      () => grant(client, { schema: name, role: "postgres", may: ["work"] }),
      async () => new PostgresStorage(client, { schema: name }),
      async () => new Lanes(client, { schema: name }),
      async () => new RescuePasses(client, { schema: name }),
      async () => new ClaimerLeases(client, { schema: name }),
    ];
    for (const call of refused)
      await expect(call()).rejects.toMatchObject({
        name: "UserError",
        message: `${JSON.stringify(name)} cannot be the name of ringproof's schema.`,
      });
    expect(await world()).toEqual(before);
    const { code, out, err } = await ran(["audit", "--pg", server.url, "--schema", name]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).not.toMatch(/^\s+at /m);
  });

  test.each(possible.filter((name) => name !== schema))("%s, which it may be", async (name) => {
    const sizes = { queueSlots: 2, claimSlots: 2, leaseSlots: 2 };
    await install(client, { schema: name, ...sizes });
    const own = new PostgresStorage(client, { schema: name });
    expect(await own.enqueue(await own.ensureLane("a", 1, 0), [{}], now, now)).toHaveLength(1);
    expect(await own.health(now, now)).toEqual([]);
    expect((await audit(client, { schema: name })).flatMap((r) => r.violations)).toEqual([]);
    await uninstall(client, { schema: name });
  });
});
