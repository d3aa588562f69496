/** Changes of the SQL that lock something else: the operation, the label and the lock are named. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { differenceFindings } from "../../correctness/locks/claim.js";
import type { Operation } from "../../correctness/locks/operations.js";
import type { Amendment } from "../../correctness/locks/site.js";
import { ringproofSql } from "../../src/postgres/install.js";
import { openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { changedSql } from "../../correctness/mutants/changed-sql.js";
import { differencesOf } from "./recorded.js";

let server: PostgresServer;
beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
});
afterAll(() => server.stop());

const settings = readFileSync(join(ringproofSql().dir, "settings.sql"), "utf8");

const keysInOrder = `
    select distinct on (unique_key) unique_key, job_id
    from unnest(p_job_ids, p_unique_keys) with ordinality as k (job_id, unique_key, place)
    where unique_key is not null
    order by unique_key, place`;
const keysAsCalled = `
    select unique_key, job_id from unnest(p_job_ids, p_unique_keys) as k (job_id, unique_key)
    where unique_key is not null`;

interface Mutant {
  readonly operation: Operation;
  readonly amendment: Amendment;
  /** What is said of it, and in which calls of a session it shows. */
  readonly title: string;
  readonly calls?: readonly string[];
}

const functions = (...change: Parameters<typeof changedSql>): Amendment => ({
  functions: changedSql(...change),
});

const mutants: Readonly<Record<string, Mutant>> = {
  "receipts are locked in no order": {
    operation: "Heartbeat",
    amendment: functions("attempt", "lock_receipts", "    order by c.lane_id, c.receipt_seq\n", ""),
    title:
      "Heartbeat, after lock_receipts.lock_receipts: expected ForUpdate on lease_claims_0#a/1," +
      " found ForUpdate on lease_claims_0#b/1",
  },
  "claim heads are locked in no order": {
    operation: "CancelReady",
    amendment: functions("admin", "lock_lanes_of", " order by lane_id for update;", " for update;"),
    title:
      "CancelReady, after lock_lanes_of.lock_claim_heads: expected ForUpdate on" +
      " lane_claim_heads#a, found ForUpdate on lane_claim_heads#b",
  },
  "dead jobs are locked in no order": {
    operation: "PurgeDlq",
    amendment: functions("admin", "purge_dlq", "    order by job_id for update", " for update"),
    title:
      "PurgeDlq, after purge_dlq.lock_dead: expected ForUpdate on dlq_entries#j1," +
      " found ForUpdate on dlq_entries#j2",
  },
  "prune waits for the partitions of its slot": {
    operation: "PruneClaims",
    amendment: functions("slots", "try_lock_slot", " mode nowait'", " mode'"),
    title:
      "PruneClaims, after try_lock_slot.lock_partition: expected AccessExclusiveLock on" +
      " lease_claims_0 (nowait), found AccessExclusiveLock on lease_claims_0",
  },
  "prune waits for another prune": {
    operation: "PruneLeases",
    amendment: functions("rings", "prune", " for update skip locked", " for update"),
    title:
      "PruneLeases, after prune.lock_ring: expected ForUpdate on rings#lease (skip)," +
      " found ForUpdate on rings#lease",
  },
  "a pass of rescue waits for another one": {
    operation: "RescueStaleReceiptsPass",
    amendment: functions(
      "rescue_pass",
      "visit_claim_slot",
      " for update skip locked",
      " for update",
    ),
    title:
      "RescueStaleReceiptsPass, after visit_claim_slot.lock_cursors: expected ForUpdate on" +
      " claim_slots#0 (skip), found ForUpdate on claim_slots#0",
  },
  "claims by queue wait for a busy lane": {
    operation: "ClaimFromQueue",
    amendment: functions("lanes", "choose_lane", " of h skip locked", " of h"),
    title:
      "ClaimFromQueue, after waiting_since.find_pending: expected ForUpdate on" +
      " lane_claim_heads#a (skip), found ForUpdate on lane_claim_heads#a",
  },
  "new lanes are created in the order of the old ones": {
    operation: "Reprioritise",
    amendment: functions("lanes", "change_lanes", "order by 2, 3, 4 offset", "order by 1 offset"),
    title:
      "Reprioritise, after ensure_lane.insert_lane: expected UniqueKey on" +
      " lanes_queue_priority_enqueue_shard_key#a/2/0, found UniqueKey on" +
      " lanes_queue_priority_enqueue_shard_key#b/2/0",
  },
  "claimers take a slot without their mutex": {
    operation: "AcquireClaimer",
    amendment: functions("claimers", "acquire_claimer", "perform ringproof.lock_claimers", "--"),
    title:
      "AcquireClaimer, after lock_claimers.lock_claimers: expected Advisory on" +
      " advisory#queue_claimer_leases/1075015857, found no lock here",
  },
  "truncation waits for readers of a TOAST table": {
    operation: "PruneLeases",
    amendment: functions(
      "rings",
      "try_truncate_slot",
      "  perform set_config('lock_timeout', v_limit, true);\n",
      "",
    ),
    title:
      "PruneLeases, after try_truncate_slot.truncate: expected AccessExclusiveLock on" +
      " leases_0.toast (nowait), found AccessExclusiveLock on leases_0.toast",
  },
  "a plan that is kept locks every partition": {
    operation: "Retry",
    amendment: { settings: settings.replace("force_custom_plan", "auto") },
    title:
      "Retry, after end_attempts.read_bodies: expected no lock here," +
      " found AccessShareLock on ready_entries_1",
    calls: ["planning", "generic"],
  },
  "one more table is read": {
    operation: "PurgeDlq",
    amendment: functions(
      "admin",
      "purge_dlq",
      "  --@ delete_dead\n",
      "  perform from ringproof.lane_claim_heads;\n  --@ delete_dead\n",
    ),
    title:
      "PurgeDlq, after purge_dlq.lock_dead: expected no lock here," +
      " found AccessShareLock on lane_claim_heads",
  },
  "one less row is locked": {
    operation: "RotateClaims",
    amendment: functions("rings", "rotate", " for update skip locked;", ";"),
    title:
      "RotateClaims, after rotate.lock_ring: expected RowShareLock on rings," +
      " found AccessShareLock on rings",
  },
  "a mode is stronger than it must be": {
    operation: "Enqueue",
    amendment: functions("slots", "pin_slot", "in row exclusive mode", "in share mode"),
    title:
      "Enqueue, after pin_slot.lock_slot: expected RowExclusiveLock on ready_entries_0," +
      " found ShareLock on ready_entries_0",
  },
  "keys are taken in the order of the call": {
    operation: "Enqueue",
    amendment: functions("keys", "take_keys", keysInOrder, keysAsCalled),
    title:
      "Enqueue, after take_keys.insert_keys: expected UniqueKey on unique_keys_pkey#k1," +
      " found UniqueKey on unique_keys_pkey#k2",
  },
  "an advisory lock": {
    operation: "PromoteDeferred",
    amendment: functions(
      "producers",
      "promote_deferred",
      "  --@ decide\n",
      "  perform pg_advisory_xact_lock(1, 2);\n  --@ decide\n",
    ),
    title:
      "PromoteDeferred, after promote_deferred.lock_deferred: expected no lock here," +
      " found Advisory on advisory#1/2",
  },
};

describe.each(Object.entries(mutants))("%s", (_, { operation, amendment, title, calls }) => {
  test("is found, and named", async () => {
    const found = await differencesOf(server, operation, amendment);
    expect(differenceFindings(found).map((finding) => finding.title)).toContain(title);
    const shown = new Set(found.flatMap((difference) => difference.calls));
    expect([...shown]).toEqual(calls ?? ["first", "planning", "generic"]);
  });
});
