/** What every action answers, guard by guard, in states that calls have reached. */

import { describe, expect, test } from "vitest";
import { replay } from "../../correctness/explore/explorer.js";
import {
  actionNames,
  actions,
  allAnswers,
  calls,
  step,
  wordsOf,
  type ActionName,
  type ArgsOf,
  type Call,
  type Outcome,
  type Scope,
  type State,
  storageMachine,
} from "../../src/core/index.js";

const scope: Scope = {
  jobs: ["j1", "j2", "j3"],
  lanes: ["a", "b"],
  queueSlots: 2,
  claimSlots: 2,
  leases: [1, 2],
  maxBatch: 2,
  maxWait: 1,
  staleAfter: 1,
  off: [],
};

const call = <N extends ActionName>(action: N, args: ArgsOf<N>) => ({ action, args }) as Call;
const first = { job: "j1", lease: 1 };
const second = { job: "j2", lease: 1 };
const one = { token: first };
const job = (name: string) => ({ job: name });

const enqueue = (...batch: string[]) => call("Enqueue", { lane: "a", batch, wait: 0 });
const defer = (wait: number) => call("Enqueue", { lane: "a", batch: ["j1"], wait });
const claim = (n = 1) => call("Claim", { lane: "a", n });
const complete = call("CompleteFast", { tokens: [first] });
const retry = call("Retry", { token: first, wait: 1 });
const fail = call("FailToDlq", one);
const rescue = call("RescueStaleReceipts", { slot: 0 });
const discard = call("DiscardTerminal", job("j1"));
const cancel = call("CancelReady", job("j1"));
const readmit = call("RetryFromDlq", job("j1"));
const rotateQueue = call("RotateQueue", {});
const rotateClaims = call("RotateClaims", {});
const pruneClaims = call("PruneClaims", {});
const tick = call("PassTime", {});
const promote = call("PromoteDeferred", job("j1"));

/** What was done before; the call; what it is answered. */
type Row<N extends ActionName> = readonly [
  when: string,
  done: readonly Call[],
  args: ArgsOf<N>,
  outcome: Outcome,
];

const says = (result: string): Outcome => ({ result });
const active = (reason: string): Outcome => ({ result: "skippedActive", reason });
const answered = (...each: string[]): Outcome => ({ result: "answered", each });

const running = [enqueue("j1"), claim()];
const completed = [...running, complete];
const cancelled = [enqueue("j1"), cancel];
const dead = [...running, fail];

/** The ways in which an attempt is over, or was never begun. */
const stale = <Args>(args: Args) =>
  [
    ["the token was never issued", [enqueue("j1")], args, says("stale")],
    ["the attempt was completed", completed, args, says("stale")],
    ["the attempt was retried", [...running, retry], args, says("stale")],
    ["the job is dead", dead, args, says("stale")],
    ["the attempt was rescued", [...running, tick, rescue], args, says("stale")],
    ["a later attempt runs", [...running, tick, rescue, claim()], args, says("stale")],
    ["the public fact was discarded", [...completed, discard], args, says("stale")],
    ["the receipt was pruned", [...completed, rotateClaims, pruneClaims], args, says("stale")],
  ] as const;

const table: { readonly [N in ActionName]: readonly Row<N>[] } = {
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
    ["the lane never had a job", [], { lane: "a", n: 2 }, says("empty")],
    ["the job is in another lane", [enqueue("j1")], { lane: "b", n: 1 }, says("empty")],
    ["the job is deferred", [defer(1)], { lane: "a", n: 1 }, says("empty")],
    ["the job was handed out", running, { lane: "a", n: 1 }, says("empty")],
    ["the job was cancelled", cancelled, { lane: "a", n: 1 }, says("empty")],
    [
      "fewer are left than asked for",
      [enqueue("j1")],
      { lane: "a", n: 2 },
      { result: "claimed", tokens: [first] },
    ],
    [
      "the first is cancelled",
      [enqueue("j1", "j2"), cancel],
      { lane: "a", n: 2 },
      { result: "claimed", tokens: [second] },
    ],
    [
      "the next row is in the next slot",
      [enqueue("j1"), rotateQueue, enqueue("j2")],
      { lane: "a", n: 2 },
      { result: "claimed", tokens: [first] },
    ],
    [
      "the attempt was rescued",
      [...running, tick, rescue],
      { lane: "a", n: 1 },
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
  CompleteFast: [
    ["the batch is empty", running, { tokens: [] }, says("empty")],
    ...stale({ tokens: [first] }).map(([when, done, args]): Row<"CompleteFast"> => [
      when,
      done,
      args,
      answered("stale"),
    ]),
    ["the attempt runs", running, { tokens: [first] }, answered("completed")],
    ["a token comes twice", running, { tokens: [first, first] }, answered("completed", "stale")],
    [
      "one is over and one runs",
      [enqueue("j1", "j2"), claim(2), complete],
      { tokens: [first, second] },
      answered("stale", "completed"),
    ],
  ],
  Retry: [
    ...stale({ token: first, wait: 1 }),
    ["the attempt runs", running, { token: first, wait: 0 }, says("retried")],
    ["its receipt is in the older slot", [...running, rotateClaims], retry.args, says("retried")],
  ] as readonly Row<"Retry">[],
  FailToDlq: [...stale(one), ["the attempt runs", running, one, says("deadLettered")]],
  RescueStaleReceipts: [
    ["no receipt is there", [], { slot: 0 }, says("noop")],
    ["the receipt is fresh", running, { slot: 0 }, says("noop")],
    ["the receipt is in another slot", [...running, tick], { slot: 1 }, says("noop")],
    ["the attempt was completed", [...completed, tick], { slot: 0 }, says("noop")],
    ["the job is dead", [...dead, tick], { slot: 0 }, says("noop")],
    [
      "one is stale and one is fresh",
      [...running, tick, enqueue("j2"), claim()],
      { slot: 0 },
      { result: "rescued", tokens: [first] },
    ],
  ],
  DiscardTerminal: [
    ["nobody knows the job", [], job("j1"), says("notTerminal")],
    ["the job is ready", [enqueue("j1")], job("j1"), says("notTerminal")],
    ["the job is deferred", [defer(1)], job("j1"), says("notTerminal")],
    ["the job is running", running, job("j1"), says("notTerminal")],
    ["the job is dead", dead, job("j1"), says("notTerminal")],
    ["the fact was discarded", [...completed, discard], job("j1"), says("notTerminal")],
    ["the job was completed", completed, job("j1"), says("discarded")],
    ["the job was cancelled", cancelled, job("j1"), says("discarded")],
  ],
  CancelReady: [
    ["nobody knows the job", [], job("j1"), says("notReady")],
    ["the job is deferred", [defer(1)], job("j1"), says("notReady")],
    ["the job is running", running, job("j1"), says("notReady")],
    ["the job was completed", completed, job("j1"), says("notReady")],
    ["the job was cancelled", cancelled, job("j1"), says("notReady")],
    ["the job is dead", dead, job("j1"), says("notReady")],
    ["the job is pending", [enqueue("j1")], job("j1"), says("cancelled")],
    ["the job is pending again", [...dead, readmit], job("j1"), says("cancelled")],
  ],
  PurgeDlq: [
    ["the job is running", running, job("j1"), says("notInDlq")],
    ["another job is dead", dead, job("j2"), says("notInDlq")],
    ["the job was readmitted", [...dead, readmit], job("j1"), says("notInDlq")],
    ["the job is dead", dead, job("j1"), says("purged")],
  ],
  RetryFromDlq: [
    ["the job is running", running, job("j1"), says("notInDlq")],
    ["another job is dead", dead, job("j2"), says("notInDlq")],
    ["the job was purged", [...dead, call("PurgeDlq", job("j1"))], job("j1"), says("notInDlq")],
    ["the job is dead", dead, job("j1"), says("readmitted")],
  ],
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
    [
      "one attempt is over and one runs",
      [enqueue("j1", "j2"), claim(2), complete, rotateClaims],
      {},
      active("claimOpen"),
    ],
    ["every attempt is over", [...completed, rotateClaims], {}, says("pruned")],
  ],
  PassTime: [
    ["nothing ages", [enqueue("j1")], {}, says("noop")],
    ["all is as old as it can be", [...running, tick], {}, says("noop")],
    ["a receipt ages", running, {}, says("passed")],
    ["a wait gets shorter", [defer(1)], {}, says("passed")],
  ],
  ForgetToken: [["a worker crashes", running, one, says("forgotten")]],
};

function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}

/** The state after these calls, which nobody can change any more. */
const after = (done: readonly Call[]): State =>
  frozen(replay(done, storageMachine(scope)).at(-1)!.state);

const rowsOf = (action: ActionName) =>
  (table[action] as readonly Row<ActionName>[]).map(
    ([when, done, args, outcome]) =>
      [when, { state: after(done), tried: frozen({ action, args }) as Call, outcome }] as const,
  );

describe.each(actionNames)("%s", (action) => {
  test.each(rowsOf(action))("%s", (_, { state, tried, outcome }) => {
    const once = step(state, tried, scope);
    expect(once.outcome).toEqual(outcome);
    expect(step(state, tried, scope)).toEqual(once);
  });

  const refused = rowsOf(action).filter(([, { outcome }]) =>
    wordsOf(outcome).every((word) => word !== actions[action].answers[0]),
  );

  test.runIf(refused.length > 0).each(refused)("%s: no row changes", (_, { state, tried }) => {
    expect(step(state, tried, scope).state.db).toEqual(state.db);
  });

  test("every answer occurs", () => {
    const words = rowsOf(action).flatMap(([, { outcome }]) => wordsOf(outcome));
    expect(new Set(words)).toEqual(new Set(actions[action].answers));
  });
});

test("the tables are in the registry's order and reach every answer there is", () => {
  expect(Object.keys(table)).toEqual(actionNames);
  const words = actionNames.flatMap((name) =>
    rowsOf(name).flatMap(([, { outcome }]) => wordsOf(outcome).map((word) => `${name} ${word}`)),
  );
  expect(new Set(words)).toEqual(new Set(allAnswers));
});

test("no call of any kind throws on, or changes, any of these states", () => {
  const states = actionNames.flatMap((name) => rowsOf(name).map(([, { state }]) => state));
  for (const state of states) {
    for (const tried of calls(scope)) {
      const { outcome, state: next } = step(state, tried, scope);
      for (const word of wordsOf(outcome)) expect(actions[tried.action].answers).toContain(word);
      frozen(next);
    }
  }
});
