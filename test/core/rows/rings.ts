/** What the maintenance of the rings is told; and the world around the database. */

import {
  cancelled,
  dead,
  resumed,
  call,
  one,
  enqueue,
  defer,
  claim,
  park,
  complete,
  retry,
  fail,
  rotateQueue,
  rotateClaims,
  rotateLeases,
  pruneClaims,
  tick,
  says,
  active,
  running,
  waiting,
  completed,
  type Rows,
} from "./calls.js";

export const rings: Rows<
  | "RotateQueue"
  | "RotateClaims"
  | "RotateLeases"
  | "PruneQueue"
  | "PruneClaims"
  | "PruneLeases"
  | "PassTime"
  | "ForgetToken"
> = {
  RotateQueue: [
    [
      "the next slot holds ready rows",
      [enqueue("j1"), rotateQueue],
      {},
      { result: "skippedBusy", which: ["readyEntries"] },
    ],
    [
      "the next slot holds a completion",
      [...completed, rotateQueue],
      {},
      {
        result: "skippedBusy",
        which: ["readyEntries", "attemptEvidence", "receiptCompletionBatches"],
      },
    ],
    [
      "the next slot holds a cancelled job",
      [...cancelled, rotateQueue],
      {},
      { result: "skippedBusy", which: ["readyEntries", "readyTombstones", "doneEntries"] },
    ],
    ["only the current slot holds rows", [enqueue("j1")], {}, says("rotated")],
    ["nothing was ever written", [rotateQueue], {}, says("rotated")],
  ],
  RotateClaims: [
    [
      "the next slot holds an open receipt",
      [...running, rotateClaims],
      {},
      { result: "skippedBusy", which: ["leaseClaims"] },
    ],
    [
      "the next slot holds a closed receipt",
      [...dead, rotateClaims],
      {},
      { result: "skippedBusy", which: ["leaseClaims", "leaseClaimClosures"] },
    ],
    ["only the current slot holds rows", running, {}, says("rotated")],
  ],
  RotateLeases: [
    ["every slot is in use", [rotateLeases], {}, { result: "skippedBusy", which: ["leases"] }],
    [
      "every slot is in use, and one has a lease",
      [...waiting, rotateLeases],
      {},
      { result: "skippedBusy", which: ["leases"] },
    ],
    ["only the current slot holds rows", waiting, {}, says("rotated")],
    ["the other slot was pruned", [rotateLeases, call("PruneLeases", {})], {}, says("rotated")],
  ],
  PruneQueue: [
    ["one slot is in use", completed, {}, says("noop")],
    ["the oldest slot is empty", [rotateQueue, enqueue("j1")], {}, says("noop")],
    [
      "the oldest slot has an open receipt and a pending row",
      [enqueue("j1", "j2"), claim(), rotateQueue],
      {},
      active("queueUnclosedClaimRefs"),
    ],
    [
      "an attempt waits whose body is there",
      [...waiting, rotateQueue],
      {},
      active("queueActiveLeases"),
    ],
    [
      "a receipt is closed by nothing but a completion in the slot",
      [...completed, rotateQueue],
      {},
      active("queueUnclosedClaimRefs"),
    ],
    [
      "the receipt is closed and a row is pending",
      [enqueue("j1", "j2"), claim(), retry, rotateQueue],
      {},
      active("queuePendingReady"),
    ],
    ["a row is pending", [enqueue("j1"), rotateQueue], {}, active("queuePendingReady")],
    ["every receipt is closed", [...dead, rotateQueue], {}, says("pruned")],
    [
      "the receipts are pruned",
      [...completed, rotateQueue, rotateClaims, pruneClaims],
      {},
      says("pruned"),
    ],
    ["the job was cancelled", [...cancelled, rotateQueue], {}, says("pruned")],
  ],
  PruneClaims: [
    ["one slot is in use", completed, {}, says("noop")],
    ["the oldest slot is empty", [rotateClaims, ...running], {}, says("noop")],
    ["an attempt runs", [...running, rotateClaims], {}, active("claimOpen")],
    ["an attempt waits", [...waiting, rotateClaims], {}, active("claimOpen")],
    [
      "one attempt is over and one runs",
      [enqueue("j1", "j2"), claim(2), complete, rotateClaims],
      {},
      active("claimOpen"),
    ],
    ["every attempt is over", [...completed, rotateClaims], {}, says("pruned")],
  ],
  PruneLeases: [
    ["one slot is in use", waiting, {}, says("noop")],
    ["an attempt waits", [...waiting, rotateLeases], {}, active("leaseLive")],
    ["an attempt runs", [...resumed, rotateLeases], {}, active("leaseLive")],
    ["the attempt is over", [...resumed, rotateLeases, fail], {}, says("pruned")],
    ["the oldest slot is empty", [rotateLeases], {}, says("pruned")],
  ],
  PassTime: [
    ["nothing ages", [enqueue("j1")], {}, says("noop")],
    ["all is as old as it can be", [...running, tick], {}, says("noop")],
    ["a receipt ages", running, {}, says("passed")],
    ["a lease ages", [...running, tick, park], {}, says("passed")],
    ["a wait gets shorter", [defer(1)], {}, says("passed")],
  ],
  ForgetToken: [["a worker crashes", running, one, says("forgotten")]],
};
