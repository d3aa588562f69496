/** What the contract says of answers to failing workers, rescue, administrators and maintenance. */

import { token, type Tables } from "./rows.js";

type Names = "Enqueue" | "PromoteDeferred" | "Claim" | "CompleteFast";

const removed = { state: "removed", lease: 0 } as const;

export const lookingAfter: Omit<Tables, Names> = {
  Retry: [
    [
      { token: token("busy", 2), wait: 1 },
      { result: "retried" },
      { busy: { state: "deferred", lease: 2 } },
    ],
    [{ token: token("busy", 1), wait: 1 }, { result: "stale" }, {}],
    [
      { token: token("busy", 1), wait: 1 },
      { result: "retried" },
      "Retry says retried, but an earlier call was told that it ended busy/1",
    ],
    [
      { token: token("ready", 1), wait: 1 },
      { result: "retried" },
      "Retry says retried, but ready/1 is not the running attempt: ready is ready",
    ],
    [
      { token: token("busy", 2), wait: 1 },
      { result: "stale" },
      "Retry says stale, but busy/2 is the running attempt, not stale",
    ],
  ],
  FailToDlq: [
    [
      { token: token("busy", 2) },
      { result: "deadLettered" },
      { busy: { state: "dead", lease: 2 } },
    ],
    [{ token: token("nobody", 1) }, { result: "stale" }, {}],
    [
      { token: token("nobody", 1) },
      { result: "deadLettered" },
      "FailToDlq says deadLettered, but nobody/1 is not the running attempt: nobody is absent",
    ],
    [
      { token: token("busy", 2) },
      { result: "stale" },
      "FailToDlq says stale, but busy/2 is the running attempt, not stale",
    ],
  ],
  RescueStaleReceipts: [
    [
      { slot: 0 },
      { result: "rescued", tokens: [token("silent", 1)] },
      { silent: { state: "ready", lease: 1 } },
    ],
    [{ slot: 1 }, { result: "noop" }, {}],
    [
      { slot: 0 },
      { result: "rescued", tokens: [token("busy", 2)] },
      "RescueStaleReceipts says rescued, but busy/2 turns stale only at tick 4, and it is tick 2",
    ],
    [
      { slot: 0 },
      { result: "rescued", tokens: [token("silent", 1), token("silent", 1)] },
      "RescueStaleReceipts says rescued, but silent/1 is not the running attempt: " +
        "silent is ready (lease 1)",
    ],
    [
      { slot: 0 },
      { result: "rescued", tokens: [] },
      "RescueStaleReceipts says rescued, but it names no token",
    ],
  ],
  DiscardTerminal: [
    [{ job: "done" }, { result: "discarded" }, { done: removed }],
    [{ job: "cancelled" }, { result: "discarded" }, { cancelled: removed }],
    [{ job: "dead" }, { result: "notTerminal" }, {}],
    [
      { job: "dead" },
      { result: "discarded" },
      "DiscardTerminal says discarded, but dead is dead (lease 1), " +
        "and Discard leads only from completed or cancelled",
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
      "CancelReady says cancelled, but busy is running (lease 2), and Cancel leads only from ready",
    ],
    [{ job: "ready" }, { result: "notReady" }, "CancelReady says notReady, but ready is ready"],
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
  PassTime: [
    [{}, { result: "passed" }, {}],
    [{}, { result: "noop" }, "PassTime says noop, but busy waits for tick 4, and it is tick 2"],
  ],
  ForgetToken: [[{ token: token("busy", 2) }, { result: "forgotten" }, {}]],
  Forget: [
    [
      { jobs: ["done", "cancelled"] },
      { result: "forgotten" },
      { done: removed, cancelled: removed },
    ],
    [{ jobs: [] }, { result: "forgotten" }, {}],
    [
      { jobs: ["done", "dead"] },
      { result: "forgotten" },
      "Forget says forgotten, but dead is dead (lease 1), " +
        "and Forget leads only from completed or cancelled",
    ],
    [
      { jobs: ["busy"] },
      { result: "forgotten" },
      "Forget says forgotten, but busy is running (lease 2), " +
        "and Forget leads only from completed or cancelled",
    ],
  ],
};
