/** C3 on attempts, leases and moves: green as shipped, and red for each planted bug. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Walker } from "../../correctness/conform/conform.js";
import { newTally } from "../../correctness/conform/tally.js";
import { databaseTree, pieces } from "../../correctness/conform/tree.js";
import { explore } from "../../correctness/explore/explorer.js";
import { readScope } from "../../correctness/explore/scope.js";
import { diffDb, formatDiff } from "../../correctness/report/diff.js";
import { storageMachine, wordsOf, type ActionName, type Scope } from "../../src/core/index.js";
import { uninstall } from "../../src/postgres/install.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { changedSql } from "../changed-sql.js";

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

const treeOf = (scope: Scope) =>
  databaseTree(explore(storageMachine(scope), { properties: [] }), scope);
const trees = {
  parking: treeOf(parking),
  pinned: treeOf(pinned),
  moving: treeOf(moving),
  snoozing: treeOf(snoozing),
};

let schemas = 0;

async function hunt(name: keyof typeof scopes, amend?: string) {
  const [scope, tree] = [scopes[name], trees[name]];
  const client = await connect(server);
  const schema = `ringproof_lifecycle_${++schemas}`;
  try {
    const options = { scope, schema, tally: newTally(), ...(amend && { amend }) };
    const walker = new Walker(client, options);
    await walker.prepare();
    for (const piece of pieces(tree, 100)) {
      const found = await walker.walk(piece);
      if (!found) continue;
      const { attempt, expected, outcomes, db } = found;
      const rows = db ? formatDiff(diffDb(expected.state.db, db, scope)).join("\n") : "";
      const core = expected.outcomes.flatMap(wordsOf);
      return { action: attempt?.action, core, postgres: outcomes.flatMap(wordsOf), rows };
    }
    return null;
  } finally {
    await uninstall(client, { schema });
    await client.end();
  }
}

type Planted = readonly [
  what: string,
  on: keyof typeof scopes,
  sql: string,
  action: ActionName,
  core: readonly string[],
  postgres: readonly string[],
  rows: RegExp | null,
];

const planted: readonly Planted[] = [
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
      "where lease_slot is null\n      group",
      "where true group",
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
    changedSql("rescue", "stale_receipts", "and a.lease_slot is null", ""),
    "RescueStaleReceipts",
    ["noop"],
    ["rescued"],
    /\+ leaseClaimClosures .*rescued/,
  ],
  [
    "deadlines of lease-managed attempts are receipt rescue's as well",
    "parking",
    changedSql("rescue", "expired_receipts", "and a.lease_slot is null", ""),
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
      "ringproof.remove_done(p_job_ids, '{failed}')",
      "ringproof.remove_done(p_job_ids, '{failed,cancelled}')",
    ),
    "FailedToDlq",
    ["notFailed"],
    ["deadLettered"],
    /\+ dlqEntries/,
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
