/** The audit is silent about what operations made, and names each thing that they cannot make. */

import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { auditSection } from "../../correctness/audit.js";
import { focusedModules, invariants, stepProperties } from "../../src/core/index.js";
import { audit, auditChecks } from "../../src/postgres/audit.js";
import { install } from "../../src/postgres/install.js";
import { RescuePasses } from "../../src/postgres/rescue-passes.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { PostgresStorage } from "../../src/postgres/storage.js";

const schema = "audited";
const now = new Date("2026-01-01T00:00:00Z");
const soon = new Date("2026-01-01T00:01:00Z");
let server: PostgresServer;
let client: pg.Client;

beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
  client = await connect(server);
  await install(client, { schema, queueSlots: 4, claimSlots: 3, leaseSlots: 3 });
  await populate(new PostgresStorage(client, { schema }));
});
afterAll(async () => {
  await client.end();
  await server.stop();
});

/**
 * Lane 1: job 1 completed, 2 failed, 3 running, 4 parked, 5 dead, 6 deferred, 7 cancelled, 8 to 10
 * ready, the last with the key `once`. Queue slot 0, claim slot 0 and lease slot 0; the current
 * slots are one further. A pass of rescue has been in claim slot 0.
 */
async function populate(storage: PostgresStorage): Promise<void> {
  const lane = await storage.ensureLane("mail", 1, 0);
  await storage.ensureLane("mail", 2, 0);
  await storage.enqueue(lane, Array(9).fill({}), now, now);
  await storage.enqueueUnique(lane, [{ payload: {}, uniqueKey: "once" }], now, now);
  const [a, b, c, d, e, f] = await storage.claim(lane, 6, now);
  await storage.complete([a!], now);
  await storage.fail([b!], now);
  await storage.heartbeat([c!], now);
  await storage.parkForCallback([d!], soon, now);
  await storage.failToDlq([e!], now);
  await storage.retry([f!], soon, now);
  await storage.cancelReady(["7"], now);
  await storage.advanceClaimCursor(lane, now);
  await storage.rotateQueue(now);
  await storage.rotateClaims(now);
  await storage.rotateLeases(now);
  expect(await new RescuePasses(client, { schema }).staleReceipts(now, now)).toEqual([]);
}

/** What the audit says of the rows after this statement, which is then taken back. */
async function after(sql: string): Promise<Record<string, readonly string[]>> {
  const { rows } = await client.query<{ table: string }>(
    `select relname as table from pg_class
     where relnamespace = $1::regnamespace and relkind in ('r', 'p') and not relispartition`,
    [schema],
  );
  const all = (of: (table: string) => string) => rows.map((r) => of(r.table)).join("; ");
  await client.query(all((t) => `create temp table "old_${t}" as table ${schema}."${t}"`));
  try {
    await client.query(`set search_path to ${schema}; ${sql}; reset search_path`);
    const results = await audit(client, { schema });
    const bad = results.filter((r) => r.violations.length > 0);
    return Object.fromEntries(bad.map((r) => [r.name, r.violations]));
  } finally {
    const restored = all(
      (t) =>
        `delete from ${schema}."${t}"; insert into ${schema}."${t}" overriding system value ` +
        `select * from "old_${t}"; drop table "old_${t}"`,
    );
    await client.query(
      `set session_replication_role to replica; ${restored}; reset session_replication_role`,
    );
  }
}

const ready = (job: number, lease: number, slot = 1, seq = 20 + job) =>
  `insert into ready_entries (slot, lane_id, lane_seq, job_id, run_lease, enqueued_at, payload)
   values (${slot}, 1, ${seq}, ${job}, ${lease}, now(), '{}')`;
const closure = (job: number, outcome: string, slot = 0) =>
  `insert into lease_claim_closures (slot, job_id, run_lease, outcome, closed_at)
   values (${slot}, ${job}, 1, '${outcome}', now())`;
const heads = "update lane_enqueue_heads set next_seq = 99";

/** What is typed into the tables; the check that says so; what it says. */
const doctored: readonly (readonly [sql: string, check: string, what: RegExp])[] = [
  [
    `${ready(6, 1)}; ${heads}`,
    "EveryJobInOnePlace",
    /^job 6 is deferred and ready in lane 1 at lane_seq 26$/,
  ],
  [
    "delete from ready_tombstones",
    "EveryJobInOnePlace",
    /^job 7 is cancelled at attempt 0 and rea/,
  ],
  [
    "delete from ready_entries where job_id = 8",
    "EveryJobInOnePlace",
    /^the rows of lane 1 from lane_seq 8 through 8 are gone, and no prune took them$/,
  ],
  [
    "delete from ready_entries where job_id = 1",
    "EveryJobInOnePlace",
    /^the rows of lane 1 from lane_seq 1 through 1 are gone, and no prune took them$/,
  ],
  [
    "delete from ready_entries where job_id > 8",
    "EveryJobInOnePlace",
    /^the rows of lane 1 from lane_seq 9 through 10 are gone, and no prune took them$/,
  ],
  [
    "update dlq_entries set run_lease = 7",
    "RunLeaseIsTheLast",
    /^job 5 is dead at attempt 7, and the last that was handed out is 1$/,
  ],
  [
    "update deferred_jobs set run_lease = 0",
    "RunLeaseIsTheLast",
    /^job 6 is deferred at attempt 0, and the last that was handed out is 1$/,
  ],
  [
    "update done_entries set run_lease = 2 where job_id = 2",
    "RunLeaseIsTheLast",
    /^job 2 is failed at attempt 2, and the last that was handed out is 1$/,
  ],
  [
    "update lease_claims set run_leases = '{1}'",
    "ArraysMatch",
    /^the receipt of lane 1 .* 6 in claim slot 0 names 6 rows, 6 jobs and 1 attempts$/,
  ],
  [
    "update receipt_completion_batches set job_ids = '{1, 2}'",
    "ArraysMatch",
    /^a completion in queue slot 0 of the receipt of lane 1 .* 6 names 2 jobs and 1 attempts$/,
  ],
  [
    `${ready(3, 0)}; ${heads}`,
    "NoTokenTwice",
    /^job 3 is ready, and its next attempt, 1, was handed out in claim slot 0$/,
  ],
  [
    `insert into lease_claims (slot, lane_id, receipt_seq, ready_slot, claimed_at, lane_seqs,
       job_ids, run_leases) values (1, 1, 3, 0, now(), '{3}', '{3}', '{1}')`,
    "NoTokenTwice",
    /^attempt 1 of job 3 has 2 receipts$/,
  ],
  [
    "delete from unique_keys",
    "KeysHeldByTheLiving",
    /^job 10 is alive, and its key once is held by nobody$/,
  ],
  [
    "update unique_keys set job_id = 9",
    "KeysHeldByTheLiving",
    /^job 10 is alive, and its key once is held by job 9$/,
  ],
  [
    "insert into unique_keys (unique_key, job_id) values ('again', 1)",
    "KeysHeldByTheLiving",
    /^job 1 holds the key again, and it is not alive with that key$/,
  ],
  [
    "update deferred_jobs set unique_key = 'once'",
    "KeysHeldByTheLiving",
    /^job 6 is alive, and its key once is held by job 10$/,
  ],
  [
    closure(1, "rescued"),
    "OneWinnerPerToken",
    /^attempt 1 of job 1 was completed, and closed as re/,
  ],
  [
    "update lease_claim_closures set outcome = 'retried' where job_id = 2",
    "OneWinnerPerToken",
    /^attempt 1 of job 2 is failed, and was closed as retried$/,
  ],
  [
    `insert into receipt_completion_batches (slot, lane_id, receipt_seq, job_ids, run_leases,
       completed_at) values (0, 1, 6, '{1}', '{1}', now())`,
    "OneWinnerPerToken",
    /^attempt 1 of job 1 was completed 2 times$/,
  ],
  [
    `${ready(1, 1)}; ${heads};
     insert into attempt_evidence (slot, lane_id, through_seq) values (1, 1, 21);
     insert into lease_claims (slot, lane_id, receipt_seq, ready_slot, claimed_at, lane_seqs,
       job_ids, run_leases) values (1, 1, 21, 1, now(), '{21}', '{1}', '{2}')`,
    "FinishedStaysFinished",
    /^job 1 was completed at attempt 1, and attempt 2 was handed out$/,
  ],
  [
    "delete from attempt_evidence",
    "HandedOutIsSpent",
    /^attempt 1 of job 3 was handed out, and its row in lane 1 at lane_seq 3 is not spent$/,
  ],
  [
    "update lane_claim_heads set cursor_seq = 9 where lane_id = 1",
    "CursorNeverPassesUnspent",
    /^job 8 waits in lane 1 at lane_seq 8, behind the cursor at 9$/,
  ],
  [
    "update lane_claim_heads set cursor_generation = 1 where lane_id = 1",
    "CursorNeverPassesUnspent",
    /^job [89] waits in lane 1 in generation 0, and claims look from generation 1 on$/,
  ],
  [ready(10, 0, 1, 8), "LaneSeqUnique", /^lane 1 has 2 rows at lane_seq 8$/],
  [
    "update lane_enqueue_heads set next_seq = 10 where lane_id = 1",
    "LaneSeqUnique",
    /^lane 1 would append at lane_seq 10, and has a row at 10$/,
  ],
  [
    "delete from ready_entries where job_id = 3",
    "BodiesRetained",
    /^attempt 1 of job 3 runs, and its row in lane 1 at lane_seq 3 is gone$/,
  ],
  [
    "delete from ready_entries where job_id = 1",
    "BodiesRetained",
    /^job 1 was completed at attempt 1, and queue slot 0 has no row of it$/,
  ],
  [
    "delete from ready_entries where job_id = 2",
    "BodiesRetained",
    /^job 2 is failed, and its row in lane 1 at lane_seq 2 is gone$/,
  ],
  [
    closure(4, "cancelled"),
    "LeasesAreOpen",
    /^attempt 1 of job 4 is over, and has a row in leases$/,
  ],
  [closure(3, "rescued"), "LeasesAreOpen", /^attempt 1 of job 3 is over, .* in attempt_state$/],
  [
    "update attempt_state set lease_slot = null where job_id = 4",
    "LeasesHaveState",
    /^the lease of attempt 1 of job 4 is in slot 0, and its state says nothing of it$/,
  ],
  [
    "delete from leases",
    "LeasesHaveState",
    /^the state of attempt 1 of job 4 names lease slot 0, which has no lease of it$/,
  ],
  [
    `insert into leases select 1, job_id, run_lease, 'running', now(), null, null, claim_slot,
       lane_id, receipt_seq from leases`,
    "OneLeasePerToken",
    /^attempt 1 of job 4 has leases in slots 0 and 1$/,
  ],
  [
    "update rings set current_slot = 2 where ring = 'queue'",
    "RowsInUsedSlots",
    /^the queue ring is in generation 1, and its current slot is 2 instead of 1$/,
  ],
  [
    `${ready(10, 0, 3)}; ${heads}`,
    "RowsInUsedSlots",
    /^ready_entries has 1 rows in slot 3 of the queue ring, which is not in use$/,
  ],
  [
    "update rings set tail_generation = 1 where ring = 'lease'",
    "RowsInUsedSlots",
    /^leases has 1 rows in slot 0 of the lease ring, which is not in use$/,
  ],
  [
    "insert into ready_tombstones (slot, lane_id, lane_seq) values (1, 2, 5)",
    "EvidenceNamesRows",
    /^a tombstone in queue slot 1 names lane 2 at lane_seq 5, where no row is$/,
  ],
  [
    "insert into receipt_completion_tombstones (slot, job_id, run_lease) values (0, 9, 1)",
    "EvidenceNamesRows",
    /^the fact that a tombstone in queue slot 0 takes back is not there: attempt 1 of job 9$/,
  ],
  [
    closure(9, "rescued", 1),
    "EvidenceNamesRows",
    /^claim slot 1 has no receipt for the closure of attempt 1 of job 9$/,
  ],
  [
    "insert into attempt_evidence (slot, lane_id, through_seq) values (1, 2, 5)",
    "EvidenceNamesRows",
    /^evidence in queue slot 1 says that lane 2 was handed out through lane_seq 5, where no row/,
  ],
  [
    "update claim_slots set stale_cursor = row(now(), 3, 1) where slot = 2",
    "CursorsResetAtTruncate",
    /^the stale cursor of claim slot 2 is at attempt 1 of job 3, and no receipt is there$/,
  ],
  [
    "update claim_slots set deadline_cursor = stale_cursor where slot = 0",
    "CursorsResetAtTruncate",
    /^the deadline cursor of claim slot 0 is at attempt 1 of job 1, and no receipt is there$/,
  ],
  [
    "delete from claim_slots where slot = 1",
    "ClaimSlotsHaveCursors",
    /^claim slot 1 has no row in claim_slots$/,
  ],
  [
    `insert into queue_terminal_count_deltas (slot, lane_id, state, bucket, delta)
     values (1, 2, 'failed', 1, 0)`,
    "EvidenceNamesRows",
    /^queue slot 1 counts terminal facts of lane 2, and has no row of it$/,
  ],
  [
    `insert into queue_terminal_count_deltas (slot, lane_id, state, bucket, delta)
     values (0, 1, 'completed', 1, 1)`,
    "ExactPerBucket",
    /^queue mail counts 2 completed jobs in bucket 1, and has 1$/,
  ],
  [
    "delete from queue_terminal_count_deltas where state = 'cancelled'",
    "ExactPerBucket",
    /^queue mail counts 0 cancelled jobs in bucket 7, and has 1$/,
  ],
  [
    `insert into queue_terminal_live_counts (queue, state, bucket, jobs)
     values ('mail', 'failed', 0, 1), ('mail', 'failed', 2, -1)`,
    "ExactPerBucket",
    /^queue mail counts 1 failed jobs in bucket 0, and has 0$/,
  ],
  [
    `insert into queue_terminal_count_deltas (slot, lane_id, state, bucket, delta)
     values (3, 1, 'failed', 1, 0)`,
    "RowsInUsedSlots",
    /^queue_terminal_count_deltas has 1 rows in slot 3 of the queue ring, which is not in use$/,
  ],
  [
    `insert into queue_terminal_rollups (queue, state, bucket, jobs)
     values ('mail', 'failed', 2, -1)`,
    "HistoryOnlyGrows",
    /^queue mail had -1 failed jobs in bucket 2 when their slots were pruned$/,
  ],
];

test("says nothing of what operations made, and changes nothing", async () => {
  const results = await audit(client, { schema });
  expect(results.flatMap((r) => r.violations)).toEqual([]);
  expect(results).toHaveLength((await auditChecks()).length);
});

describe("doctored rows", () => {
  test.each(doctored)("%s: %s", async (sql, check, what) => {
    const found = await after(sql);
    expect(found).toHaveProperty(check);
    expect(found[check]!.join("\n")).toMatch(new RegExp(what.source, "m"));
    expect((await audit(client, { schema })).flatMap((r) => r.violations)).toEqual([]);
  });

  test("every check is among them", async () => {
    const names = (await auditChecks()).map((c) => c.name);
    expect(new Set(doctored.map(([, check]) => check))).toEqual(new Set(names));
  });
});

test("every invariant of the core that rows can show is a check, in its words", async () => {
  const checks = new Map((await auditChecks()).map((c) => [c.name, c.loss]));
  // That nothing stops the claim ring is a property of the prune, not of rows.
  const { IdleLaneNeverStopsClaims: _, ...shown } = invariants;
  for (const [name, { loss }] of Object.entries(shown)) expect(checks.get(name)).toBe(loss);
  for (const name of Object.keys(stepProperties)) expect(checks.has(name)).toBe(false);
  const { CursorsResetAtTruncate } = focusedModules["RescueCursor"]!.losses;
  expect(checks.get("CursorsResetAtTruncate")).toBe(CursorsResetAtTruncate);
});

describe("what cannot be audited is one message", () => {
  test("a schema that is not there, or not ours", async () => {
    await client.query("create schema theirs; create table theirs.orders ()");
    await expect(audit(client, { schema: "nowhere" })).rejects.toThrow(
      /no ringproof in .* nowhere/,
    );
    await expect(audit(client, { schema: "theirs" })).rejects.toThrow(/not ringproof \(orders\)/);
    await expect(audit(client, { schema: "x; drop" })).rejects.toThrow(/cannot be the name/);
  });

  test("an older version", async () => {
    await client.query(`update ${schema}.meta set value = '1' where key = 'schema_version'`);
    await expect(audit(client, { schema })).rejects.toThrow(/has version 1; this audit is of/);
    await client.query(`update ${schema}.meta set value = '5' where key = 'schema_version'`);
  });

  test("a server that is to be started first", async () => {
    await expect(auditSection({ kind: "embedded" }, schema)).rejects.toThrow(/is always empty/);
  });

  test("a server that gives it no time", async () => {
    const hurried = await connect(server);
    await hurried.query("set statement_timeout to 1");
    await expect(audit(hurried, { schema })).rejects.toMatchObject({
      name: "UserError",
      message: expect.stringMatching(
        /^Postgres did not let the audit end: .* statement timeout\.$/,
      ),
    });
    await hurried.end();
  });

  test("a lock that somebody does not let go: who it is", async () => {
    const other = await connect(server);
    const { rows } = await other.query("select pg_backend_pid() as pid");
    await other.query(`begin; lock table ${schema}.leases_0 in access exclusive mode`);
    const { pid } = rows[0];
    await expect(audit(client, { schema, lockTimeout: 50 })).rejects.toMatchObject({
      name: "UserError",
      message:
        `The audit waited too long: session ${pid} (idle in transaction) has locked ` +
        `${schema}.leases_0.`,
      remedy: `Wait until its transaction ends, or run: select pg_terminate_backend(${pid});`,
    });
    await other.end();
    expect((await audit(client, { schema })).flatMap((r) => r.violations)).toEqual([]);
  });
});

test("the command's rows and findings say what and where", async () => {
  const pg = { kind: "url", url: server.url, from: "--pg" } as const;
  expect(await auditSection(pg, schema)).toMatchObject({ verdict: "holds", findings: [] });
  await client.query(`update ${schema}.lane_claim_heads set cursor_seq = 9 where lane_id = 1`);
  const section = await auditSection(pg, schema);
  await client.query(`update ${schema}.lane_claim_heads set cursor_seq = 8 where lane_id = 1`);
  expect(section).toMatchObject({
    verdict: "violated",
    findings: [
      {
        title: `CursorNeverPassesUnspent: ${invariants.CursorNeverPassesUnspent.loss}`,
        lines: ["job 8 waits in lane 1 at lane_seq 8, behind the cursor at 9"],
        replay: `ringproof audit --schema ${schema}`,
      },
    ],
  });
});
