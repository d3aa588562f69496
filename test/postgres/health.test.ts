/** Each thing that pins a ring is produced, shown with its remedy, and gone once that is taken. */

import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { install, uninstall } from "../../src/postgres/install.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { PostgresStorage, type ClaimedJob, type Pin } from "../../src/postgres/storage.js";

const schema = "pinned";
const at = (minutes: number) => new Date(Date.parse("2026-01-01T00:00:00Z") + minutes * 60_000);
/** The clock of every test: what began at 0 has been silent for an hour. */
const [begin, later] = [at(0), at(60)];
let server: PostgresServer;
let client: pg.Client;
let storage: PostgresStorage;
let lane: number;

beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
  client = await connect(server);
  storage = new PostgresStorage(client, { schema });
});
afterAll(async () => {
  await client.end();
  await server.stop();
});
beforeEach(async () => {
  await uninstall(client, { schema });
  await install(client, { schema, queueSlots: 2, claimSlots: 2, leaseSlots: 2 });
  lane = await storage.ensureLane("mail", 1, 0);
});

async function running(deadline: Date | null = null): Promise<ClaimedJob> {
  await storage.enqueue(lane, [{}], begin, begin);
  const [job] = await storage.claim(lane, 1, begin, deadline);
  return job!;
}

async function turn(): Promise<void> {
  for (const ring of ["rotateQueue", "rotateClaims", "rotateLeases"] as const)
    expect(await storage[ring](begin)).toEqual({ result: "rotated" });
}

const pinsOf = async (ring: Pin["ring"], now = later, cutoff = at(30)) =>
  (await storage.health(cutoff, now)).filter((p) => p.ring === ring && p.pin !== "nextSlotFull");

const names = (pins: readonly Pin[]) => pins.map((p) => p.pin);

test("nothing pins a ring that has not turned, or whose oldest slot nobody needs", async () => {
  await storage.complete([await running()], begin);
  expect(await storage.health(later, later)).toEqual([]);
  await turn();
  expect(names(await pinsOf("claim"))).toEqual([]);
  expect(await storage.pruneClaims(later)).toEqual({ result: "pruned" });
  expect(await storage.pruneQueue(later)).toEqual({ result: "pruned" });
  expect(await storage.pruneLeases(later)).toEqual({ result: "pruned" });
  expect(await storage.health(later, later)).toEqual([]);
});

describe("the claim ring", () => {
  test("a long attempt: it ends, or is cancelled", async () => {
    const job = await running();
    await turn();
    expect(await pinsOf("claim", at(10), at(-20))).toEqual([
      {
        ring: "claim",
        slot: 0,
        pin: "longAttempt",
        what: `1 open attempts, among them that of job ${job.jobId}`,
        remedy: "wait for the worker, or cancel_running",
      },
    ]);
    expect(await storage.cancelRunning([job.jobId], later)).toEqual(["cancelled"]);
    expect(await pinsOf("claim")).toEqual([]);
    expect(await storage.pruneClaims(later)).toEqual({ result: "pruned" });
  });

  test("a stale attempt that rescue has not reached: it is rescued", async () => {
    await running();
    await turn();
    expect(await pinsOf("claim")).toMatchObject([
      { pin: "staleAttempt", remedy: "rescue_stale_receipts, rescue_stale_leases" },
    ]);
    expect(await storage.rescueStaleReceipts(0, at(30), 500, later)).toHaveLength(1);
    expect(await pinsOf("claim")).toEqual([]);
  });

  test("a worker that is heard of is no stale attempt", async () => {
    const job = await running();
    await storage.heartbeat([job], at(59));
    await turn();
    expect(names(await pinsOf("claim"))).toEqual(["longAttempt"]);
  });

  test("an expired deadline, receipt-only or not: it is rescued", async () => {
    await running(at(5));
    const parked = await running(at(5));
    await storage.parkForCallback([parked], at(90), begin);
    await turn();
    expect(await pinsOf("claim")).toMatchObject([
      { pin: "expiredDeadline", what: expect.stringMatching(/^2 open attempts/) },
    ]);
    expect(await storage.rescueExpiredDeadlines(0, 500, later)).toHaveLength(1);
    expect(await storage.rescueExpiredLeaseDeadlines(0, 500, later)).toHaveLength(1);
    expect(await pinsOf("claim")).toEqual([]);
  });

  test("a callback wait, and one whose time is over: resumed, or rescued", async () => {
    const [short, long] = [await running(), await running()];
    await storage.parkForCallback([short], at(5), begin);
    await storage.parkForCallback([long], at(90), begin);
    await turn();
    expect(names(await pinsOf("claim"))).toEqual(["callbackTimeout", "callbackWait"]);
    const timeouts = { limit: 500, maxAttempts: 3, runAt: later };
    expect(await storage.rescueCallbackTimeouts(0, timeouts, later)).toHaveLength(1);
    expect(await storage.resumeCallback([long], later)).toEqual(["resumed"]);
    expect(await storage.complete([long], later)).toEqual(["completed"]);
    expect(await pinsOf("claim")).toEqual([]);
    expect(await storage.pruneClaims(later)).toEqual({ result: "pruned" });
  });
});

describe("the queue ring", () => {
  test("jobs that nobody has claimed: claimed, cancelled or moved", async () => {
    const [job] = await storage.enqueue(lane, [{}], begin, begin);
    await turn();
    expect(await pinsOf("queue")).toMatchObject([
      { pin: "queuePendingReady", what: `1 jobs are ready in lanes ${lane}` },
    ]);
    const other = await storage.ensureLane("mail", 2, 0);
    expect(await storage.moveReady([job!], other, later)).toEqual(["moved"]);
    expect(await pinsOf("queue")).toEqual([]);
    expect(await storage.pruneQueue(later)).toEqual({ result: "pruned" });
  });

  test("receipts that rely on it: the claim ring is pruned first", async () => {
    await storage.complete([await running()], begin);
    await turn();
    expect(await pinsOf("queue")).toMatchObject([
      { pin: "queueUnclosedClaimRefs", what: "1 receipts in claim slots 0 rely on its evidence" },
    ]);
    expect(await storage.pruneClaims(later)).toEqual({ result: "pruned" });
    expect(await pinsOf("queue")).toEqual([]);
    expect(await storage.pruneQueue(later)).toEqual({ result: "pruned" });
  });

  test("lease-managed attempts pin it, and the lease ring", async () => {
    const job = await running();
    await storage.parkForCallback([job], at(90), begin);
    await turn();
    expect(names(await pinsOf("queue"))).toEqual(["queueActiveLeases", "queueUnclosedClaimRefs"]);
    expect(names(await pinsOf("lease"))).toEqual(["leaseLive"]);
    expect(await storage.cancelRunning([job.jobId], later)).toEqual(["cancelled"]);
    expect(await pinsOf("queue")).toEqual([]);
    expect(await pinsOf("lease")).toEqual([]);
  });
});

test("a reader's lock on a partition: its transaction ends", async () => {
  await storage.complete([await running()], begin);
  await turn();
  const reader = await connect(server);
  try {
    await reader.query(`begin; select from ${schema}.lease_claims_0`);
    const { rows } = await reader.query("select pg_backend_pid() as pid");
    const { pid } = rows[0] as { pid: number };
    const [pin, ...others] = await pinsOf("claim");
    expect(others.every((p) => p.pin === "reader")).toBe(true);
    expect(pin).toMatchObject({
      pin: "reader",
      what:
        `session ${pid} (idle in transaction) holds AccessShareLock on ` +
        `${schema}.lease_claims_0`,
      remedy: `end its transaction, or: select pg_terminate_backend(${pid})`,
    });
    expect(await storage.pruneClaims(later)).toEqual({ result: "blocked" });
    await reader.query("rollback");
    expect(await pinsOf("claim")).toEqual([]);
    expect(await storage.pruneClaims(later)).toEqual({ result: "pruned" });
  } finally {
    await reader.end();
  }
});

test("a full next slot: the ring cannot turn until its oldest slot is pruned", async () => {
  await storage.complete([await running()], begin);
  await turn();
  const full = (await storage.health(later, later)).filter((p) => p.pin === "nextSlotFull");
  expect(full.map((p) => [p.ring, p.slot, p.remedy])).toEqual([
    ["claim", 0, "prune_claims"],
    ["lease", 0, "prune_leases"],
    ["queue", 0, "prune_queue"],
  ]);
  expect(await storage.rotateClaims(later)).toMatchObject({ result: "skippedBusy" });
  await storage.pruneClaims(later);
  await storage.pruneLeases(later);
  await storage.pruneQueue(later);
  expect(await storage.health(later, later)).toEqual([]);
  await turn();
});

test("an idle lane whose cursor lags pins nothing", async () => {
  await storage.complete([await running()], begin);
  await turn();
  expect(await pinsOf("claim")).toEqual([]);
  expect(await storage.pruneClaims(later)).toEqual({ result: "pruned" });
});

test("metrics touch no receipt, and counts are exact", async () => {
  await storage.enqueue(lane, [{}, {}, {}], begin, begin);
  const [first, second] = await storage.claim(lane, 2, begin);
  await storage.failToDlq([first!], begin);
  await storage.retry([second!], later, begin);
  await client.query("begin");
  const { rows } = await client.query(`select * from ${schema}.queue_metrics`);
  await client.query(`select * from ${schema}.ring_metrics`);
  const locked = await client.query(
    `select relation::regclass::text as name from pg_locks
     where pid = pg_backend_pid() and relation::regclass::text ~ 'claims|closures|evidence|ready'`,
  );
  await client.query("rollback");
  expect(locked.rows).toEqual([]);
  expect(rows).toEqual([{ queue: "mail", backlog: "3", deferred: "1", dead: "1" }]);
  await storage.advanceClaimCursor(lane, begin);
  const after = await client.query(`select backlog from ${schema}.queue_metrics`);
  expect(after.rows).toEqual([{ backlog: "1" }]);
  const counts = await client.query(`select * from ${schema}.queue_counts order by state`);
  expect(counts.rows).toEqual([
    { queue: "mail", state: "dead", jobs: "1" },
    { queue: "mail", state: "deferred", jobs: "1" },
    { queue: "mail", state: "ready", jobs: "1" },
  ]);
});
