/**
 * The shapes of behaviour that a reader should see happen at least once. A shape is the moments
 * through which one job passes, in order, with any steps in between. The behaviour itself is
 * searched for.
 */

import {
  leaseOf,
  pending,
  receiptOnly,
  waiting,
  type Db,
  type ReadyEntry,
  type Token,
} from "../../src/core/index.js";
import {
  handsOut,
  is,
  of,
  onAttempt,
  onJob,
  receiptPruned,
  rowOf,
  when,
  worker,
  type Moment,
} from "./moments.js";

export interface Shape {
  readonly name: string;
  /** What the behaviour shows. */
  readonly shows: string;
  /** The configuration of the manifest whose constants and actions it has. */
  readonly configuration: string;
  readonly moments: readonly Moment[];
}

const snooze: Shape = {
  name: "snooze",
  shows: "A snoozed attempt does not count: the next one is the first, and may time out once.",
  configuration: "timeouts",
  moments: [
    handsOut(1),
    when(
      "Snooze",
      "its worker puts the job off for a while",
      ({ args, outcome }, job) => args.token.job === job && args.wait > 0 && is(outcome, "snoozed"),
    ),
    when("PromoteDeferred", "the job is due", ({ args }, job) => args.job === job),
    handsOut(2),
    onAttempt("ParkForCallback", "parked", "its worker waits for a callback"),
    when(
      "RescueCallbackTimeouts",
      "the wait ends the attempt, and the job is not given up",
      ({ outcome, after }, job) =>
        (outcome.tokens ?? []).some(of(job)) && pending(after).some(of(job)),
    ),
  ],
};

const receiptRescue: Shape = {
  name: "receipt-rescue",
  shows: "A silent worker's job is handed out again, and only the new attempt ends it.",
  configuration: "zombies",
  moments: [
    handsOut(1),
    when(
      "RescueStaleReceipts",
      "an attempt that has nothing but its receipt is rescued",
      ({ outcome, before }, job) =>
        receiptOnly(before).some(of(job)) && (outcome.tokens ?? []).some(of(job)),
    ),
    handsOut(2),
    worker("CompleteFast", 1, "stale", "the first worker comes too late"),
    worker("CompleteFast", 2, "completed", "the second one ends it"),
  ],
};

const cursorOf = ({ laneHeads }: Db, { lane }: ReadyEntry): number => laneHeads[lane]!.cursor;

const lostClaimAdvance: Shape = {
  name: "lost-claim-advance",
  shows: "The cursor stays where it was, the receipt goes, and still nothing is handed out twice.",
  configuration: "batches-cursor",
  moments: [
    handsOut(1),
    worker("CompleteFast", 1, "completed", "a compact batch is all that says that it ended"),
    receiptPruned,
    when(
      "Claim",
      "another job goes out past it, from a cursor that never moved",
      ({ outcome, before }, job) => {
        const row = rowOf(before, job);
        return (
          row !== undefined &&
          cursorOf(before, row) <= row.seq &&
          (outcome.tokens ?? []).every((t) => t.job !== job)
        );
      },
    ),
    when("AdvanceClaimCursor", "a later advance makes up for the lost one", ({ after }, job) => {
      const row = rowOf(after, job);
      return row !== undefined && cursorOf(after, row) > row.seq + 1;
    }),
  ],
};

const hasLease = (db: Db, token: Token): boolean =>
  leaseOf(db, token) !== undefined && !waiting(db, token);

const runningCancel: Shape = {
  name: "running-cancel",
  shows: "Cancelling a lease-managed attempt takes its lease along, and its worker finds out.",
  configuration: "callbacks",
  moments: [
    handsOut(1),
    when(
      "CancelRunning",
      "it is cancelled while it runs under a lease",
      ({ before, after }, job) => {
        const token = { job, lease: 1 };
        return hasLease(before, token) && leaseOf(after, token) === undefined;
      },
    ),
    worker("Complete", 1, "stale", "its worker is told that it is over"),
  ],
};

const receiptOnlyCancel: Shape = {
  name: "receipt-only-cancel",
  shows:
    "Cancelling an attempt that has nothing but a receipt closes it, and its worker finds out.",
  configuration: "callbacks",
  moments: [
    handsOut(1),
    when(
      "CancelRunning",
      "it is cancelled while it has only its receipt",
      ({ before, after }, job) =>
        receiptOnly(before).some(of(job)) &&
        after.leaseClaimClosures.some((c) => c.job === job && c.outcome === "cancelled"),
    ),
    worker("Complete", 1, "stale", "its worker is told that it is over"),
  ],
};

const callbackWaitAndResume: Shape = {
  name: "callback-wait-and-resume",
  shows: "A parked attempt goes on under the same run lease, and ends on the slow path.",
  configuration: "callbacks",
  moments: [
    handsOut(1),
    onAttempt("ParkForCallback", "parked", "its worker waits for a callback"),
    onAttempt("ResumeCallback", "resumed", "the callback comes"),
    worker("Complete", 1, "completed", "the same worker ends the same attempt"),
  ],
};

const dlqRetry: Shape = {
  name: "dlq-retry",
  shows: "A dead job gets another chance at the next run lease, and ends well.",
  configuration: "dlq",
  moments: [
    handsOut(1),
    onAttempt("FailToDlq", "deadLettered", "its worker gives the job up"),
    onJob("RetryFromDlq", "an administrator readmits it"),
    handsOut(2),
    worker("CompleteFast", 2, "completed", "the second attempt ends it"),
  ],
};

const dlqPurge: Shape = {
  name: "dlq-purge",
  shows: "A dead job is forgotten, and its lane row stays spent until its slot is truncated.",
  configuration: "dlq",
  moments: [
    handsOut(1),
    onAttempt("FailToDlq", "deadLettered", "its worker gives the job up"),
    onJob("PurgeDlq", "an administrator purges it"),
    receiptPruned,
    when(
      "PruneQueue",
      "the lane row goes with its slot",
      ({ before, after }, job) =>
        rowOf(before, job) !== undefined && rowOf(after, job) === undefined,
    ),
  ],
};

export const shapes: readonly Shape[] = [
  snooze,
  receiptRescue,
  lostClaimAdvance,
  runningCancel,
  receiptOnlyCancel,
  callbackWaitAndResume,
  dlqRetry,
  dlqPurge,
];
