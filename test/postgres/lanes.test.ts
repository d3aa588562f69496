/** Which lane a claim takes: thresholds to the millisecond, other claimers, and jobs that move. */

import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { install, uninstall } from "../../src/postgres/install.js";
import { Lanes } from "../../src/postgres/lanes.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { PostgresStorage } from "../../src/postgres/storage.js";
import { changedSql } from "../../correctness/mutants/changed-sql.js";

const schema = "ringproof";
const ageing = 10_000;
const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + Math.round(seconds * 1000));
let server: PostgresServer;
let client: pg.Client;
let other: pg.Client;
let storage: PostgresStorage;
let lanes: Lanes;

beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
});
afterAll(() => server.stop());
beforeEach(async () => {
  [client, other] = [await connect(server), await connect(server)];
  await install(client, { schema, queueSlots: 2, claimSlots: 2, leaseSlots: 2 });
  [storage, lanes] = [new PostgresStorage(client, { schema }), new Lanes(client, { schema })];
});
afterEach(async () => {
  await other.end();
  await uninstall(client, { schema });
  await client.end();
});

/** Jobs of this payload in a lane of their queue, waiting since then. */
async function waiting(name: string, priority: number, seconds: number, shard = 0, queue = "mail") {
  const lane = await storage.ensureLane(queue, priority, shard);
  return storage.enqueue(lane, [name], at(seconds), at(seconds));
}

async function next(seconds: number, queue = "mail"): Promise<unknown> {
  const jobs = await lanes.claim(queue, 1, at(seconds), { ageing });
  return jobs[0]?.payload;
}

/** All that is left, one claim after the other. */
async function order(seconds: number): Promise<unknown[]> {
  const all: unknown[] = [];
  for (let job = await next(seconds); job !== undefined; job = await next(seconds)) all.push(job);
  return all;
}

test("the lowest priority number first, and of equals who waits longest", async () => {
  await waiting("third", 2, 0);
  await waiting("second", 1, 2);
  await waiting("first", 1, 1, 1);
  await waiting("elsewhere", 0, 0, 0, "news");
  expect(await order(3)).toEqual(["first", "second", "third"]);
  expect(await next(3, "news")).toBe("elsewhere");
  expect(await next(3, "nobody's")).toBeUndefined();
});

test.each([
  [19.999, "urgent"],
  [20, "patient"],
])("two priorities apart, after %s seconds of waiting: %s", async (seconds, chosen) => {
  await waiting("patient", 3, 0);
  await waiting("urgent", 1, 19);
  expect(await next(seconds)).toBe(chosen);
});

test("a lane waits since its first row, whatever the clock of a later producer said", async () => {
  await waiting("first", 1, 10);
  await storage.rotateQueue(at(11));
  await waiting("by a clock that is behind", 1, 0);
  await waiting("another", 1, 5, 1);
  for (let turn = 0; turn < 2; turn++) {
    await storage.pruneClaims(at(12));
    expect(await storage.rotateClaims(at(12))).toMatchObject({ result: "rotated" });
  }
  expect(await order(13)).toEqual(["another", "first", "by a clock that is behind"]);
});

test("nobody starves behind jobs that keep coming", async () => {
  await waiting("patient", 6, 0);
  for (let second = 1; ; second++) {
    await waiting("urgent", 1, second);
    if ((await next(second)) === "patient") break;
    expect(second).toBeLessThanOrEqual(50);
  }
});

test("spent rows, and lanes that others are claiming from, are left out", async () => {
  await waiting("gone", 1, 0);
  await next(1);
  await storage.cancelReady(await waiting("withdrawn", 1, 0), at(1));
  const ids = await waiting("busy", 1, 1);
  await waiting("free", 2, 1);
  await other.query("begin");
  const busy = (await storage.jobs()).find((job) => job.jobId === ids[0])!.laneId;
  await new PostgresStorage(other, { schema }).claim(busy, 1, at(2));
  expect(await order(2)).toEqual(["free"]);
  await other.query("rollback");
  expect(await order(2)).toEqual(["busy"]);
});

test("a claim locks the head of one lane", async () => {
  for (const priority of [1, 2, 3]) await waiting("job", priority, 0);
  await client.query("begin");
  await next(1);
  const heads = `select count(*)::int as n from (
    select from ${schema}.lane_claim_heads for update skip locked) h`;
  const { rows } = await other.query<{ n: number }>(heads);
  await client.query("commit");
  expect(rows[0]!.n).toBe(2);
});

test("an ageing of nothing is an error, not a priority", async () => {
  await waiting("job", 1, 0);
  const claim = `select * from ${schema}.claim_from_queue('mail', 1, null, '0', now())`;
  await expect(client.query(claim)).rejects.toMatchObject({ code: "22023" });
});

test("jobs move by the names of their lanes, and keep their shards", async () => {
  const [a, b, c] = [
    ...(await waiting("a", 1, 0, 0)),
    ...(await waiting("b", 1, 0, 1)),
    ...(await waiting("c", 5, 0, 0)),
  ] as [string, string, string];
  const moved = ["moved", "moved", "sameLane", "sameLane", "notReady"];
  expect(await lanes.reprioritise([a, b, c, a, "999"], 5, at(1))).toEqual(moved);
  expect(await lanes.moveQueue([c], "news", at(1))).toEqual(["moved"]);
  const { rows } = await client.query(
    `select payload #>> '{}' as job, queue, priority, enqueue_shard as shard
     from ${schema}.pending_entries join ${schema}.lanes using (lane_id) order by 1`,
  );
  expect(rows).toEqual([
    { job: "a", queue: "mail", priority: 5, shard: 0 },
    { job: "b", queue: "mail", priority: 5, shard: 1 },
    { job: "c", queue: "news", priority: 5, shard: 0 },
  ]);
});

/** Two calls at once that create the same two lanes, from lanes that lie in two orders. */
async function twoCreators(): Promise<unknown[]> {
  const jobs: string[] = [];
  for (const [queue, priority] of [
    ["mail", 1],
    ["news", 1],
    ["news", 2],
    ["mail", 2],
  ] as const)
    jobs.push(...(await waiting("job", priority, 0, 0, queue)));
  await client.query(
    `create function ${schema}.slowly() returns trigger language plpgsql as
       $$ begin perform pg_sleep(0.2); return new; end $$;
     create trigger slowly before insert on ${schema}.lanes
       for each row execute function ${schema}.slowly()`,
  );
  const [one, two] = [lanes, new Lanes(other, { schema })];
  const ended = await Promise.allSettled([
    one.reprioritise(jobs.slice(0, 2), 5, at(1)),
    two.reprioritise(jobs.slice(2), 5, at(1)),
  ]);
  return ended.map((end) => (end.status === "fulfilled" ? end.value : end.reason.code));
}

test("two that create the same lanes wait for each other in turn", async () => {
  expect(await twoCreators()).toEqual(Array(2).fill(["moved", "moved"]));
});

test("planted: new lanes in the order of the old ones", async () => {
  const [from, to] = ["order by 2, 3, 4 offset 0", "order by lane_id offset 0"];
  await client.query(changedSql("lanes", "change_lanes", from, to));
  expect(await twoCreators()).toContain("40P01");
});

/** What comes out of three lanes while somebody else is claiming from a fourth. */
async function scenario(): Promise<unknown[]> {
  await waiting("patient", 2, 0);
  await waiting("urgent", 1, 15);
  await waiting("later", 1, 15, 1);
  await waiting("busy", 1, 0, 2);
  const busy = await storage.ensureLane("mail", 1, 2);
  await other.query("begin");
  await new PostgresStorage(other, { schema }).claim(busy, 1, at(16));
  const seen = await order(16).catch((error: { code: string }) => [error.code]);
  await other.query("rollback");
  return seen;
}

test("as shipped, where bugs are planted", async () => {
  expect(await scenario()).toEqual(["patient", "urgent", "later"]);
});

test.each([
  ["waiting never counts", "l.priority - w.aged", "l.priority", ["urgent", "later", "patient"]],
  [
    "the last lane of equals first",
    "w.since, l.lane_id",
    "w.since, -l.lane_id",
    ["patient", "later", "urgent"],
  ],
  ["busy lanes are an error", "for update of h skip locked", "for update of h nowait", ["55P03"]],
])("planted: %s", async (_, from, to, seen) => {
  await client.query(changedSql("lanes", "choose_lane", from, to));
  expect(await scenario()).toEqual(seen);
});
