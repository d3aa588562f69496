/** Unique keys with two sessions at once: who waits for whom, and who gets the key. */

import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { install, uninstall } from "../../src/postgres/install.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { PostgresStorage } from "../../src/postgres/storage.js";
import { changedSql } from "../../correctness/mutants/changed-sql.js";

const schema = "ringproof";
const now = new Date("2026-01-01T00:00:00Z");
let server: PostgresServer;
let one: pg.Client;
let two: pg.Client;
let watcher: pg.Client;
let first: PostgresStorage;
let second: PostgresStorage;
let lane: number;

beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
});
afterAll(() => server.stop());
beforeEach(async () => {
  [one, two, watcher] = [await connect(server), await connect(server), await connect(server)];
  await install(one, { schema, queueSlots: 2, claimSlots: 2, leaseSlots: 2 });
  [first, second] = [new PostgresStorage(one, { schema }), new PostgresStorage(two, { schema })];
  lane = await first.ensureLane("mail", 1, 0);
});
afterEach(async () => {
  await two.end();
  await watcher.end();
  await uninstall(one, { schema });
  await one.end();
});

const keyed = (storage: PostgresStorage, ...keys: (string | null)[]) => {
  const jobs = keys.map((uniqueKey) => ({ payload: {}, uniqueKey }));
  return storage.enqueueUnique(lane, jobs, now, now);
};
const conflicts = (ids: readonly (string | null)[]) => ids.map((id) => id === null);

/** How many sessions wait for a transaction to end. */
async function waiting(): Promise<number> {
  const { rows } = await watcher.query<{ n: number }>(
    "select count(*)::int as n from pg_stat_activity where wait_event = 'transactionid'",
  );
  return rows[0]!.n;
}

/** What the second session answers once the first, which it waits for, has ended that way. */
async function ends<T>(call: Promise<T>, how: "commit" | "rollback"): Promise<T> {
  await expect.poll(waiting).toBe(1);
  await one.query(how);
  return call;
}

test("one key per living job, and ids in the order of the call", async () => {
  const ids = await keyed(first, "a", null, "b", "a", null);
  expect(conflicts(ids)).toEqual([false, false, false, true, false]);
  const jobs = await first.claim(lane, 9, now);
  expect(jobs.map((job) => job.jobId)).toEqual(ids.filter((id) => id !== null));
  expect(conflicts(await keyed(second, "b", "c"))).toEqual([true, false]);
  await first.complete(jobs, now);
  expect(conflicts(await keyed(second, "b", "c"))).toEqual([false, true]);
});

describe("a key that is on its way", () => {
  test.each([
    ["commit", true],
    ["rollback", false],
  ] as const)("taken: after a %s of the other session", async (how, taken) => {
    await one.query("begin");
    await keyed(first, "a");
    expect(conflicts(await ends(keyed(second, "a"), how))).toEqual([taken]);
  });

  test.each([
    ["commit", false],
    ["rollback", true],
  ] as const)("given back: after a %s of the other session", async (how, taken) => {
    await keyed(first, "a");
    const jobs = await first.claim(lane, 1, now);
    await one.query("begin");
    await first.complete(jobs, now);
    expect(conflicts(await ends(keyed(second, "a"), how))).toEqual([taken]);
  });

  test.each([
    ["commit", ["uniqueConflict"]],
    ["rollback", ["readmitted"]],
  ] as const)("wanted back: after a %s of the other session", async (how, answer) => {
    const [id] = await keyed(first, "a");
    await first.failToDlq(await first.claim(lane, 1, now), now);
    await one.query("begin");
    await keyed(first, "a");
    expect(await ends(second.retryFromDlq([id!], now), how)).toEqual(answer);
  });
});

/** Two batches that name their keys the other way round, and meet at one that a third holds. */
async function crossing(): Promise<PromiseSettledResult<boolean[]>[]> {
  await watcher.query("begin");
  await keyed(new PostgresStorage(watcher, { schema }), "m");
  const there = keyed(first, "a", "m", "z").then(conflicts);
  await expect.poll(waiting).toBe(1);
  const back = keyed(second, "z", "m", "a").then(conflicts);
  await expect.poll(waiting).toBe(2);
  await watcher.query("rollback");
  return Promise.allSettled([there, back]);
}

describe("two batches that name the same keys", () => {
  test("take them in one order", async () => {
    expect(await crossing()).toEqual([
      { status: "fulfilled", value: [false, false, false] },
      { status: "fulfilled", value: [true, true, true] },
    ]);
  });

  test("would deadlock in the orders of their calls", async () => {
    const shipped = `select distinct on (unique_key) unique_key, job_id
    from unnest(p_job_ids, p_unique_keys) with ordinality as k (job_id, unique_key, place)
    where unique_key is not null
    order by unique_key, place`;
    const planted = shipped
      .replace("distinct on (unique_key) ", "")
      .replace("order by unique_key, place", "order by place");
    await one.query(changedSql("keys", "take_keys", shipped, planted));
    const codes = (await crossing()).flatMap((r) => (r.status === "rejected" ? r.reason.code : []));
    expect(codes).toEqual(["40P01"]);
  });
});
