/**
 * Workers of every temper and two maintenance processes on one schema, all at once, on connections
 * of their own: nothing deadlocks or fails, no attempt is handed out or ended twice, and at the end
 * every job has ended, and was counted once, and the rings are empty.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { audit } from "../../src/postgres/audit.js";
import { install } from "../../src/postgres/install.js";
import { RescuePasses } from "../../src/postgres/rescue-passes.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { PostgresStorage, type ClaimedJob } from "../../src/postgres/storage.js";

const schema = "together";
/** So many jobs at least, and then until maintenance was told all of this. */
const JOBS = 600;
const expected = [
  ...["pruned", "rotated", "skippedActive", "rolledUp", "rebuilt"],
  ...["true stale", "true expired"],
];
const BATCH = 5;
const SILENCE_MS = 25;
let server: PostgresServer;
const clients: pg.Client[] = [];

beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
});
afterAll(async () => {
  await Promise.all(clients.map((c) => c.end()));
  await server.stop();
});

async function session(): Promise<PostgresStorage> {
  const client = await connect(server);
  clients.push(client);
  return new PostgresStorage(client, { schema });
}

/** Numbers from 0 to below n, the same ones every time. */
function dice(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * n);
  };
}

interface Tally {
  readonly handed: Set<string>;
  readonly twice: string[];
  readonly ended: Map<string, string[]>;
}

const nameOf = ({ jobId, runLease }: ClaimedJob) => `${jobId}/${runLease}`;

function remember({ handed, twice }: Tally, jobs: readonly ClaimedJob[]): void {
  for (const name of jobs.map(nameOf)) {
    if (handed.has(name)) twice.push(name);
    handed.add(name);
  }
}

/** Ends its attempts in one of many ways, or falls silent. */
async function finish(storage: PostgresStorage, roll: (n: number) => number, jobs: ClaimedJob[]) {
  const now = new Date();
  const soon = new Date(now.getTime() + 20);
  switch (roll(12)) {
    case 0:
      return storage.retry(jobs, soon, now);
    case 1:
      return storage.snooze(jobs, soon, now);
    case 2:
      return storage.failToDlq(jobs, now);
    case 3:
      return []; // A crash: the attempts are left to rescue.
    case 4:
      await storage.heartbeat(jobs, now);
      await storage.parkForCallback(jobs, soon, now);
      await storage.resumeCallback(jobs, new Date());
      return storage.complete(jobs, new Date());
    case 5:
      await storage.parkForCallback(jobs, soon, now);
      return []; // The callback never comes.
    case 6:
    case 7:
    case 8: // So late that rescue may come first, or at the same moment.
      await sleep(SILENCE_MS + roll(12) - 2);
      return storage.complete(jobs, new Date());
    default:
      return storage.complete(jobs, now);
  }
}

const ending = /^(completed|retried|snoozed|deadLettered)$/;

async function worker(lanes: readonly number[], seed: number, tally: Tally, done: () => boolean) {
  const storage = await session();
  const roll = dice(seed);
  while (!done()) {
    const lane = lanes[roll(lanes.length)]!;
    const now = new Date();
    const deadline = roll(4) === 0 ? new Date(now.getTime() + SILENCE_MS / 2) : null;
    const jobs = await storage.claim(lane, 1 + roll(BATCH), now, deadline);
    if (jobs.length === 0) {
      await sleep(5);
      continue;
    }
    remember(tally, jobs);
    if (roll(3) > 0) await storage.advanceClaimCursor(lane, new Date());
    const answers: readonly string[] = await finish(storage, roll, jobs);
    for (const [i, word] of answers.entries()) {
      const name = nameOf(jobs[i]!);
      if (ending.test(word)) tally.ended.set(name, [...(tally.ended.get(name) ?? []), word]);
    }
  }
}

/**
 * Everything that maintenance does, over and over; a second one may do the same meanwhile. Of an
 * attempt that is both, whoever looks first takes it: each kind of rescue is the first in turn.
 */
async function maintenance(lanes: readonly number[], done: () => boolean, outcomes: Set<string>) {
  const storage = await session();
  const passes = new RescuePasses(clients.at(-1)!, { schema });
  const limits = { budget: 40, window: 60 };
  const rings = ["Queue", "Claims", "Leases"] as const;
  for (let round = 0; !done(); round++) {
    const now = new Date();
    const cutoff = new Date(now.getTime() - SILENCE_MS);
    const rescues = {
      stale: () => passes.staleReceipts(cutoff, now, limits),
      expired: () => passes.expiredDeadlines(now, limits),
    };
    const inTurn = round % 2 === 0 ? Object.entries(rescues) : Object.entries(rescues).reverse();
    for (const [kind, rescue] of inTurn) outcomes.add(`${(await rescue()).length > 0} ${kind}`);
    for (const slot of [0, 1, 2, 3]) {
      await storage.rescueStaleLeases(slot, cutoff, 50, now);
      await storage.rescueExpiredLeaseDeadlines(slot, 50, now);
      await storage.rescueCallbackTimeouts(slot, { limit: 50, maxAttempts: 3, runAt: now }, now);
      outcomes.add((await storage.rollupTerminalCounts(slot, now)).result);
    }
    outcomes.add((await storage.rebuildTerminalCounts(now)).result);
    const waiting = (await storage.jobs()).filter((j) => j.state === "deferred");
    await storage.promoteDeferred(
      waiting.map((j) => j.jobId),
      now,
    );
    for (const ring of rings) {
      outcomes.add((await storage[`prune${ring}`](now)).result);
      outcomes.add((await storage[`rotate${ring}`](now)).result);
    }
    for (const lane of lanes) await storage.advanceClaimCursor(lane, now);
  }
}

test("two maintenance processes and six workers", async () => {
  const main = await session();
  const [client] = clients;
  await install(client!, { schema, queueSlots: 4, claimSlots: 4, leaseSlots: 4 });
  const lanes = [
    await main.ensureLane("mail", 1, 0),
    await main.ensureLane("mail", 1, 1),
    await main.ensureLane("news", 2, 0),
  ];
  const tally: Tally = { handed: new Set(), twice: [], ended: new Map() };
  const outcomes = new Set<string>();
  let over = false;
  const done = () => over;
  const all = [
    ...[1, 2, 3, 4, 5, 6].map((seed) => worker(lanes, seed, tally, done)),
    ...[1, 2].map(() => maintenance(lanes, done, outcomes)),
  ];
  const crashed = Promise.all(all);
  let jobs = 0;
  const producing = (async () => {
    const deadline = Date.now() + 60_000;
    const unseen = () => expected.some((result) => !outcomes.has(result)) && Date.now() < deadline;
    for (; jobs < JOBS || unseen(); jobs += BATCH * 2) {
      if (jobs >= JOBS) await sleep(50);
      const now = new Date();
      await main.enqueue(lanes[jobs % 3]!, Array(BATCH * 2).fill({}), now, now);
    }
    while (Date.now() < deadline + 10_000) {
      const open = (await main.jobs()).filter((j) => !/^(completed|dead)$/.test(j.state));
      if (open.length === 0) return;
      await sleep(50);
    }
    throw new Error(`jobs that never end: ${JSON.stringify((await main.jobs()).slice(0, 5))}`);
  })().finally(() => (over = true));
  await Promise.all([producing, crashed]);

  expect(tally.twice).toEqual([]);
  expect([...tally.ended].filter(([, words]) => words.length > 1)).toEqual([]);
  expect(tally.handed.size).toBeGreaterThan(jobs);
  for (const result of expected) expect(outcomes).toContain(result);
  const violations = (await audit(client!, { schema })).flatMap((r) => r.violations);
  expect(violations).toEqual([]);

  const now = new Date(Date.now() + 60_000);
  const dead = (await main.jobs()).filter((j) => j.state === "dead").map((j) => j.jobId);
  await main.purgeDlq(dead, now);
  for (let turn = 0; turn < 12; turn++)
    for (const ring of ["Leases", "Claims", "Queue"] as const) {
      await main[`prune${ring}`](now);
      await main[`rotate${ring}`](now);
    }
  expect(await main.jobs()).toEqual([]);
  expect(await main.queueCounts()).toEqual([]);
  const { rows } = await client!.query(
    `select state, sum(jobs)::int as jobs from ${schema}.queue_terminal_rollups group by state`,
  );
  expect(rows).toEqual([{ state: "completed", jobs: jobs - dead.length }]);
});
