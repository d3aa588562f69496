/** Dispatch slots: thresholds to the millisecond, and two instances at once. */

import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { install, uninstall } from "../../src/postgres/install.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import type { Claimer } from "../../src/postgres/answers.js";
import { ClaimerLeases } from "../../src/postgres/claimers.js";
import { changedSql } from "../../correctness/mutants/changed-sql.js";

let server: PostgresServer;
beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
});
afterAll(() => server.stop());

const schema = "ringproof";
const mail = { queue: "mail" };
const terms = { slots: 2, ttl: 30_000, idle: 10_000 };
const single = { ...terms, slots: 1 };
const held = { slot: 0, epoch: 1 };
const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + Math.round(seconds * 1000));
const [x, y, z] = ["x", "y", "z"].map((owner) => ({ ...mail, owner })) as [
  Claimer,
  Claimer,
  Claimer,
];
let one: pg.Client;
let two: pg.Client;
let first: ClaimerLeases;
let second: ClaimerLeases;

beforeEach(async () => {
  one = await connect(server);
  two = await connect(server);
  await install(one, { schema, queueSlots: 2, claimSlots: 2, leaseSlots: 2 });
  [first, second] = [new ClaimerLeases(one, { schema }), new ClaimerLeases(two, { schema })];
  expect(await first.acquire(z, terms, at(0))).toMatchObject({ slot: 0 });
});
afterEach(async () => {
  await two.end();
  await uninstall(one, { schema });
  await one.end();
});

describe("a threshold, from both sides", () => {
  const slow = { ...single, idle: 100_000 };

  test.each([
    ["half idle", single, 4.999, 5],
    ["half the time to live", slow, 14.999, 15],
  ])("refreshed from %s on", async (_, policy, early, late) => {
    expect(await first.claimed(z, held, policy, at(early))).toBe("fresh");
    expect(await first.claimed(z, held, policy, at(late))).toBe("refreshed");
    expect(await first.claimed(z, held, policy, at(late))).toBe("fresh");
    expect(await first.claimed(z, held, policy, at(late + early))).toBe("fresh");
    expect(await first.claimed(z, held, policy, at(late + late))).toBe("refreshed");
  });

  test.each([
    ["idle", single, 9.999, 10],
    ["expired", slow, 29.999, 30],
  ])("a peer takes what is %s", async (_, policy, early, late) => {
    expect(await first.acquire(y, policy, at(early))).toEqual({ result: "full" });
    const taken = { result: "acquired", slot: 0, epoch: 2 };
    expect(await first.acquire(y, policy, at(late))).toEqual(taken);
    expect(await first.claimed(z, held, policy, at(late))).toBe("superseded");
  });

  test("an instance keeps what has not expired, idle or not, and gets the same epoch", async () => {
    expect(await first.acquire(z, single, at(29.999))).toEqual({ result: "kept", ...held });
    const again = await first.acquire(z, single, at(30));
    expect(again).toEqual({ result: "acquired", ...held });
  });
});

test("queues do not meet", async () => {
  const other = { ...y, queue: "post" };
  const taken = { result: "acquired", ...held };
  expect(await first.acquire(other, single, at(0))).toEqual(taken);
  expect(await first.acquire(z, single, at(10))).toEqual({ result: "kept", ...held });
});

test("with fewer slots than before, nobody keeps one beyond them", async () => {
  const beyond = { result: "acquired", slot: 1, epoch: 1 };
  expect(await first.acquire(x, terms, at(0))).toEqual(beyond);
  expect(await first.acquire(x, terms, at(1))).toEqual({ ...beyond, result: "kept" });
  expect(await first.acquire(x, single, at(2))).toEqual({ result: "full" });
});

describe("two at once", () => {
  /** Whether the call of `two` waits for a lock. */
  async function waits(): Promise<boolean> {
    const { rows } = await one.query<{ waits: boolean }>(
      `select exists (select from pg_locks where not granted and locktype = 'advisory') as waits`,
    );
    return rows[0]!.waits;
  }

  /** The end of `one` while the other call waits for it. */
  async function ends<T>(call: Promise<T>, end: "commit" | "rollback"): Promise<T> {
    await expect.poll(waits).toBe(true);
    await one.query(end);
    return call;
  }

  test("the last slot goes to one only, and neither fails", async () => {
    for (let round = 0; round < 25; round++) {
      const queue = `mail ${round}`;
      const taken = await Promise.all([
        first.acquire({ ...x, queue }, single, at(0)),
        second.acquire({ ...y, queue }, single, at(0)),
      ]);
      expect(taken.map((t) => t.result).sort()).toEqual(["acquired", "full"]);
    }
  });

  test.each([
    ["commit", { result: "full" }],
    ["rollback", { result: "acquired", slot: 1, epoch: 1 }],
  ] as const)("who comes second waits for the %s", async (end, outcome) => {
    await one.query("begin");
    const taken = await first.acquire(x, terms, at(0));
    expect(taken).toEqual({ result: "acquired", slot: 1, epoch: 1 });
    expect(await ends(second.acquire(y, terms, at(0)), end)).toEqual(outcome);
  });

  test("two calls of one instance get one slot", async () => {
    await one.query("begin");
    await first.acquire(x, terms, at(0));
    const again = await ends(second.acquire(x, terms, at(0)), "commit");
    expect(again).toEqual({ result: "kept", slot: 1, epoch: 1 });
  });

  test("a slot that is just being refreshed is not taken", async () => {
    await one.query("begin");
    expect(await first.claimed(z, held, single, at(10))).toBe("refreshed");
    const taken = await ends(second.acquire(y, single, at(10)), "commit");
    expect(taken).toEqual({ result: "full" });
  });

  test("a slot that is just being taken is not refreshed", async () => {
    await one.query("begin");
    const taken = await first.acquire(y, single, at(10));
    expect(taken).toEqual({ result: "acquired", slot: 0, epoch: 2 });
    expect(await ends(second.claimed(z, held, single, at(10)), "commit")).toBe("superseded");
  });

  test("what writes nothing does not wait", async () => {
    await one.query("begin");
    await first.acquire(x, terms, at(0));
    expect(await second.acquire(z, terms, at(1))).toEqual({ result: "kept", ...held });
    expect(await second.claimed(z, held, terms, at(1))).toBe("fresh");
    expect(await second.claimed(y, held, terms, at(9))).toBe("superseded");
    expect(await second.claimed(y, null, terms, at(9))).toBe("notHeld");
    await one.query("commit");
    expect(await second.acquire(y, terms, at(1))).toEqual({ result: "full" });
  });

  test("planted: who decides before the lock takes a slot that is held", async () => {
    const chooses =
      "    select * into v_choice\n" +
      "    from ringproof.claimer_choice(p_queue, p_owner, p_slots, p_idle, p_now);\n";
    await one.query(changedSql("claimers", "acquire_claimer", chooses, ""));
    await one.query("begin");
    await first.acquire(x, terms, at(0));
    const taken = await ends(second.acquire(y, terms, at(0)), "commit");
    expect(taken).toMatchObject({ result: "acquired", slot: 1 });
  });
});
