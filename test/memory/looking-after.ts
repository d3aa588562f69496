/** What the contract says of answers to administrators, maintenance and the clock. */

import { token, type Tables } from "./rows.js";
import type { Rescues } from "./rescuing.js";
import type { Works } from "./working.js";

type Others = "Enqueue" | "PromoteDeferred" | "Claim" | Works | Rescues;

const removed = { state: "removed", lease: 0 } as const;

export const lookingAfter: Omit<Tables, Others> = {
  DiscardTerminal: [
    [{ job: "done" }, { result: "discarded" }, { done: removed }],
    [{ job: "cancelled" }, { result: "discarded" }, { cancelled: removed }],
    [{ job: "failed" }, { result: "discarded" }, { failed: removed }],
    [{ job: "dead" }, { result: "notTerminal" }, {}],
    [
      { job: "dead" },
      { result: "discarded" },
      "DiscardTerminal says discarded, but dead is dead (lease 1), " +
        "and Discard leads only from completed or cancelled or failed",
    ],
    [
      { job: "done" },
      { result: "notTerminal" },
      "DiscardTerminal says notTerminal, but done is completed (lease 1)",
    ],
  ],
  CancelReady: [
    [{ job: "ready" }, { result: "cancelled" }, { ready: { state: "cancelled", lease: 0 } }],
    [{ job: "busy" }, { result: "notReady" }, {}],
    [
      { job: "busy" },
      { result: "cancelled" },
      "CancelReady says cancelled, but busy is running (lease 2), and CancelReady leads " +
        "only from ready",
    ],
    [{ job: "ready" }, { result: "notReady" }, "CancelReady says notReady, but ready is ready"],
  ],
  CancelRunning: [
    [{ job: "busy" }, { result: "cancelled" }, { busy: { state: "cancelled", lease: 2 } }],
    [{ job: "parked" }, { result: "cancelled" }, { parked: { state: "cancelled", lease: 1 } }],
    [{ job: "ready" }, { result: "notRunning" }, {}],
    [{ job: "withdrawn" }, { result: "notRunning" }, {}],
    [
      { job: "done" },
      { result: "cancelled" },
      "CancelRunning says cancelled, but done is completed (lease 1), " +
        "and CancelRunning leads only from running or waiting",
    ],
    [
      { job: "busy" },
      { result: "notRunning" },
      "CancelRunning says notRunning, but busy is running (lease 2)",
    ],
    [
      { job: "parked" },
      { result: "notRunning" },
      "CancelRunning says notRunning, but parked is waiting (lease 1)",
    ],
  ],
  MoveReady: [
    [{ job: "ready", lane: "b" }, { result: "moved" }, {}],
    [{ job: "ready", lane: "a" }, { result: "sameLane" }, {}],
    [{ job: "busy", lane: "a" }, { result: "notReady" }, {}],
    [{ job: "nobody", lane: "a" }, { result: "notReady" }, {}],
    [
      { job: "ready", lane: "a" },
      { result: "moved" },
      "MoveReady says moved, but ready is in lane a already",
    ],
    [
      { job: "busy", lane: "b" },
      { result: "moved" },
      "MoveReady says moved, but busy is running (lease 2), and only a ready job moves",
    ],
    [
      { job: "ready", lane: "b" },
      { result: "sameLane" },
      "MoveReady says sameLane, but ready waits in lane a, not in b",
    ],
    [
      { job: "busy", lane: "a" },
      { result: "sameLane" },
      "MoveReady says sameLane, but busy is running (lease 2)",
    ],
    [
      { job: "ready", lane: "b" },
      { result: "notReady" },
      "MoveReady says notReady, but ready is ready",
    ],
  ],
  RetryFromTerminal: [
    [{ job: "outcast" }, { result: "uniqueConflict" }, {}],
    [
      { job: "outcast" },
      { result: "readmitted" },
      "RetryFromTerminal says readmitted, but holder holds the key k of outcast",
    ],
    [
      { job: "failed" },
      { result: "uniqueConflict" },
      "RetryFromTerminal says uniqueConflict, but failed carries no unique key",
    ],
    [
      { job: "holder" },
      { result: "uniqueConflict" },
      "RetryFromTerminal says uniqueConflict, but holder is ready, " +
        "and RetryFromTerminal leads only from failed or cancelled",
    ],
    [{ job: "failed" }, { result: "readmitted" }, { failed: { state: "ready", lease: 1 } }],
    [{ job: "withdrawn" }, { result: "readmitted" }, { withdrawn: { state: "ready", lease: 1 } }],
    [{ job: "cancelled" }, { result: "readmitted" }, { cancelled: { state: "ready", lease: 0 } }],
    [{ job: "done" }, { result: "notRetryable" }, {}],
    [{ job: "dead" }, { result: "notRetryable" }, {}],
    [
      { job: "done" },
      { result: "readmitted" },
      "RetryFromTerminal says readmitted, but done is completed (lease 1), " +
        "and RetryFromTerminal leads only from failed or cancelled",
    ],
    [
      { job: "failed" },
      { result: "notRetryable" },
      "RetryFromTerminal says notRetryable, but failed is failed (lease 1)",
    ],
  ],
  FailedToDlq: [
    [{ job: "failed" }, { result: "deadLettered" }, { failed: { state: "dead", lease: 1 } }],
    [{ job: "cancelled" }, { result: "notFailed" }, {}],
    [
      { job: "withdrawn" },
      { result: "deadLettered" },
      "FailedToDlq says deadLettered, but withdrawn is cancelled (lease 1), " +
        "and Bury leads only from failed",
    ],
    [
      { job: "failed" },
      { result: "notFailed" },
      "FailedToDlq says notFailed, but failed is failed (lease 1)",
    ],
  ],
  PurgeDlq: [
    [{ job: "dead" }, { result: "purged" }, { dead: removed }],
    [{ job: "done" }, { result: "notInDlq" }, {}],
    [
      { job: "done" },
      { result: "purged" },
      "PurgeDlq says purged, but done is completed (lease 1), and Purge leads only from dead",
    ],
    [{ job: "dead" }, { result: "notInDlq" }, "PurgeDlq says notInDlq, but dead is dead (lease 1)"],
  ],
  RetryFromDlq: [
    [{ job: "buried" }, { result: "uniqueConflict" }, {}],
    [
      { job: "buried" },
      { result: "readmitted" },
      "RetryFromDlq says readmitted, but holder holds the key k of buried",
    ],
    [
      { job: "dead" },
      { result: "uniqueConflict" },
      "RetryFromDlq says uniqueConflict, but dead carries no unique key",
    ],
    [
      { job: "holder" },
      { result: "uniqueConflict" },
      "RetryFromDlq says uniqueConflict, but holder is ready, " +
        "and RetryFromDlq leads only from dead",
    ],
    [{ job: "dead" }, { result: "readmitted" }, { dead: { state: "ready", lease: 1 } }],
    [{ job: "gone" }, { result: "notInDlq" }, {}],
    [
      { job: "gone" },
      { result: "readmitted" },
      "RetryFromDlq says readmitted, but gone is removed, and RetryFromDlq leads only from dead",
    ],
    [
      { job: "dead" },
      { result: "notInDlq" },
      "RetryFromDlq says notInDlq, but dead is dead (lease 1)",
    ],
  ],
  AdvanceClaimCursor: [
    [{ lane: "a" }, { result: "advanced" }, {}],
    [{ lane: "a" }, { result: "noop" }, {}],
  ],
  RotateQueue: [
    [{}, { result: "rotated" }, {}],
    [{}, { result: "skippedBusy" }, {}],
    [{}, { result: "pruned" }, "RotateQueue never says pruned"],
  ],
  RotateClaims: [
    [{}, { result: "rotated" }, {}],
    [{}, { result: "skippedBusy" }, {}],
  ],
  RotateLeases: [
    [{}, { result: "rotated" }, {}],
    [{}, { result: "skippedBusy" }, {}],
  ],
  PruneQueue: [
    [{}, { result: "pruned" }, {}],
    [{}, { result: "skippedActive" }, {}],
    [{}, { result: "blocked" }, {}],
    [{}, { result: "noop" }, {}],
  ],
  PruneClaims: [
    [{}, { result: "pruned" }, {}],
    [{}, { result: "skippedActive" }, {}],
    [{}, { result: "blocked" }, {}],
    [{}, { result: "noop" }, {}],
    [{}, { result: "constructor" }, "PruneClaims never says constructor"],
  ],
  PruneLeases: [
    [{}, { result: "pruned" }, {}],
    [{}, { result: "skippedActive" }, {}],
    [{}, { result: "blocked" }, {}],
    [{}, { result: "noop" }, {}],
  ],
  PassTime: [
    [{}, { result: "passed" }, {}],
    [{}, { result: "noop" }, "PassTime says noop, but expired waits for tick 3, and it is tick 2"],
  ],
  ForgetToken: [[{ token: token("busy", 2) }, { result: "forgotten" }, {}]],
  Forget: [
    [
      { jobs: ["done", "cancelled", "failed"] },
      { result: "forgotten" },
      { done: removed, cancelled: removed, failed: removed },
    ],
    [{ jobs: [] }, { result: "forgotten" }, {}],
    [
      { jobs: ["done", "dead"] },
      { result: "forgotten" },
      "Forget says forgotten, but dead is dead (lease 1), " +
        "and Forget leads only from completed or cancelled or failed",
    ],
    [
      { jobs: ["busy"] },
      { result: "forgotten" },
      "Forget says forgotten, but busy is running (lease 2), " +
        "and Forget leads only from completed or cancelled or failed",
    ],
  ],
};
