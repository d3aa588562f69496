/** What producers are told, and a claim. */

import {
  alive,
  call,
  first,
  second,
  job,
  claimOf,
  enqueue,
  defer,
  claim,
  ended,
  retry,
  rescue,
  cancel,
  rotateQueue,
  tick,
  promote,
  says,
  running,
  cancelled,
  type Rows,
} from "./calls.js";

export const producers: Rows<"Enqueue" | "PromoteDeferred" | "Claim" | "AdvanceClaimCursor"> = {
  Enqueue: [
    ["the batch is empty", [], { lane: "a", batch: [], wait: 0 }, says("empty")],
    [
      "jobs come at once",
      [],
      { lane: "a", batch: ["j2", "j1"], wait: 0 },
      { result: "enqueued", jobs: ["j2", "j1"] },
    ],
    [
      "a job comes later",
      [],
      { lane: "a", batch: ["j1"], wait: 1 },
      { result: "enqueued", jobs: ["j1"] },
    ],
    [
      "two of the batch carry one key",
      [],
      { lane: "a", batch: ["k2", "j1", "k1"], wait: 0 },
      { result: "enqueued", jobs: ["k2", "j1"] },
    ],
    ...alive.map(
      ([when, done]) =>
        [
          `a job with the same key ${when}`,
          done,
          { lane: "b", batch: ["k2"], wait: 0 },
          says("uniqueConflict"),
        ] as const,
    ),
    ...ended.map(
      ([when, done]) =>
        [
          `a job with the same key ${when}`,
          done,
          { lane: "b", batch: ["k2"], wait: 1 },
          { result: "enqueued", jobs: ["k2"] },
        ] as const,
    ),
  ],
  PromoteDeferred: [
    ["nobody knows the job", [], job("j1"), says("notDeferred")],
    ["the job is ready", [enqueue("j1")], job("j1"), says("notDeferred")],
    ["another job is deferred", [defer(1)], job("j2"), says("notDeferred")],
    ["the job was promoted", [defer(1), tick, promote], job("j1"), says("notDeferred")],
    ["its time has not come", [defer(1)], job("j1"), says("notDue")],
    ["a retry is not due", [...running, retry], job("j1"), says("notDue")],
    ["its time has come", [defer(1), tick], job("j1"), says("promoted")],
  ],
  Claim: [
    ["the lane never had a job", [], claimOf(2), says("empty")],
    ["the job is in another lane", [enqueue("j1")], claimOf(1, "b"), says("empty")],
    ["the job is deferred", [defer(1)], claimOf(1), says("empty")],
    ["the job was handed out", running, claimOf(1), says("empty")],
    ["the job was cancelled", cancelled, claimOf(1), says("empty")],
    [
      "fewer are left than asked for",
      [enqueue("j1")],
      claimOf(2),
      { result: "claimed", tokens: [first] },
    ],
    [
      "the first is cancelled",
      [enqueue("j1", "j2"), cancel],
      claimOf(2),
      { result: "claimed", tokens: [second] },
    ],
    [
      "the next row is in the next slot",
      [enqueue("j1"), rotateQueue, enqueue("j2")],
      claimOf(2),
      { result: "claimed", tokens: [first] },
    ],
    [
      "the attempt was rescued",
      [...running, tick, rescue],
      claimOf(1),
      { result: "claimed", tokens: [{ job: "j1", lease: 2 }] },
    ],
  ],
  AdvanceClaimCursor: [
    ["the lane is empty", [], { lane: "a" }, says("noop")],
    ["the first row is pending", [enqueue("j1")], { lane: "a" }, says("noop")],
    ["a later row is spent", [enqueue("j2", "j1"), cancel], { lane: "a" }, says("noop")],
    ["another lane is spent", running, { lane: "b" }, says("noop")],
    ["the first row is spent", running, { lane: "a" }, { result: "advanced", cursor: 2 }],
    [
      "spent rows are followed by a pending one",
      [enqueue("j1", "j2"), enqueue("j3"), claim(2)],
      { lane: "a" },
      { result: "advanced", cursor: 3 },
    ],
    [
      "the cursor is there already",
      [...running, call("AdvanceClaimCursor", { lane: "a" })],
      { lane: "a" },
      says("noop"),
    ],
  ],
};
