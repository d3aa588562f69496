import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { definitionsOf } from "../../correctness/definitions.js";
import { install } from "../../src/postgres/install.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { PostgresStorage, type ClaimedJob } from "../../src/postgres/storage.js";

/** Enough calls for plpgsql to leave its custom plans, where it may. */
const CALLS = 8;
const now = new Date("2026-01-01T00:00:00Z");
const earlier = new Date("2025-12-31T00:00:00Z");
let server: PostgresServer;
let client: pg.Client;
let storage: PostgresStorage;
let lane: number;

beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
  client = await connect(server);
  await install(client, { schema: "ringproof", queueSlots: 6, claimSlots: 4 });
  storage = new PostgresStorage(client, { schema: "ringproof" });
  lane = await storage.ensureLane("mail", 1, 0);
  // An unspent row in queue slot 0 and a running attempt in claim slot 0, so that both stay.
  await storage.enqueue(lane, [{}], now, now);
  await storage.claim(lane, 1, now);
  for (let i = 0; i < 2; i++) await storage.rotateQueue(now);
  await storage.rotateClaims(now);
  await storage.enqueue(lane, Array(CALLS * 8).fill({}), now, now);
  await storage.advanceClaimCursor(lane, now);
});
afterAll(async () => {
  await client.end();
  await server.stop();
});

/** Whether anybody waits for a lock of a relation. */
async function waits(observer: pg.Client): Promise<boolean> {
  const { rows } = await observer.query("select from pg_locks where not granted");
  return rows.length > 0;
}

/** The slots of each table whose partitions the call left locked: "ready_entries" -> [2]. */
async function lockedBy(call: () => Promise<unknown>): Promise<Record<string, number[]>> {
  await client.query("begin");
  await call();
  const { rows } = await client.query<{ table: string; slot: number }>(
    `select distinct p.relname as table, substring(c.relname from '\\d+$')::int as slot
     from pg_locks l
     join pg_class c on c.oid = l.relation
     join pg_inherits i on i.inhrelid = c.oid
     join pg_class p on p.oid = i.inhparent
     where l.pid = pg_backend_pid() and l.locktype = 'relation' and c.relkind = 'r'
     order by 1, 2`,
  );
  await client.query("commit");
  const locked: Record<string, number[]> = {};
  for (const { table, slot } of rows) (locked[table] ??= []).push(slot);
  return locked;
}

async function claimed(): Promise<ClaimedJob[]> {
  const jobs = await storage.claim(lane, 1, now);
  expect(jobs).toHaveLength(1);
  return jobs;
}

const [ready, claim] = [[2], [1]];
const evidence = { ready_entries: ready, ready_tombstones: ready, attempt_evidence: ready };
const receipts = { lease_claims: claim, lease_claim_closures: claim };
const completions = { receipt_completion_batches: ready };
const tombstones = { receipt_completion_tombstones: ready };

describe("a worker's call locks partitions of its own slots only, whichever call it is", () => {
  test.each(Array.from({ length: CALLS }, (_, i) => i + 1))("call %i", async () => {
    const tokens = await claimed();
    expect(await lockedBy(() => storage.completeFast(tokens, now))).toEqual({
      ...receipts,
      ...completions,
      queue_terminal_count_deltas: ready,
    });
    const again = await claimed();
    expect(await lockedBy(() => storage.retry(again, now, now))).toEqual({
      ...receipts,
      ...completions,
      ...tombstones,
      ready_entries: ready,
    });
    expect(await lockedBy(claimed)).toEqual({ ...evidence, lease_claims: claim });
    expect(await lockedBy(() => storage.advanceClaimCursor(lane, now))).toEqual(evidence);
    expect(await lockedBy(() => storage.enqueue(lane, [{}], earlier, now))).toEqual({
      ready_entries: ready,
    });
  });
});

test.each([
  ["attempt", "completed_of", "retry"],
  ["finish", "complete_receipt", "completeFast"],
] as const)("one plan for all slots would lock every slot: %s, %s", async (family, name, call) => {
  const tokens = await claimed();
  const written = definitionsOf(family).find((each) => each.name === name)!;
  await client.query(written.sql);
  const locked = await lockedBy(() =>
    call === "retry" ? storage.retry(tokens, now, now) : storage.completeFast(tokens, now),
  );
  await install(client, { schema: "ringproof" });
  expect(locked["receipt_completion_batches"]).toEqual([0, 1, 2, 3, 4, 5]);
});

describe("prune, of a slot that nothing needs", () => {
  const schema = "busy";
  let other: pg.Client;

  beforeAll(async () => {
    await install(client, { schema, queueSlots: 3, claimSlots: 3 });
    const busy = new PostgresStorage(client, { schema });
    const [job] = await busy.enqueue(await busy.ensureLane("mail", 1, 0), [{}], now, now);
    await busy.cancelReady([job!], now);
    await busy.rotateQueue(now);
    other = await connect(server);
  });
  afterAll(() => other.end());

  test("says blocked at once where its TOAST table is locked, or waits if told to", async () => {
    const { rows } = await client.query<{ toast: string }>(
      `select reltoastrelid::regclass::text as toast from pg_class
       where oid = '${schema}.ready_entries_0'::regclass`,
    );
    const busy = new PostgresStorage(client, { schema });
    await other.query("begin");
    await other.query(`reindex table ${rows[0]!.toast}`);
    expect(await busy.pruneQueue(now)).toEqual({ result: "blocked" });
    expect(await client.query("show lock_timeout")).toMatchObject({
      rows: [{ lock_timeout: "0" }],
    });
    await client.query("set prune.lock_timeout = '10s'");
    const waiting = busy.pruneQueue(now);
    await expect.poll(() => waits(other)).toBe(true);
    await other.query("rollback");
    expect(await waiting).toEqual({ result: "pruned" });
    await client.query("reset prune.lock_timeout");
  });

  test("leaves the caller's lock_timeout as it was, also inside a transaction", async () => {
    const busy = new PostgresStorage(client, { schema });
    const lane = await busy.ensureLane("mail", 1, 0);
    const [job] = await busy.enqueue(lane, [{}], now, now);
    await busy.cancelReady([job!], now);
    await busy.rotateQueue(now);
    await busy.rotateQueue(now);
    await client.query("begin");
    await client.query("set local lock_timeout = '7s'");
    expect(await busy.pruneQueue(now)).toEqual({ result: "pruned" });
    const { rows } = await client.query("show lock_timeout");
    await client.query("commit");
    expect(rows).toEqual([{ lock_timeout: "7s" }]);
  });
});

describe("rotate, onto a slot that is written to since its last time round", () => {
  test("says blocked while the writer is open, and skippedBusy once it is not", async () => {
    const schema = "turning";
    await install(client, { schema, queueSlots: 2, claimSlots: 2 });
    const turning = new PostgresStorage(client, { schema });
    const mail = await turning.ensureLane("mail", 1, 0);
    const other = await connect(server);
    try {
      await other.query("begin");
      await new PostgresStorage(other, { schema }).enqueue(mail, [{}], now, now);
      expect(await turning.rotateQueue(now)).toEqual({ result: "rotated" });
      expect(await turning.rotateQueue(now)).toEqual({ result: "blocked" });
      await other.query("commit");
      expect(await turning.rotateQueue(now)).toEqual({
        result: "skippedBusy",
        which: ["ready_entries"],
      });
    } finally {
      await other.end();
    }
  });
});
