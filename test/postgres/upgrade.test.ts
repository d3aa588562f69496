/** A populated schema of version 1 becomes one of this version, and every life in it goes on. */

import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packageRoot } from "../../src/package-root.js";
import { audit } from "../../src/postgres/audit.js";
import { install, ringproofSql, type SqlSource } from "../../src/postgres/install.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { PostgresStorage, type ClaimedJob } from "../../src/postgres/storage.js";

const schema = "aged";
const start = Date.parse("2026-01-01T00:00:00Z");
const at = (minutes: number) => new Date(start + minutes * 60_000);
let server: PostgresServer;
let client: pg.Client;
let storage: PostgresStorage;
let dir: string;

beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
  client = await connect(server);
  storage = new PostgresStorage(client, { schema });
  dir = await mkdtemp(join(tmpdir(), "ringproof-upgrade-"));
});
afterAll(async () => {
  await client.end();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

/** Version 1: its tables, which `schema.sql` still creates, and its functions. */
async function version1(): Promise<SqlSource> {
  const functions = join(packageRoot(), "test", "postgres", "fixtures", "version-1.sql");
  await copyFile(join(ringproofSql().dir, "schema.sql"), join(dir, "schema.sql"));
  await copyFile(functions, join(dir, "version-1.sql"));
  return { dir, files: ["version-1.sql"] };
}

/** Version 1 knew no deadlines. */
async function claim1(lane: number, limit: number, now: Date): Promise<ClaimedJob[]> {
  const { rows } = await client.query(
    `select job_id as "jobId", run_lease as "runLease", claim_slot as "claimSlot",
            lane_id as "laneId", receipt_seq as "receiptSeq", payload
     from ${schema}.claim($1, $2, $3)`,
    [lane, limit, now],
  );
  expect(rows).toHaveLength(limit);
  return rows as ClaimedJob[];
}

const ids = (jobs: readonly { jobId: string }[]) => jobs.map((j) => j.jobId);
const bodies = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ number: from + i }));

/** The rows of every table and view that version 1 has, with the columns that it has. */
async function contents(columns?: Map<string, string[]>) {
  const { rows } = await client.query<{ name: string; columns: string[] }>(
    `select relname as name, array_agg(attname::text order by attnum) as columns
     from pg_class c join pg_attribute a on a.attrelid = c.oid and attnum > 0 and not attisdropped
     where relnamespace = $1::regnamespace and not relispartition
       and (relkind in ('r', 'p') or relname in ('jobs', 'terminal_jobs')) and relname <> 'meta'
     group by relname order by relname`,
    [schema],
  );
  const known = columns ?? new Map(rows.map((r) => [r.name, r.columns]));
  const tables = new Map<string, unknown[]>();
  for (const [name, wanted] of known) {
    const list = wanted.map((c) => `"${c}"`).join(", ");
    const text = `select to_jsonb(x) as row from (select ${list} from ${schema}.${name}) x
      order by to_jsonb(x)::text`;
    const found = await client.query<{ row: unknown }>(text);
    tables.set(
      name,
      found.rows.map((r) => r.row),
    );
  }
  return { known, tables };
}

/** Every way of life that version 1 knew; the tokens of the attempts that still run. */
async function populate(): Promise<{ lane: number; running: ClaimedJob[] }> {
  const lane = await storage.ensureLane("mail", 1, 0);
  const other = await storage.ensureLane("mail", 1, 1);
  await storage.enqueue(lane, bodies(1, 12), at(0), at(0));
  await storage.enqueue(other, bodies(13, 16), at(0), at(0));
  await storage.enqueue(lane, bodies(17, 18), at(60), at(0));
  const [a, b, c, d, e, f, ...early] = await claim1(lane, 8, at(0));
  await storage.completeFast([a!, b!], at(1));
  expect(await storage.discardTerminal([b!.jobId], at(1))).toEqual(["discarded"]);
  await storage.retry([c!], at(90), at(1));
  await storage.failToDlq([d!, e!, f!], at(1));
  expect(await storage.purgeDlq([e!.jobId], at(1))).toEqual(["purged"]);
  expect(await storage.retryFromDlq([f!.jobId], at(1))).toEqual(["readmitted"]);
  await storage.advanceClaimCursor(lane, at(1));
  expect(await storage.rotateQueue(at(2))).toEqual({ result: "rotated" });
  expect(await storage.rotateClaims(at(2))).toEqual({ result: "rotated" });
  await storage.enqueue(lane, bodies(19, 22), at(2), at(2));
  const [lost] = await claim1(other, 1, at(2));
  const late = await claim1(other, 2, at(3));
  expect(await storage.rescueStaleReceipts(1, at(3), 1, at(4))).toEqual([
    { jobId: lost!.jobId, runLease: 1 },
  ]);
  const jobs = ids(
    await client
      .query(
        `select job_id as "jobId" from ${schema}.pending_entries
    order by job_id`,
      )
      .then((r) => r.rows as { jobId: string }[]),
  );
  expect(await storage.cancelReady(jobs.slice(0, 2), at(4))).toEqual(["cancelled", "cancelled"]);
  return { lane, running: [...early, ...late] };
}

/** How many terminal facts a table of counts speaks of. */
async function counted(table: string): Promise<number> {
  const text = `select coalesce(sum(jobs), 0) as jobs from ${schema}.${table}`;
  return Number((await client.query<{ jobs: string }>(text)).rows[0]!.jobs);
}

async function violations(): Promise<string[]> {
  return (await audit(client, { schema })).flatMap((r) => r.violations);
}

/** Everybody finishes, nothing more arrives, and the rings turn until they are empty. */
async function drain(lanes: readonly number[]): Promise<void> {
  const later = at(10_000);
  await storage.promoteDeferred(ids(await storage.jobs()), later);
  for (const lane of lanes) {
    for (;;) {
      const claimed = await storage.claim(lane, 10, later);
      if (claimed.length === 0) break;
      const answers = await storage.complete(claimed, later);
      expect(new Set(answers)).toEqual(new Set(["completed"]));
    }
  }
  await storage.purgeDlq(ids(await storage.jobs()), later);
  for (let turn = 0; turn < 8; turn++) {
    for (const rotate of ["rotateClaims", "rotateQueue", "rotateLeases"] as const)
      await storage[rotate](later);
    for (const prune of ["pruneLeases", "pruneClaims", "pruneQueue"] as const)
      await storage[prune](later);
  }
}

test("nothing is lost, old tokens are good, and the rings drain", async () => {
  const sizes = { queueSlots: 4, claimSlots: 3 };
  await install(client, { schema, ...sizes, sql: await version1() });
  const { lane, running } = await populate();
  const { known, tables: before } = await contents();
  for (const name of ["deferred_jobs", "dlq_entries", "done_entries", "terminal_jobs"])
    expect(before.get(name), name).not.toEqual([]);

  const upgraded = await install(client, { schema, leaseSlots: 5 });
  expect(upgraded).toEqual({ installed: "upgraded", version: 5 });
  const { tables: after } = await contents(known);
  for (const [name, rows] of before) {
    const kept = after.get(name)!.filter((row) => (row as { ring?: string }).ring !== "lease");
    expect(kept, name).toEqual(rows);
  }
  expect(await install(client, { schema })).toEqual({ installed: "current", version: 5 });
  expect(await counted("queue_terminal_live_counts")).toBe(before.get("terminal_jobs")!.length);
  expect(await violations()).toEqual([]);

  const [first, second, third, fourth] = running;
  expect(await storage.heartbeat([first!], at(5))).toEqual(["recorded"]);
  expect(await storage.parkForCallback([second!], at(50), at(5))).toEqual(["parked"]);
  expect(await storage.complete([first!, second!], at(6))).toEqual(["completed", "waiting"]);
  expect(await storage.resumeCallback([second!], at(7))).toEqual(["resumed"]);
  expect(await storage.complete([second!], at(8))).toEqual(["completed"]);
  expect(await storage.snooze([third!], at(9), at(8))).toEqual(["snoozed"]);
  expect(await storage.fail([fourth!], at(8))).toEqual(["failed"]);
  const cancelled = (await storage.jobs()).find((j) => j.state === "cancelled")!;
  expect(await storage.retryFromTerminal([cancelled.jobId], at(8))).toEqual(["readmitted"]);

  await drain([lane, lane + 1]);
  expect(await violations()).toEqual([]);
  const { tables: end } = await contents();
  const kept = /^(rings|lane|claim_slots|queue_terminal_(live_counts|rollups)$)/;
  const left = [...end].filter(([name, rows]) => !kept.test(name) && rows.length > 0);
  expect(left).toEqual([]);
  expect(await counted("queue_terminal_live_counts")).toBe(0);
  // Of 22 jobs one was discarded, and two were purged as dead ones.
  expect(await counted("queue_terminal_rollups")).toBe(19);
});
