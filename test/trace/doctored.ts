/**
 * What no storage may do, each as a history that must be refused; and the same calls where they
 * overlap, or where somebody was told nothing, so that the contract has an explanation.
 */

import {
  claimed,
  completed,
  cursor,
  enqueued,
  lost,
  rescued,
  withJob,
  withToken,
  type Call,
} from "./told.js";

export interface Doctored {
  readonly calls: readonly Call[];
  readonly job: string | null;
  readonly why: string;
  /** What makes it legal, and how. */
  readonly legal: Readonly<Record<string, readonly Call[]>>;
}

const come = enqueued("j", [0, 1]);
const taken = claimed(["j/1"], [2, 3]);
const stale = "RescueStaleReceipts";

export const handingOut: Readonly<Record<string, Doctored>> = {
  "a token is handed out twice": {
    calls: [come, taken, rescued(stale, "j/1", [4, 5, 2]), claimed(["j/1"], [6, 7, 2])],
    job: "j",
    why: "Claim says claimed, but j/1 was handed out before",
    legal: {
      "it is another one": [
        come,
        taken,
        rescued(stale, "j/1", [4, 5, 2]),
        claimed(["j/2"], [6, 7, 2]),
      ],
    },
  },
  "a running job is handed out": {
    calls: [come, taken, claimed(["j/2"], [6, 7, 2])],
    job: "j",
    why: "Claim says claimed, but j is running (lease 1), and Claim leads only from ready",
    legal: {
      "it was taken back meanwhile": [
        come,
        taken,
        claimed(["j/2"], [4, 7, 2]),
        rescued(stale, "j/1", [4, 8, 2]),
      ],
      "a rescue that nobody heard of took it back": [
        come,
        taken,
        lost(rescued(stale, "j/1", [4, 0, 2])),
        claimed(["j/2"], [5, 7, 2]),
      ],
    },
  },
  "a lease skips a number": {
    calls: [come, claimed(["j/2"], [2, 3])],
    job: "j",
    why: "Claim says claimed, but j goes on as j/1, not j/2",
    legal: {
      "somebody may have held the one before": [
        come,
        lost(claimed([], [1.5, 0])),
        claimed(["j/2"], [6, 7, 2]),
        rescued(stale, "j/1", [2, 9, 2]),
      ],
    },
  },
  "a job is handed out before it came": {
    calls: [claimed(["j/1"], [0, 1]), enqueued("j", [2, 3])],
    job: "j",
    why: "Claim says claimed, but j is absent, and Claim leads only from ready",
    legal: { "it came meanwhile": [claimed(["j/1"], [0, 2]), enqueued("j", [2, 3])] },
  },
  "a job is handed out from another lane": {
    calls: [come, withJob("MoveReady", "j", "moved", [2, 3]), claimed(["j/1"], [4, 5])],
    job: "j",
    why: "Claim says claimed, but j waits in lane b, not in a",
    legal: {
      "it came back meanwhile, for all one knows": [
        come,
        withJob("MoveReady", "j", "moved", [2, 3]),
        { ...lost(withJob("MoveReady", "j", "moved", [3, 0])), args: { job: "j", lane: "a" } },
        claimed(["j/1"], [4, 5]),
      ],
    },
  },
  "more jobs are handed out than were asked for": {
    calls: [
      enqueued("j", [0, 1]),
      enqueued("k", [0, 1]),
      enqueued("l", [0, 1]),
      claimed(["j/1", "k/1", "l/1"], [2, 3]),
    ],
    job: "j",
    why: "Claim says claimed, but it hands out 3 where at most 2 may go",
    legal: {},
  },
};

export const ending: Readonly<Record<string, Doctored>> = {
  "two completions of one token are told completed": {
    calls: [
      come,
      taken,
      completed({ "j/1": "completed" }, [4, 5]),
      completed({ "j/1": "completed" }, [4, 6]),
    ],
    job: "j",
    why: "Complete says answered, but an earlier call was told that it ended j/1",
    legal: {
      "one of them is told stale": [
        come,
        taken,
        completed({ "j/1": "stale" }, [4, 6]),
        completed({ "j/1": "completed" }, [5, 7]),
      ],
    },
  },
  "a token is completed that was never handed out": {
    calls: [come, completed({ "j/1": "completed" }, [2, 3])],
    job: "j",
    why: "Complete says answered, but j/1 is not the running attempt: j is ready",
    legal: {
      "it is being handed out": [
        come,
        completed({ "j/1": "completed" }, [2, 5]),
        claimed(["j/1"], [3, 6]),
      ],
      "a claim that nobody heard of handed it out": [
        come,
        lost(claimed([], [0, 0])),
        completed({ "j/1": "completed" }, [2, 3]),
      ],
    },
  },
  "a job is completed that nobody enqueued": {
    calls: [completed({ "x/1": "completed" }, [2, 3])],
    job: "x",
    why: "Complete says answered, but x/1 is not the running attempt: x is absent",
    legal: { "it is told stale": [completed({ "x/1": "stale" }, [2, 3])] },
  },
  "the worker that holds the running attempt is told stale": {
    calls: [come, taken, completed({ "j/1": "stale" }, [4, 5])],
    job: "j",
    why: "Complete says answered, but j/1 is the running attempt, not stale",
    legal: {
      "somebody cancels it meanwhile": [
        come,
        taken,
        completed({ "j/1": "stale" }, [4, 5]),
        withJob("CancelRunning", "j", "cancelled", [5, 6]),
      ],
      "somebody who heard nothing may have cancelled it": [
        come,
        taken,
        lost(withJob("CancelRunning", "j", "cancelled", [2, 0])),
        completed({ "j/1": "stale" }, [4, 5]),
      ],
    },
  },
  "an attempt is said to wait that is over": {
    calls: [
      come,
      taken,
      completed({ "j/1": "completed" }, [4, 5]),
      withToken("Heartbeat", "j/1", "waiting", [6, 7]),
    ],
    job: "j",
    why: "Heartbeat says waiting, but j/1 is not the waiting attempt: j is completed (lease 1)",
    legal: {
      "it waited before": [
        come,
        taken,
        withToken("ParkForCallback", "j/1", "parked", [3, 4]),
        withToken("Heartbeat", "j/1", "waiting", [5, 9]),
        withToken("ResumeCallback", "j/1", "resumed", [5, 6]),
        completed({ "j/1": "completed" }, [6, 7]),
      ],
    },
  },
  "an answer has a word too many": {
    calls: [
      come,
      taken,
      {
        ...completed({ "j/1": "completed", "k/1": "stale" }, [4, 5]),
        outcome: { result: "answered", each: ["completed", "stale", "stale"] },
      },
    ],
    job: "j",
    why: "Complete says answered, but it gives 3 answer(s) for 2 token(s)",
    legal: {},
  },
  "nothing is said of no token": {
    calls: [{ ...completed({}, [0, 1]), outcome: { result: "answered", each: [] } }],
    job: null,
    why: "Complete says answered, but it names no token",
    legal: { "it is told empty": [{ ...completed({}, [0, 1]), outcome: { result: "empty" } }] },
  },
};

export const inTime: Readonly<Record<string, Doctored>> = {
  "an attempt is rescued before it is stale": {
    calls: [
      come,
      taken,
      withToken("Heartbeat", "j/1", "recorded", [4, 5, 2]),
      rescued(stale, "j/1", [6, 7, 3]),
    ],
    job: "j",
    why: "RescueStaleReceipts says rescued, but j/1 turns stale only at tick 4, and it is tick 3",
    legal: {
      "the heartbeat may be of another clock": [
        come,
        taken,
        withToken("Heartbeat", "j/1", "recorded", [4, 6, 2]),
        withToken("Heartbeat", "j/1", "recorded", [5, 7, 1]),
        rescued(stale, "j/1", [8, 9, 3]),
      ],
    },
  },
  "a deadline passes too early": {
    calls: [come, claimed(["j/1"], [2, 3], 3), rescued("RescueExpiredDeadlines", "j/1", [4, 5, 2])],
    job: "j",
    why: "RescueExpiredDeadlines says rescued, but the deadline of j/1 is tick 3, and it is tick 2",
    legal: {
      "another claim had a nearer one": [
        come,
        lost(claimed([], [1, 0], 99)),
        lost(claimed([], [2, 0], 2)),
        rescued("RescueExpiredDeadlines", "j/1", [4, 5, 2]),
      ],
    },
  },
  "a job is promoted before it is due": {
    calls: [
      enqueued("j", [0, 1], { wait: 2 }),
      withJob("PromoteDeferred", "j", "promoted", [2, 3, 1]),
    ],
    job: "j",
    why: "PromoteDeferred says promoted, but j is due only at tick 2, and it is tick 1",
    legal: {
      "a promotion that nobody heard of found it due": [
        enqueued("j", [0, 1], { wait: 2 }),
        lost(withJob("PromoteDeferred", "j", "promoted", [0, 0, 2])),
        claimed(["j/1"], [2, 3, 1]),
      ],
    },
  },
  "a failed job is forgotten before its time": {
    calls: [
      come,
      taken,
      withToken("Fail", "j/1", "failed", [4, 5]),
      withJob("RetryFromTerminal", "j", "notRetryable", [6, 7, 1]),
    ],
    job: "j",
    why: "RetryFromTerminal says notRetryable, but j is failed (lease 1)",
    legal: {
      "some clock says that it is time": [
        come,
        taken,
        withToken("Fail", "j/1", "failed", [4, 5]),
        withJob("RetryFromTerminal", "j", "notRetryable", [6, 9, 1]),
        cursor([8, 9, 2]),
      ],
      "it has not failed yet": [
        come,
        taken,
        withToken("Fail", "j/1", "failed", [4, 7]),
        withJob("RetryFromTerminal", "j", "notRetryable", [6, 7, 1]),
      ],
    },
  },
};

const held = enqueued("j", [0, 1], { key: "k" });
const conflict = enqueued("i", [2, 3], { key: "k", conflict: true });

export const keys: Readonly<Record<string, Doctored>> = {
  "two living jobs have one key": {
    calls: [held, enqueued("i", [2, 3], { key: "k" })],
    job: "i",
    why: "Enqueue says enqueued, but j holds the key k of i",
    legal: {
      "the other one ends meanwhile": [
        held,
        enqueued("i", [2, 3], { key: "k" }),
        withJob("CancelReady", "j", "cancelled", [3, 4]),
      ],
      "the other one may have ended": [
        held,
        enqueued("i", [2, 3], { key: "k" }),
        lost(withJob("CancelReady", "j", "cancelled", [0, 0])),
      ],
    },
  },
  "a job is turned away though nobody holds its key": {
    calls: [held, withJob("CancelReady", "j", "cancelled", [1.5, 1.7]), conflict],
    job: "i",
    why: "Enqueue says uniqueConflict, but nobody holds the key k of i",
    legal: {
      "it was held a moment ago": [
        held,
        withJob("CancelReady", "j", "cancelled", [1.5, 2]),
        conflict,
      ],
      "somebody who heard nothing may hold it": [
        lost(enqueued("l", [0, 1], { key: "k" })),
        conflict,
      ],
    },
  },
  "a job comes back though its key is held": {
    calls: [
      held,
      withJob("CancelReady", "j", "cancelled", [2, 3]),
      enqueued("i", [4, 5], { key: "k" }),
      withJob("RetryFromTerminal", "j", "readmitted", [6, 7]),
    ],
    job: "j",
    why: "RetryFromTerminal says readmitted, but i holds the key k of j",
    legal: {
      "the other one ends meanwhile": [
        held,
        withJob("CancelReady", "j", "cancelled", [2, 3]),
        enqueued("i", [4, 5], { key: "k" }),
        withJob("RetryFromTerminal", "j", "readmitted", [6, 8]),
        withJob("CancelReady", "i", "cancelled", [7, 9]),
      ],
    },
  },
};
