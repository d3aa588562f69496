/** The three in step on a real Postgres; the same seed makes the same runs. */

import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  failureFinding,
  lockstepScope,
  lockstepSteps,
  replayLockstep,
  unseen,
  narrowScope,
  smallScope as small,
} from "../../correctness/lockstep/claim.js";
import { Runs } from "../../correctness/lockstep/choices.js";
import { Database } from "../../correctness/lockstep/database.js";
import { runLockstep, type LockstepOptions } from "../../correctness/lockstep/lockstep.js";
import { badStepLines } from "../../correctness/lockstep/text.js";
import { Trio } from "../../correctness/lockstep/trio.js";
import type { Attempt } from "../../correctness/conform/attempts.js";
import { withCleanup } from "../../src/cleanup.js";
import { allAnswers, NONE } from "../../src/core/index.js";
import { UserError } from "../../src/errors.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";

let server: PostgresServer;
beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
});
afterAll(() => server.stop());

const lockstep = (options: Partial<LockstepOptions>) =>
  runLockstep({ server, scope: lockstepScope, seed: 1, runs: 1, steps: 100, ...options });

const schemas = async (): Promise<number> => {
  const client = await connect(server);
  const text = "select from pg_namespace where nspname like 'lockstep%'";
  const { rowCount } = await client.query(text);
  await client.end();
  return rowCount!;
};

test("contract, core and Postgres stay in step, and what did not occur is named", async () => {
  const result = await lockstep({ runs: 9, steps: 200 });
  const told = result.failure && failureFinding(result.failure);
  expect(told).toBeUndefined();
  expect(result.runs).toBe(9);
  expect(result.steps).toBeGreaterThan(1500);
  expect(unseen(result).length).toBeLessThan(allAnswers.length / 8);
  expect([...result.counts.keys(), ...unseen(result)].sort()).toEqual([...allAnswers].sort());
  const upkeep = ["rebuild rebuilt", "rollup noop", "rollup rolledUp", "rollup skippedActive"];
  const passes = ["rescue_expired_deadlines_pass", "rescue_stale_receipts_pass"];
  const byQueue = ["claim_from_queue", "move_queue", "reprioritise", ...passes];
  const refused = [
    "ageing error 22023 p_ageing is 00:00:00, and must be positive",
    "nobody notReady",
    "nowhere error 23503 lane 999999999 does not exist",
  ];
  const others = ["has", "has other", "reads", "wants", "wants row"];
  const beside = [...upkeep, ...byQueue, ...refused, ...others];
  expect([...result.beside.keys()].sort()).toEqual(beside.sort());
  expect(await schemas()).toBe(0);
});

test("what is chosen often is: rescues are made in parts, too", async () => {
  const often = ["Enqueue", "Claim", "RescueStaleReceipts"] as const;
  const result = await lockstep({ scope: narrowScope, runs: 20, often });
  expect(result.failure && failureFinding(result.failure)).toBeUndefined();
  expect([...result.beside.keys()]).toEqual(
    expect.arrayContaining(["rescue in parts", "pass in parts"]),
  );
  const times = (action: string) =>
    [...result.counts].reduce((sum, [k, n]) => sum + (k.startsWith(`${action} `) ? n : 0), 0);
  expect(times("Claim")).toBeGreaterThan(3 * times("Retry"));
});

test("the same seed makes the same runs on one connection and on two", async () => {
  const options = { scope: small, seed: 5, runs: 4 };
  const one = await lockstep({ ...options, connections: 1 });
  const two = await lockstep({ ...options, connections: 2 });
  expect(two.steps).toBe(one.steps);
  expect([...two.counts].sort()).toEqual([...one.counts].sort());
  const other = await lockstep({ ...options, seed: 6 });
  expect([...other.counts].sort()).not.toEqual([...one.counts].sort());
});

test("a failed job that was moved and is then carried along was never written late", async () => {
  const database = await Database.connect(server, { schema: "lockstep_moved", scope: small });
  await withCleanup(
    () => database.close(),
    async () => {
      await database.prepare();
      expect(await database.reset()).toEqual([]);
      const trio = new Trio(database, small);
      const [from, lane] = small.lanes as [string, string];
      const claim = { n: 1, deadline: NONE };
      const calls: readonly Attempt[] = [
        { action: "Enqueue", list: [{ lane: from, batch: ["j5", "j6"], wait: 0 }] },
        { action: "Claim", list: [{ lane: from, ...claim }] },
        { action: "PassTime", list: [{}] },
        { action: "MoveReady", list: [{ job: "j6", lane }] },
        { action: "Snooze", list: [{ token: { job: "j5", lease: 1 }, wait: 1 }] },
        { action: "PassTime", list: [{}] },
        { action: "RotateQueue", list: [{}] },
        { action: "Claim", list: [{ lane, ...claim }] },
        { action: "Fail", list: [{ token: { job: "j6", lease: 1 } }] },
        { action: "PruneQueue", list: [{}] },
      ];
      for (const call of calls) {
        const { bad } = await trio.take(call);
        expect(bad && badStepLines(bad)).toBeNull();
      }
      expect(trio.state.db.doneEntries).toMatchObject([{ job: "j6", slot: 1 }]);
    },
  );
});

test("a path that fits, and is of no failure, is said to be just that", async () => {
  const url = { kind: "url", url: server.url, from: "--pg" } as const;
  const { signal } = new AbortController();
  const whole = { tier: "quick", seed: 1, shard: { index: 1, count: 1 }, configs: [] } as const;
  const totals: (number | undefined)[] = [];
  const progress = (_what: string, _done: number, total?: number) => void totals.push(total);
  const context = { ...whole, pg: url, signal, progress };
  const replayed = await replayLockstep(context, "3:1:2");
  expect(replayed).toMatchObject({ verdict: "holds", wording: "no violation", findings: [] });
  expect(replayed.rows).toMatchObject([{ wording: "no violation", facts: { "random runs": 1 } }]);
  expect(replayed.note).toMatch(/^The replay of --seed 1 --path 3:1:2 found no violation in its /);
  expect(new Set(totals)).toEqual(new Set([lockstepSteps]));
});

test.each(["", "x", "1:", "1:999999"])("a path nobody printed is refused: %s", async (path) => {
  await expect(lockstep({ path })).rejects.toThrow(UserError);
});

test("an abort ends it with nothing left behind", async () => {
  const stop = new AbortController();
  const running = lockstep({ runs: 40, signal: stop.signal, progress: () => stop.abort() });
  await expect(running).rejects.toThrow(/abort/);
  expect(await schemas()).toBe(0);
});

test("every candidate of a shrink is a shorter or plainer run", () => {
  const [run] = fc.sample(new Runs(40), { numRuns: 1, seed: 1 });
  const first = new Runs(40).shrink(run!, undefined);
  const sizes = [...first].map(({ value }) => value.length);
  expect(Math.max(...sizes)).toBe(40);
  expect(sizes.slice(0, 5)).toEqual([20, 30, 35, 38, 39]);
});
