/** What the contract says of answers to producers and claims. */

import { token, type Tables } from "./rows.js";

type Names = "Enqueue" | "PromoteDeferred" | "Claim";

export const handingOut: Pick<Tables, Names> = {
  Enqueue: [
    [
      { lane: "a", batch: ["x", "y"], wait: 0 },
      { result: "enqueued", jobs: ["x", "y"] },
      { x: { state: "ready", lease: 0 }, y: { state: "ready", lease: 0 } },
    ],
    [
      { lane: "a", batch: ["x"], wait: 1 },
      { result: "enqueued", jobs: ["x"] },
      { x: { state: "deferred", lease: 0 } },
    ],
    [{ lane: "a", batch: [], wait: 0 }, { result: "empty" }, {}],
    [
      { lane: "a", batch: [], wait: 0 },
      { result: "enqueued", jobs: [] },
      "Enqueue says enqueued, but it names no job",
    ],
    [
      { lane: "a", batch: ["x"], wait: 0 },
      { result: "empty" },
      "Enqueue says empty, but the batch has 1 element(s)",
    ],
    [
      { lane: "a", batch: ["x", "y"], wait: 0 },
      { result: "enqueued", jobs: ["x"] },
      "Enqueue says enqueued, but y carries no unique key",
    ],
    [
      { lane: "a", batch: ["x", "y"], wait: 0 },
      { result: "enqueued", jobs: ["x", "z"] },
      "Enqueue says enqueued, but y carries no unique key",
    ],
    [
      { lane: "a", batch: ["x"], wait: 0 },
      { result: "enqueued", jobs: ["x", "z"] },
      "Enqueue says enqueued, but it names z, which is not next in the batch",
    ],
    [
      { lane: "a", batch: ["x", "y"], keys: ["new", "newer"], wait: 0 },
      { result: "enqueued", jobs: ["x", "y"] },
      { x: { state: "ready", lease: 0 }, y: { state: "ready", lease: 0 } },
    ],
    [
      { lane: "a", batch: ["x", "y", "z"], keys: ["k", "new", "new"], wait: 0 },
      { result: "enqueued", jobs: ["y"] },
      { y: { state: "ready", lease: 0 } },
    ],
    [
      { lane: "a", batch: ["x"], keys: ["k"], wait: 0 },
      { result: "enqueued", jobs: ["x"] },
      "Enqueue says enqueued, but holder holds the key k of x",
    ],
    [
      { lane: "a", batch: ["x", "y"], keys: ["new", "new"], wait: 1 },
      { result: "enqueued", jobs: ["x", "y"] },
      "Enqueue says enqueued, but x holds the key new of y",
    ],
    [
      { lane: "a", batch: ["x", "y"], keys: ["k", "new"], wait: 0 },
      { result: "uniqueConflict" },
      "Enqueue says uniqueConflict, but nobody holds the key new of y",
    ],
    [{ lane: "a", batch: ["x", "y"], keys: ["k", "k"], wait: 0 }, { result: "uniqueConflict" }, {}],
    [
      { lane: "a", batch: ["x"], wait: 0 },
      { result: "uniqueConflict" },
      "Enqueue says uniqueConflict, but x carries no unique key",
    ],
    [
      { lane: "a", batch: [], wait: 0 },
      { result: "uniqueConflict" },
      "Enqueue says uniqueConflict, but it names no job",
    ],
    [
      { lane: "a", batch: ["gone"], keys: ["k"], wait: 0 },
      { result: "uniqueConflict" },
      "Enqueue says uniqueConflict, but gone is removed, and Enqueue leads only from absent",
    ],
    [
      { lane: "a", batch: ["x", "x"], wait: 0 },
      { result: "enqueued", jobs: ["x", "x"] },
      "Enqueue says enqueued, but x is ready, and Enqueue leads only from absent",
    ],
    [
      { lane: "a", batch: ["gone"], wait: 0 },
      { result: "enqueued", jobs: ["gone"] },
      "Enqueue says enqueued, but gone is removed, and Enqueue leads only from absent",
    ],
  ],
  PromoteDeferred: [
    [{ job: "due" }, { result: "promoted" }, { due: { state: "ready", lease: 0 } }],
    [{ job: "later" }, { result: "notDue" }, {}],
    [{ job: "ready" }, { result: "notDeferred" }, {}],
    [{ job: "nobody" }, { result: "notDeferred" }, {}],
    [
      { job: "later" },
      { result: "promoted" },
      "PromoteDeferred says promoted, but later is due only at tick 5, and it is tick 2",
    ],
    [
      { job: "ready" },
      { result: "promoted" },
      "PromoteDeferred says promoted, but ready is ready, and Promote leads only from deferred",
    ],
    [
      { job: "due" },
      { result: "notDue" },
      "PromoteDeferred says notDue, but due is due since tick 1",
    ],
    [
      { job: "nobody" },
      { result: "notDue" },
      "PromoteDeferred says notDue, but nobody is absent, and Promote leads only from deferred",
    ],
    [
      { job: "due" },
      { result: "notDeferred" },
      "PromoteDeferred says notDeferred, but due is deferred",
    ],
  ],
  Claim: [
    [
      { lane: "a", n: 2, deadline: 99 },
      { result: "claimed", tokens: [token("ready", 1), token("next", 1)] },
      { ready: { state: "running", lease: 1 }, next: { state: "running", lease: 1 } },
    ],
    [
      { lane: "a", n: 2, deadline: 1 },
      { result: "claimed", tokens: [token("next", 1)] },
      { next: { state: "running", lease: 1 } },
    ],
    [{ lane: "c", n: 1, deadline: 99 }, { result: "empty" }, {}],
    [{ lane: "a", n: 0, deadline: 99 }, { result: "empty" }, {}],
    [
      { lane: "a", n: 1, deadline: 99 },
      { result: "empty" },
      "Claim says empty, but ready is ready in lane a",
    ],
    [
      { lane: "a", n: 1, deadline: 99 },
      { result: "claimed", tokens: [] },
      "Claim says claimed, but it names no token",
    ],
    [
      { lane: "a", n: 1, deadline: 99 },
      { result: "claimed", tokens: [token("ready", 1), token("next", 1)] },
      "Claim says claimed, but it hands out 2 where at most 1 may go",
    ],
    [
      { lane: "a", n: 2, deadline: 99 },
      { result: "claimed", tokens: [token("ready", 1), token("ready", 1)] },
      "Claim says claimed, but ready/1 was handed out before",
    ],
    [
      { lane: "a", n: 1, deadline: 99 },
      { result: "claimed", tokens: [token("busy", 1)] },
      "Claim says claimed, but busy/1 was handed out before",
    ],
    [
      { lane: "a", n: 1, deadline: 99 },
      { result: "claimed", tokens: [token("done", 2)] },
      "Claim says claimed, but done is completed (lease 1), and Claim leads only from ready",
    ],
    [
      { lane: "a", n: 1, deadline: 99 },
      { result: "claimed", tokens: [token("gone", 1)] },
      "Claim says claimed, but gone is removed, and Claim leads only from ready",
    ],
    [
      { lane: "a", n: 1, deadline: 99 },
      { result: "claimed", tokens: [token("elsewhere", 1)] },
      "Claim says claimed, but elsewhere waits in lane b, not in a",
    ],
    [
      { lane: "a", n: 1, deadline: 99 },
      { result: "claimed", tokens: [token("ready", 2)] },
      "Claim says claimed, but ready goes on as ready/1, not ready/2",
    ],
  ],
};
