/** C3 on attempts, leases and moves: green as shipped, and red for each planted bug. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readScope } from "../../correctness/explore/scope.js";
import { openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { changedSql } from "../../correctness/mutants/changed-sql.js";
import { hunter, type Planted } from "./hunt.js";

let server: PostgresServer;
beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
});
afterAll(() => server.stop());

const parking = await readScope("parking.cfg");
const pinned = await readScope("pinned.cfg");
const moving = await readScope("moving.cfg");
/** A second attempt counts as the first where the first was snoozed. */
const snoozing = {
  ...parking,
  leases: [1, 2],
  maxAttempts: 2,
  deadlines: parking.deadlines.slice(1),
  enabled: ["Enqueue", "PromoteDeferred", "Claim", "Snooze", "ParkForCallback", "PassTime"],
};
const scopes = { parking, pinned, moving, snoozing };

const hunt = hunter(() => server, scopes);

/** Receipt rescue whose pass of this kind does not spare lease-managed attempts. */
const leaseManagedToo = (pass: "stale" | "deadline") =>
  changedSql(
    "rescue",
    "receipts_due",
    "a.lease_slot is null",
    `(a.lease_slot is null or p_pass = '${pass}')`,
  );

const planted: readonly Planted<keyof typeof scopes>[] = [
  [
    "a heartbeat is not written into the lease",
    "parking",
    changedSql(
      "attempt",
      "heartbeat",
      "set heartbeat_at = p_now\n",
      "set heartbeat_at = l.heartbeat_at\n",
    ),
    "Heartbeat",
    ["recorded"],
    ["recorded"],
    /- leases .*beat=0.*\n.*\+ leases .*beat=1/,
  ],
  [
    "a resumed attempt keeps its timeout",
    "parking",
    changedSql("attempt", "resume_callback", "timeout_at = null", "timeout_at = l.timeout_at"),
    "ResumeCallback",
    ["resumed"],
    ["resumed"],
    /- leases .*left=99/,
  ],
  [
    "a parked attempt keeps its heartbeat",
    "parking",
    changedSql(
      "attempt",
      "park_for_callback",
      "set heartbeat_at = null, lease_slot",
      "set lease_slot",
    ),
    "ParkForCallback",
    ["parked"],
    ["parked"],
    /- attemptState .*beat=99/,
  ],
  [
    "a lease goes into the slot of the receipt",
    "parking",
    changedSql(
      "attempt",
      "park_for_callback",
      "v_slot := ringproof.pin_slot('lease');",
      "v_slot := 0;",
    ),
    "ParkForCallback",
    ["parked"],
    ["parked"],
    /- leases {2}slot=1 /,
  ],
  [
    "the fast completion takes lease-managed attempts",
    "parking",
    changedSql(
      "finish",
      "complete_fast",
      "    from ended\n    group by ready_slot, lane_id, receipt_seq",
      "    from unnest(v_attempts) group by ready_slot, lane_id, receipt_seq",
    ),
    "CompleteFast",
    ["leaseManaged"],
    ["leaseManaged"],
    /\+ receiptCompletionBatches/,
  ],
  [
    "the end of an attempt leaves its lease",
    "parking",
    changedSql("finish", "end_attempts", "where lease_slot is not null", "where false"),
    "CancelRunning",
    ["cancelled"],
    ["cancelled"],
    /\+ leases /,
  ],
  [
    "receipt rescue takes lease-managed attempts: rescue-double",
    "parking",
    leaseManagedToo("stale"),
    "RescueStaleReceipts",
    ["noop"],
    ["rescued"],
    /\+ leaseClaimClosures .*rescued/,
  ],
  [
    "deadlines of lease-managed attempts are receipt rescue's as well",
    "parking",
    leaseManagedToo("deadline"),
    "RescueExpiredDeadlines",
    ["noop"],
    ["rescued"],
    /\+ leaseClaimClosures .*deadlineExpired/,
  ],
  [
    "a parked attempt outlives its deadline",
    "parking",
    changedSql(
      "rescue",
      "leases_due",
      "when 'deadline' then",
      "when 'deadline' then state = 'running' and",
    ),
    "RescueExpiredLeaseDeadlines",
    ["rescued"],
    ["noop"],
    /- leaseClaimClosures/,
  ],
  [
    "the lease ring is pruned under a lease",
    "parking",
    changedSql("rings", "lease_slot_pinned", "return 'leaseLive';", "null;"),
    "PruneLeases",
    ["skippedActive leaseLive"],
    ["pruned"],
    /- leases /,
  ],
  [
    "the lease ring turns into a slot that nobody truncated",
    "parking",
    changedSql(
      "rings",
      "rotate",
      "v_ring.tail_generation + 1 < v_ring.slot_count",
      "v_ring.tail_generation < v_ring.slot_count",
    ),
    "RotateLeases",
    ["skippedBusy"],
    ["rotated"],
    /rings/,
  ],
  [
    "queue prune takes the body of a parked attempt for unpinned by it",
    "pinned",
    changedSql("rings", "queue_slot_pinned", "return 'queueActiveLeases';", "null;"),
    "PruneQueue",
    ["skippedActive queueActiveLeases"],
    ["skippedActive queueUnclosedClaimRefs"],
    null,
  ],
  [
    "a cancelled attempt leaves no terminal row",
    "parking",
    changedSql("admin", "cancel_running", "'cancelled', p_now);", "'failed', p_now);"),
    "CancelRunning",
    ["cancelled"],
    ["cancelled"],
    /- doneEntries .*cancelled/,
  ],
  [
    "a snooze counts as an attempt",
    "snoozing",
    changedSql("finish", "snooze", "'snoozed', 1,", "'snoozed', 0,"),
    "Snooze",
    ["snoozed"],
    ["snoozed"],
    /- deferredJobs .*snoozes=1/,
  ],
  [
    "a timeout gives up a job whose snoozes do not count",
    "snoozing",
    changedSql(
      "rescue",
      "rescue_callback_timeouts",
      "a.run_lease - r.snoozes >=",
      "a.run_lease >=",
    ),
    "RescueCallbackTimeouts",
    ["rescued"],
    ["rescued"],
    /\+ dlqEntries/,
  ],
  [
    "the moved job stays in its old lane",
    "moving",
    changedSql(
      "admin",
      "move_ready",
      "select slot, lane_id, lane_seq from moved order",
      "select slot, lane_id, lane_seq from moved where false order",
    ),
    "MoveReady",
    ["moved"],
    ["moved"],
    /- readyTombstones/,
  ],
  [
    "a failed job starts again at run lease 0",
    "moving",
    changedSql(
      "terminal",
      "remove_done",
      "g.job_id, g.run_lease, r.snoozes",
      "g.job_id, 0, r.snoozes",
    ),
    "RetryFromTerminal",
    ["readmitted"],
    ["readmitted"],
    /- readyEntries .*lease=1/,
  ],
  [
    "completed jobs are put aside as failed ones are",
    "moving",
    changedSql(
      "terminal",
      "failed_to_dlq",
      "ringproof.remove_done(v_ended, '{failed}')",
      "ringproof.remove_done(v_ended, '{failed,cancelled}')",
    ),
    "FailedToDlq",
    ["notFailed"],
    ["deadLettered"],
    /\+ dlqEntries/,
  ],
  [
    "the fast path counts in bucket 0",
    "parking",
    changedSql("finish", "complete_receipt", "ringproof.count_bucket(job_id)", "0"),
    "CompleteFast",
    ["completed"],
    ["completed"],
    null,
  ],
  [
    "a discarded fact stays counted",
    "moving",
    changedSql("terminal", "discard_terminal", "-count(*)", "0"),
    "DiscardTerminal",
    ["discarded"],
    ["discarded"],
    null,
  ],
  [
    "queue prune leaves facts counted",
    "pinned",
    changedSql("rings", "try_truncate_slot", "perform ringproof.retire_facts(p_slot);", "null;"),
    "PruneQueue",
    ["pruned"],
    ["pruned"],
    null,
  ],
];

test("as shipped, where snoozed attempts do not count", async () => {
  expect(await hunt("snoozing")).toBeNull();
});

describe("planted in Postgres", () => {
  test.concurrent.each(planted)("%s", async (_, on, sql, action, core, postgres, rows) => {
    const found = await hunt(on, sql);
    expect(found).toMatchObject({ action, core, postgres });
    if (rows) expect(found!.rows).toMatch(rows);
    else expect(found!.rows).toBe("");
  });
});
