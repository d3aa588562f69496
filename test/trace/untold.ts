/**
 * Doctored histories about what nobody was told: jobs that vanish, and calls that nobody heard of
 * again. Some of these explain a job, but not more than they can have done.
 */

import type { Doctored } from "./doctored.js";
import { claimed, completed, cursor, enqueued, lost, rescued, withJob } from "./told.js";
import type { When } from "./told.js";

const come = enqueued("j", [0, 1]);
const taken = claimed(["j/1"], [2, 3]);
const stale = "RescueStaleReceipts";

const nothing = claimed([], [4, 5]);

export const vanishing: Readonly<Record<string, Doctored>> = {
  "a job vanishes": {
    calls: [come, nothing],
    job: "j",
    why: "Claim says empty, but j is ready in lane a",
    legal: {
      "it had not come yet": [enqueued("j", [0, 4]), nothing],
      "a claim that nobody heard of may have it": [come, lost(claimed([], [2, 0])), nothing],
      "another claim is in the way": [come, nothing, claimed([], [5, 6])],
      "the cursor moves": [come, nothing, cursor([3, 4])],
      "it is moved meanwhile": [come, nothing, withJob("MoveReady", "j", "moved", [5, 6])],
      "a call is in the lane's way": [
        come,
        enqueued("i", [0, 1]),
        claimed(["i/1", "j/1"], [2, 3]),
        rescued(stale, "j/1", [3, 3.5, 2]),
        nothing,
        withJob("CancelReady", "i", "notReady", [3.8, 4.2]),
      ],
    },
  },
  "a job that is handed out in time vanishes meanwhile": {
    calls: [come, nothing, claimed(["j/1"], [6, 7])],
    job: "j",
    why: "Claim says empty, but j is ready in lane a",
    legal: {
      "its claim may have been there before": [come, nothing, claimed(["j/1"], [5, 7])],
      "it is in another lane meanwhile": [
        enqueued("j", [0, 1], { lane: "b" }),
        nothing,
        { ...withJob("MoveReady", "j", "moved", [5, 6]), args: { job: "j", lane: "a" } },
        claimed(["j/1"], [7, 8]),
      ],
    },
  },
  "a job vanishes that is said to be there already": {
    calls: [
      enqueued("j", [0, 10]),
      { ...withJob("MoveReady", "j", "sameLane", [2, 3]), args: { job: "j", lane: "a" } },
      nothing,
    ],
    job: "j",
    why: "Claim says empty, but j is ready in lane a",
    legal: { "nobody said so": [enqueued("j", [0, 10]), nothing] },
  },
  "a job vanishes that was taken back": {
    calls: [come, taken, rescued(stale, "j/1", [3, 3.5, 2]), nothing],
    job: "j",
    why: "Claim says empty, but j is ready in lane a",
    legal: { "it is being taken back": [come, taken, rescued(stale, "j/1", [3, 4, 2]), nothing] },
  },
};

const again = claimed(["j/2"], [6, 7]);
const canceled = (when: When) => withJob("CancelRunning", "j", "cancelled", when);
const unheard = (tick: number, deadline = 99) => lost(claimed([], [2, 0, tick], deadline));
const four = <T>(one: T): readonly T[] => [one, one, one, one];

export const silence: Readonly<Record<string, Doctored>> = {
  "one call that nobody heard of ended two attempts": {
    calls: [come, taken, lost(rescued(stale, "j/1", [4, 0, 9])), again, claimed(["j/3"], [8, 9])],
    job: "j",
    why: "Claim says claimed, but j is running (lease 2), and Claim leads only from ready",
    legal: {
      "one ended each of them": [
        come,
        taken,
        lost(rescued(stale, "j/1", [4, 0, 2])),
        lost(rescued(stale, "j/1", [4, 0, 5])),
        claimed(["j/2"], [6, 7, 3]),
        claimed(["j/3"], [8, 9, 5]),
      ],
      "one of another kind ended the first": [
        come,
        claimed(["j/1"], [2, 3], 1),
        lost(rescued(stale, "j/1", [4, 0, 2])),
        lost(rescued("RescueExpiredDeadlines", "j/1", [4, 0, 3])),
        again,
        claimed(["j/3"], [8, 9, 2]),
      ],
    },
  },
  "one call that nobody heard of enqueued a job twice": {
    calls: [
      lost(enqueued("j", [0, 0], { key: "k" })),
      taken,
      completed({ "j/1": "completed" }, [4, 5]),
      enqueued("i", [6, 7], { key: "k", conflict: true }),
    ],
    job: "i",
    why: "Enqueue says uniqueConflict, but nobody holds the key k of i",
    legal: {
      "another one enqueued another job": [
        lost(enqueued("j", [0, 0], { key: "k" })),
        lost(enqueued("l", [0, 0], { key: "k" })),
        taken,
        completed({ "j/1": "completed" }, [4, 5]),
        enqueued("i", [6, 7], { key: "k", conflict: true }),
      ],
    },
  },
  "a job runs again that nobody can have claimed again": {
    calls: [
      come,
      unheard(0),
      canceled([4, 5]),
      withJob("RetryFromTerminal", "j", "readmitted", [6, 7]),
      canceled([9, 10]),
    ],
    job: "j",
    why:
      "CancelRunning says cancelled, but j is ready (lease 1), " +
      "and CancelRunning leads only from running or waiting",
    legal: {
      "somebody who heard nothing claimed it": [
        come,
        unheard(0),
        unheard(0),
        canceled([4, 5]),
        withJob("RetryFromTerminal", "j", "readmitted", [6, 7]),
        canceled([9, 10]),
      ],
    },
  },
  "an attempt of which nobody heard is rescued too early": {
    calls: [come, ...four(unheard(5)), rescued(stale, "j/1", [6, 7, 2])],
    job: "j",
    why: "RescueStaleReceipts says rescued, but j/1 is not the running attempt: j is ready",
    legal: {
      "of one more claim the clock was slow": [
        come,
        ...four(unheard(5)),
        lost(claimed([], [3, 0, 0])),
        rescued(stale, "j/1", [6, 7, 2]),
      ],
      "of one more claim the deadline is near": [
        come,
        ...four(unheard(0)),
        lost(claimed([], [3, 0], 2)),
        rescued("RescueExpiredDeadlines", "j/1", [4, 5, 2]),
      ],
    },
  },
};
