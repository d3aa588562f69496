/** One life per task, in which whoever has the task calls all of its operations with success. */

import { expect } from "vitest";
import { audit } from "../../src/postgres/audit.js";
import { ClaimerLeases } from "../../src/postgres/claimers.js";
import { Lanes } from "../../src/postgres/lanes.js";
import { RescuePasses } from "../../src/postgres/rescue-passes.js";
import { PostgresStorage, type Queryable } from "../../src/postgres/storage.js";
import type { Task } from "../../src/postgres/tasks.js";
import type pg from "pg";

export const schema = "guarded";
export const at = (minutes: number) =>
  new Date(Date.parse("2026-01-01T00:00:00Z") + minutes * 60_000);
const now = at(0);
const later = at(60);

/** What nobody but the worker that claims it may ever read. */
export const secret = "the payload of somebody else";

export interface Caller {
  readonly storage: PostgresStorage;
  readonly lanes: Lanes;
  readonly passes: RescuePasses;
  readonly claimers: ClaimerLeases;
}

export const callerOf = (client: Queryable): Caller => ({
  storage: new PostgresStorage(client, { schema }),
  lanes: new Lanes(client, { schema }),
  passes: new RescuePasses(client, { schema }),
  claimers: new ClaimerLeases(client, { schema }),
});

/** The client, and which functions of the schema were called through it. */
export function recording(client: pg.Client): { client: Queryable; called: Set<string> } {
  const called = new Set<string>();
  const query = (text: string, values?: unknown[]) => {
    for (const [, name] of text.matchAll(/"\w+"\.(\w+)\(/g)) called.add(name!);
    return client.query(text, values);
  };
  return { client: { query } as Queryable, called };
}

const bodies = (count: number) => Array.from({ length: count }, () => ({ secret }));

/** The lane with so many jobs that are ready. */
async function filled({ storage }: Caller, count: number, queue = "mail"): Promise<number> {
  const lane = await storage.ensureLane(queue, 1, 0);
  await storage.enqueue(lane, bodies(count), now, now);
  return lane;
}

const idsOf = (jobs: readonly { jobId: string }[]) => jobs.map(({ jobId }) => jobId);

async function produce({ storage }: Caller): Promise<void> {
  const lane = await storage.ensureLane("new", 1, 0);
  const ids = await storage.enqueue(lane, bodies(2), now, now);
  expect(ids).toEqual([expect.stringMatching(/^\d+$/), expect.stringMatching(/^\d+$/)]);
  const keyed = { payload: null, uniqueKey: "once" };
  const unique = await storage.enqueueUnique(lane, [keyed, keyed], later, now);
  expect(unique).toEqual([expect.stringMatching(/^\d+$/), null]);
}

async function work({ storage, lanes, claimers }: Caller, owner: Caller): Promise<void> {
  const lane = await filled(owner, 12);
  const [a, b, c, d, e, f, g, h] = await storage.claim<{ secret: string }>(lane, 8, now);
  expect(h!.payload).toEqual({ secret });
  expect(await storage.heartbeat([a!], now)).toEqual(["recorded"]);
  expect(await storage.flushProgress([a!], [{ half: true }], now)).toEqual(["flushed"]);
  expect(await storage.parkForCallback([b!, c!], later, now)).toEqual(["parked", "parked"]);
  expect(await storage.resumeCallback([b!, c!], now)).toEqual(["resumed", "resumed"]);
  expect(await storage.completeSlow([b!], now)).toEqual(["completed"]);
  expect(await storage.complete([a!, c!], now)).toEqual(["completed", "completed"]);
  expect(await storage.completeFast([d!], now)).toEqual(["completed"]);
  expect(await storage.retry([e!], later, now)).toEqual(["retried"]);
  expect(await storage.snooze([f!], later, now)).toEqual(["snoozed"]);
  expect(await storage.fail([g!], now)).toEqual(["failed"]);
  expect(await storage.failToDlq([h!], now)).toEqual(["deadLettered"]);
  expect(await storage.advanceClaimCursor(lane, now)).toBe("9");
  expect(await lanes.claim("mail", 1, now)).toHaveLength(1);
  const by = { queue: "mail", owner: "ada" };
  const terms = { slots: 1, ttl: 60_000, idle: 30_000 };
  const held = { slot: 0, epoch: 1 };
  expect(await claimers.acquire(by, terms, now)).toEqual({ result: "acquired", ...held });
  expect(await claimers.claimed(by, held, terms, at(0.75))).toBe("refreshed");
}

/** Attempts of all kinds are given up by the owner, and rescued by whoever maintains. */
async function rescue({ storage, passes }: Caller, owner: Caller, lane: number): Promise<void> {
  const claim = async (deadline: Date | null = null) =>
    (await owner.storage.claim(lane, 1, now, deadline))[0]!;
  const park = async (timeout: Date, deadline: Date | null = null) => {
    const token = await claim(deadline);
    await owner.storage.parkForCallback([token], timeout, now);
    return token;
  };
  await claim();
  expect(await storage.rescueStaleReceipts(0, later, 1, later)).toHaveLength(1);
  await claim(at(1));
  expect(await storage.rescueExpiredDeadlines(0, 1, later)).toHaveLength(1);
  await owner.storage.resumeCallback([await park(at(90))], now);
  expect(await storage.rescueStaleLeases(0, later, 1, later)).toHaveLength(1);
  await park(at(90), at(1));
  expect(await storage.rescueExpiredLeaseDeadlines(0, 1, later)).toHaveLength(1);
  await park(at(1));
  const terms = { limit: 1, maxAttempts: 9, runAt: later };
  expect(await storage.rescueCallbackTimeouts(0, terms, later)).toHaveLength(1);
  await claim();
  expect(await passes.staleReceipts(later, later)).toHaveLength(1);
  await claim(at(1));
  expect(await passes.expiredDeadlines(later)).toHaveLength(1);
}

async function maintain(caller: Caller, owner: Caller, client: pg.Client): Promise<void> {
  const { storage } = caller;
  const lane = await filled(owner, 8);
  expect(await storage.ensureLane("mail", 1, 0)).toBe(lane);
  await rescue(caller, owner, lane);
  await owner.storage.enqueue(lane, bodies(1), at(1), now);
  const { rows } = await client.query<{ job_id: string }>(
    `select job_id from ${schema}.deferred_jobs where run_at <= $1`,
    [later],
  );
  expect(await storage.promoteDeferred([rows[0]!.job_id], later)).toEqual(["promoted"]);
  await owner.storage.complete(await owner.storage.claim(lane, 99, later), later);
  expect(await storage.advanceClaimCursor(lane, later)).toMatch(/^\d+$/);
  expect(await storage.rotateLeases(later)).toEqual({ result: "rotated" });
  expect(await storage.rotateClaims(later)).toEqual({ result: "rotated" });
  expect(await storage.rotateQueue(later)).toEqual({ result: "rotated" });
  expect(await storage.rollupTerminalCounts(0, later)).toEqual({ result: "rolledUp" });
  expect(await storage.rebuildTerminalCounts(later)).toEqual({ result: "rebuilt" });
  expect(await storage.pruneLeases(later)).toEqual({ result: "pruned" });
  expect(await storage.pruneClaims(later)).toEqual({ result: "pruned" });
  expect(await storage.pruneQueue(later)).toEqual({ result: "pruned" });
  expect(await storage.health(now, now)).toEqual([]);
}

async function administer({ storage, lanes }: Caller, owner: Caller): Promise<void> {
  const lane = await filled(owner, 8);
  const other = await storage.ensureLane("other", 1, 0);
  const [done, failed, again, , cancelled] = await owner.storage.claim(lane, 5, now);
  await owner.storage.complete([done!], now);
  await owner.storage.fail([failed!, again!], now);
  expect(await storage.cancelRunning([cancelled!.jobId], now)).toEqual(["cancelled"]);
  expect(await storage.discardTerminal([done!.jobId], now)).toEqual(["discarded"]);
  expect(await storage.retryFromTerminal([again!.jobId], now)).toEqual(["readmitted"]);
  expect(await storage.failedToDlq([failed!.jobId], now)).toEqual(["deadLettered"]);
  expect(await storage.retryFromDlq([failed!.jobId], now)).toEqual(["readmitted"]);
  const [dead] = await owner.storage.claim(lane, 1, now);
  await owner.storage.failToDlq([dead!], now);
  expect(await storage.purgeDlq([dead!.jobId], now)).toEqual(["purged"]);
  const [ready] = idsOf((await owner.storage.jobs()).filter(({ state }) => state === "ready"));
  expect(await storage.moveReady([ready!], other, now)).toEqual(["moved"]);
  expect(await lanes.reprioritise([ready!], 7, now)).toEqual(["moved"]);
  expect(await lanes.moveQueue([ready!], "third", now)).toEqual(["moved"]);
  expect(await storage.cancelReady([ready!], now)).toEqual(["cancelled"]);
}

async function read({ storage }: Caller, owner: Caller, client: pg.Client): Promise<void> {
  await filled(owner, 2);
  expect(await storage.jobs()).toHaveLength(2);
  expect(await storage.queueCounts()).toEqual([{ queue: "mail", state: "ready", jobs: 2 }]);
  expect(await storage.health(now, now)).toEqual([]);
  expect((await audit(client, { schema })).flatMap((r) => r.violations)).toEqual([]);
}

type Life = (caller: Caller, owner: Caller, client: pg.Client) => Promise<void>;

export const lives: Readonly<Record<Task, Life>> = {
  produce,
  work,
  maintain,
  administer,
  read,
};
