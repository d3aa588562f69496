/** Operations decide under locks on what was committed before, which other levels hide. */

import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { audit } from "../../src/postgres/audit.js";
import { install, uninstall } from "../../src/postgres/install.js";
import { Lanes } from "../../src/postgres/lanes.js";
import { RescuePasses } from "../../src/postgres/rescue-passes.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { PostgresStorage, type ClaimedJob } from "../../src/postgres/storage.js";
import { requalify } from "../../src/postgres/requalify.js";

const schema = "isolated";
const now = new Date("2026-01-01T00:00:00Z");
const later = new Date("2026-01-01T01:00:00Z");
const levels = ["repeatable read", "serializable"] as const;
let server: PostgresServer;
let one: pg.Client;
let two: pg.Client;
let storage: PostgresStorage;
let other: PostgresStorage;
let lane: number;

beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
  [one, two] = [await connect(server), await connect(server)];
  [storage, other] = [new PostgresStorage(one, { schema }), new PostgresStorage(two, { schema })];
});
afterAll(async () => {
  await one.end();
  await two.end();
  await server.stop();
});
beforeEach(async () => {
  await uninstall(one, { schema });
  await install(one, { schema, queueSlots: 2, claimSlots: 2, leaseSlots: 2 });
  lane = await storage.ensureLane("mail", 1, 0);
  await storage.enqueue(lane, [{}, {}, {}], now, now);
});
afterEach(() => one.query("rollback"));

const violations = async () => (await audit(two, { schema })).flatMap((r) => r.violations);

/** Whatever locks first and decides afterwards. */
const calls: Readonly<Record<string, (token: ClaimedJob) => Promise<unknown>>> = {
  enqueue: () => storage.enqueue(lane, [{}], now, now),
  claim: () => storage.claim(lane, 1, now),
  claimFromQueue: () => new Lanes(one, { schema }).claim("mail", 1, now),
  heartbeat: (t) => storage.heartbeat([t], now),
  flushProgress: (t) => storage.flushProgress([t], [1], now),
  parkForCallback: (t) => storage.parkForCallback([t], later, now),
  resumeCallback: (t) => storage.resumeCallback([t], now),
  completeFast: (t) => storage.completeFast([t], now),
  completeSlow: (t) => storage.completeSlow([t], now),
  complete: (t) => storage.complete([t], now),
  retry: (t) => storage.retry([t], later, now),
  snooze: (t) => storage.snooze([t], later, now),
  fail: (t) => storage.fail([t], now),
  failToDlq: (t) => storage.failToDlq([t], now),
  rescueStaleReceipts: () => storage.rescueStaleReceipts(0, later, 1, later),
  rescueExpiredDeadlines: () => storage.rescueExpiredDeadlines(0, 1, later),
  rescueStaleLeases: () => storage.rescueStaleLeases(0, later, 1, later),
  rescueExpiredLeaseDeadlines: () => storage.rescueExpiredLeaseDeadlines(0, 1, later),
  rescueCallbackTimeouts: () =>
    storage.rescueCallbackTimeouts(0, { limit: 1, maxAttempts: 1, runAt: later }, later),
  staleReceipts: () => new RescuePasses(one, { schema }).staleReceipts(later, later),
  discardTerminal: (t) => storage.discardTerminal([t.jobId], now),
  retryFromTerminal: (t) => storage.retryFromTerminal([t.jobId], now),
  failedToDlq: (t) => storage.failedToDlq([t.jobId], now),
  cancelReady: (t) => storage.cancelReady([t.jobId], now),
  cancelRunning: (t) => storage.cancelRunning([t.jobId], now),
  moveReady: (t) => storage.moveReady([t.jobId], lane, now),
  reprioritise: (t) => new Lanes(one, { schema }).reprioritise([t.jobId], 2, now),
  rotateQueue: () => storage.rotateQueue(now),
  rotateClaims: () => storage.rotateClaims(now),
  rotateLeases: () => storage.rotateLeases(now),
  pruneQueue: () => storage.pruneQueue(now),
  pruneClaims: () => storage.pruneClaims(now),
  pruneLeases: () => storage.pruneLeases(now),
  rollupTerminalCounts: () => storage.rollupTerminalCounts(1, now),
  rebuildTerminalCounts: () => storage.rebuildTerminalCounts(now),
};

describe.each(levels)("in a transaction that is %s", (level) => {
  test.each(Object.keys(calls))("%s is refused, and says what to do", async (name) => {
    const [token] = await other.claim(lane, 1, now);
    await one.query(`begin isolation level ${level}`);
    await expect(calls[name]!(token!)).rejects.toMatchObject({
      name: "UserError",
      message:
        "Postgres does not take this call: " +
        `this transaction is ${level}, and ringproof needs read committed.`,
      remedy: "Begin the transaction with: begin isolation level read committed.",
    });
    await one.query("rollback");
    expect(await violations()).toEqual([]);
  });
});

test("read uncommitted is read committed", async () => {
  await one.query("begin isolation level read uncommitted");
  expect(await storage.claim(lane, 1, now)).toHaveLength(1);
  await one.query("commit");
});

/** What would come of it: a snapshot that is older than the lock. */
describe("without that", () => {
  beforeEach(async () => {
    const careless = `create or replace function ringproof.need_own_snapshots() returns void
      language plpgsql as 'begin return; end'`;
    await one.query(requalify(careless, schema));
  });
  const snapshot = async () => {
    await one.query("begin isolation level repeatable read");
    await one.query("select 1 from pg_class");
  };

  test("one attempt is completed twice", async () => {
    const [token] = await other.claim(lane, 1, now);
    await snapshot();
    expect(await other.complete([token!], now)).toEqual(["completed"]);
    expect(await storage.complete([token!], now)).toEqual(["completed"]);
    await one.query("commit");
    expect((await violations()).join()).toMatch(/was completed 2 times/);
  });

  test("one attempt is handed out twice", async () => {
    await snapshot();
    const [token] = await other.claim(lane, 1, now);
    expect((await storage.claim(lane, 2, now))[0]).toMatchObject({ jobId: token!.jobId });
    await one.query("commit");
    expect((await violations()).join()).toMatch(/has 2 receipts/);
  });

  test("a job is enqueued where no claim looks", async () => {
    const quiet = await storage.ensureLane("quiet", 1, 0);
    await snapshot();
    const turn = async () => {
      await other.rotateClaims(now);
      await other.complete(await other.claim(lane, 9, now), now);
      await other.rotateQueue(now);
      await other.rotateClaims(now);
      await other.pruneClaims(now);
      await other.pruneQueue(now);
    };
    await turn();
    expect(await storage.enqueue(quiet, [{}], now, now)).toHaveLength(1);
    await one.query("commit");
    await turn();
    expect(await violations()).not.toEqual([]);
  });
});
