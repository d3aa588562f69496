/**
 * Bugs that such storage had, and shapes that the design forbids: each under the name that its
 * configuration in TLA+ has, with its twin in SQL, and where each check is to find it.
 */

import type { Bug, Table } from "./bug.js";
import { changed } from "./changed-sql.js";
import { forbidden } from "./forbidden.js";
import { callersOf } from "./sql-mutant.js";
import { claimHeadsToo, lockedLate, spentElsewhere } from "./wrong-sql.js";

/** Who gets a job. */
const handOut: Table = {
  "spent-battery": {
    about: "claim's spent check does not know compact batches",
    loss: "a finished attempt is handed out again",
    tlc: ["spent-battery"],
    changes: () => [spentElsewhere(false)],
    on: { conform: ["conform"] },
  },
  "spent-after-purge": {
    about: "what admins may delete guards a lane",
    loss: "an attempt whose dead job was purged is handed out again",
    tlc: ["spent-after-purge"],
    changes: () => [spentElsewhere(true)],
    on: { conform: ["conform"] },
  },
  "stale-candidate": {
    about: "claim locks the lane once it has chosen, and does not look again",
    loss: "two workers get one attempt",
    tlc: [],
    changes: () => [lockedLate()],
    on: { interleave: ["Claim × Claim"], locks: ["Claim"], trace: true },
  },
  "claim-vs-prune": {
    about: "claim writes into the slot that was current when it looked",
    loss: "a receipt is truncated, or generations mix",
    tlc: ["claim-vs-prune"],
    changes: () => [
      changed(
        "slots",
        "pin_slot",
        "exit when v_slot = (select current_slot from ringproof.rings where ring = p_ring);",
        "exit when true;",
      ),
    ],
    on: { interleave: ["Claim × RotateClaims × PruneClaims"] },
  },
  "lease-reset": {
    about: "a dead job that comes back starts at run lease 0",
    loss: "the job is lost at once, or handed out twice later",
    tlc: ["lease-reset"],
    changes: () => [
      changed(
        "admin",
        "retry_from_dlq",
        "returning lane_id, job_id, run_lease,",
        "returning lane_id, job_id, 0 as run_lease,",
      ),
    ],
    on: { conform: ["conform"] },
  },
};

/** What says that a job has ended. */
const evidence: Table = {
  "count-bucket": {
    about: "the fast path counts in bucket 0",
    loss: "a counter is too high for ever",
    tlc: ["count-bucket"],
    changes: () => [changed("finish", "complete_receipt", "ringproof.count_bucket(job_id)", "0")],
    on: { conform: ["parking"] },
  },
  "orphan-terminal": {
    about: "a terminal fact goes without a closure of its receipt",
    loss: "a finished job runs again",
    tlc: ["orphan-terminal"],
    changes: () => [
      changed(
        "terminal",
        "discard_terminal",
        "perform ringproof.close_orphans(v_ended, '{completed,failed,cancelled}', p_now);",
        "null;",
      ),
    ],
    on: { conform: ["conform"], trace: true },
  },
  "prune-evidence": {
    about: "queue prune takes terminal evidence that a receipt still needs",
    loss: "a finished job runs again",
    tlc: ["prune-evidence"],
    changes: () => [
      changed("rings", "queue_slot_pinned", "return 'queueUnclosedClaimRefs';", "null;"),
    ],
    on: { conform: ["conform"] },
  },
  "shard-join": {
    about: "queue prune takes a lane_seq of any lane for spent",
    loss: "a pending job of another shard is truncated",
    tlc: ["shard-join"],
    changes: () => [
      changed(
        "rings",
        "queue_slot_pinned",
        "select from ringproof.pending_entries where slot = p_slot",
        `select from ringproof.ready_entries r where r.slot = p_slot and not exists (
      select from ringproof.attempt_evidence e
      where e.slot = p_slot and e.through_seq >= r.lane_seq) and not exists (
      select from ringproof.ready_tombstones t
      where t.slot = p_slot and t.lane_seq = r.lane_seq)`,
      ),
    ],
    on: { conform: ["lanes"] },
  },
  "deferred-materialise": {
    about: "terminal rows are written later, and their source goes before",
    loss: "a terminal fact",
    tlc: ["deferred-materialise", "deferred-receipts", "deferred-running"],
  },
  "observer-drift": {
    about: "a reader keeps its own list of evidence, without the batches",
    loss: "finished jobs are shown as running and completed at once",
    tlc: [],
    changes: () => [
      changed(
        "evidence",
        "open_attempts",
        "ringproof.open_receipts o",
        "ringproof.unclosed_receipts o",
      ),
    ],
    on: { lockstep: true },
  },
};

/** Attempts that nobody works on any more. */
const rescue: Table = {
  "rescue-starvation": {
    about: "the budget goes to other slots before the oldest",
    loss: "the claim ring cannot be pruned, and storage grows",
    tlc: ["rescue-starvation", "rescue-starvation-deadline"],
    changes: () => [
      changed(
        "rescue_pass",
        "rescue_pass",
        "ringproof.oldest_generation(v_ring) .. v_ring.generation",
        "0 .. v_ring.slot_count - 1",
      ),
    ],
    on: { conform: ["rescue-window", "rescue-deadlines"] },
  },
  "rescue-skip": {
    about: "the cursor passes a stale receipt that stays open",
    loss: "that attempt is never rescued",
    tlc: ["rescue-skip", "rescue-kept-cursor"],
    changes: () => [
      changed(
        "rescue_pass",
        "visit_claim_slot",
        "coalesce(v_stop - 1, cardinality(v_window))",
        "cardinality(v_window)",
      ),
    ],
    on: { conform: ["rescue-window"] },
  },
  "rescue-stranded": {
    about: "the window does not turn round the end",
    loss: "an attempt behind the cursor waits for ever",
    tlc: ["rescue-stranded", "rescue-stranded-deadline"],
    changes: () => [
      changed("rescue_pass", "rescue_window", "p_window - cardinality(v_window));", "0);"),
    ],
    on: { conform: ["rescue-window"] },
  },
  "rescue-double": {
    about: "receipt rescue takes lease-managed attempts",
    loss: "one attempt has two owners",
    tlc: ["rescue-double"],
    changes: () => [changed("rescue", "receipts_due", "a.lease_slot is null", "true")],
    on: { conform: ["parking", "rescue-leases"] },
  },
};

/** Who waits for whom, and what they lease. */
const locks: Table = {
  convoy: {
    about: "prune waits for the locks of its slot",
    loss: "every worker queues behind maintenance, which waits for one reader",
    tlc: ["lock-waits"],
    changes: () => [changed("slots", "try_lock_slot", "in %s mode nowait", "in %s mode")],
    on: { locks: ["PruneClaims"], interleave: ["DiscardTerminal × PruneClaims"], trace: true },
  },
  "error-mask": {
    about: "whatever TRUNCATE fails of is told as blocked",
    loss: "real errors, which nobody sees",
    tlc: [],
    changes: () => [
      changed("rings", "try_truncate_slot", "when lock_not_available then", "when others then"),
    ],
    on: { interleave: ["PruneClaims × PruneClaims"] },
  },
  "old-stripes": {
    about: "claims and producers lock two lanes in two orders",
    loss: "they end each other by deadlock",
    tlc: ["lock-lanes"],
    changes: () => [claimHeadsToo()],
    on: { locks: ["Enqueue"], interleave: ["Enqueue × MoveReady"], trace: true },
  },
  "claimer-steal": {
    about: "a lease is refreshed only once a peer may take it",
    loss: "an active claimer loses its slot",
    tlc: ["claimer-steal"],
    changes: () => [changed("claimers", "claimer_says", "p_idle / 2", "p_idle")],
    on: { conform: ["claimer-lease"] },
  },
};

export function bugs(): readonly Bug[] {
  const callers = callersOf();
  return Object.entries({ ...handOut, ...evidence, ...rescue, ...locks, ...forbidden }).map(
    ([name, { changes: make, on, ...rest }]) => {
      const { about } = rest;
      const changes = make?.() ?? [];
      const reached = callers(changes.map(({ definition }) => definition));
      const sql = make ? { name, about, changes, ...reached, ...(on && { on }) } : null;
      return { name, ...rest, sql };
    },
  );
}
