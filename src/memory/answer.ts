/**
 * The choices of the default queue, as a pure function on the judge's state. Where the contract
 * leaves a choice it makes the plainest one: a lane is first in, first out, a claim takes all it
 * may, a rescue all that is stale, and either way to complete is good for what runs. It has no
 * rings, so nothing is ever pruned.
 */

import { allows } from "./contract.js";
import {
  find,
  isExpired,
  isRipe,
  nameOf,
  phase,
  type ContractState,
  type JobState,
} from "./life.js";
import { holderOf } from "./keys.js";
import type {
  ArgsOf,
  Completion,
  Job,
  Operation,
  OperationName,
  Outcome,
  ResultOf,
  Token,
  UniqueKey,
} from "./operations.js";

/** What the queue would like to say, best first; it says the first that the contract allows. */
type Wishes<N extends OperationName> = (
  state: ContractState,
  args: ArgsOf<N>,
) => readonly Outcome<ResultOf<N>>[];

/** Jobs in this state, the one that came to it first in front. */
export const jobsIn = (state: ContractState, place: JobState): readonly Job[] =>
  [...state.jobs.keys()].filter((job) => find(state, job).state === place);

const plain =
  <R extends string>(...results: R[]) =>
  (): readonly Outcome<R>[] =>
    results.map((result) => ({ result }));

/** The jobs of the batch whose keys are free, and carried by none before them. */
function welcome(state: ContractState, { batch, keys = [] }: ArgsOf<"Enqueue">): readonly Job[] {
  const carried = new Set<UniqueKey>();
  return batch.filter((_, i) => {
    const key = keys[i] ?? null;
    if (key === null) return true;
    const first = !carried.has(key);
    carried.add(key);
    return first && holderOf(state, key) === undefined;
  });
}

const claim: Wishes<"Claim"> = (state, { lane, n }) => {
  const line = jobsIn(state, "ready").filter((job) => find(state, job).lane === lane);
  const tokens = line.slice(0, n).map((job) => ({ job, lease: find(state, job).lease + 1 }));
  return [{ result: "claimed", tokens }, { result: "empty" }];
};

/** Completes what runs; `parked` is what it says of an attempt that waits. */
const completion =
  (parked: Completion) =>
  (state: ContractState, { tokens }: { readonly tokens: readonly Token[] }) => {
    const words = { running: "completed", waiting: parked, over: "stale" } as const;
    const named = new Set<string>();
    const each = tokens.map((token) => {
      const again = named.has(nameOf(token));
      named.add(nameOf(token));
      const word = words[phase(state, token)];
      return word === "completed" && again ? "stale" : word;
    });
    return [{ result: "answered", each }, { result: "empty" }] as const;
  };

/** Takes back every attempt in these states of whose job this is true. */
const rescue =
  (places: readonly JobState[], meant: (state: ContractState, job: Job) => boolean) =>
  (state: ContractState) => {
    const jobs = places.flatMap((place) => jobsIn(state, place));
    const tokens = jobs
      .filter((job) => meant(state, job))
      .map((job) => ({ job, lease: find(state, job).lease }));
    return [{ result: "rescued", tokens }, { result: "noop" }] as const;
  };

const rescueStale = rescue(["running"], isRipe);
const rescueExpired = rescue(["running", "waiting"], isExpired);

const wishes: { readonly [N in OperationName]: Wishes<N> } = {
  Enqueue: (state, args) => [
    { result: "enqueued", jobs: welcome(state, args) },
    { result: "uniqueConflict" },
    { result: "empty" },
  ],
  PromoteDeferred: plain("promoted", "notDue", "notDeferred"),
  Claim: claim,
  AdvanceClaimCursor: plain("noop"),
  Heartbeat: plain("recorded", "waiting", "stale"),
  FlushProgress: plain("flushed", "waiting", "stale"),
  ParkForCallback: plain("parked", "waiting", "stale"),
  ResumeCallback: plain("resumed", "notWaiting"),
  CompleteFast: completion("leaseManaged"),
  CompleteSlow: completion("waiting"),
  Complete: completion("waiting"),
  Retry: plain("retried", "waiting", "stale"),
  Snooze: plain("snoozed", "waiting", "stale"),
  Fail: plain("failed", "waiting", "stale"),
  FailToDlq: plain("deadLettered", "waiting", "stale"),
  RescueStaleReceipts: rescueStale,
  RescueExpiredDeadlines: rescueExpired,
  RescueStaleLeases: rescueStale,
  RescueExpiredLeaseDeadlines: rescueExpired,
  RescueCallbackTimeouts: rescue(["waiting"], isRipe),
  DiscardTerminal: plain("discarded", "notTerminal"),
  RetryFromTerminal: plain("readmitted", "uniqueConflict", "notRetryable"),
  FailedToDlq: plain("deadLettered", "notFailed"),
  CancelReady: plain("cancelled", "notReady"),
  CancelRunning: plain("cancelled", "notRunning"),
  MoveReady: plain("moved", "sameLane", "notReady"),
  PurgeDlq: plain("purged", "notInDlq"),
  RetryFromDlq: plain("readmitted", "uniqueConflict", "notInDlq"),
  RotateQueue: plain("rotated"),
  RotateClaims: plain("rotated"),
  RotateLeases: plain("rotated"),
  PruneQueue: plain("noop"),
  PruneClaims: plain("noop"),
  PruneLeases: plain("noop"),
  PassTime: plain("passed"),
  ForgetToken: plain("forgotten"),
  Forget: plain("forgotten"),
};

export interface Answer<N extends OperationName = OperationName> {
  readonly outcome: Outcome<ResultOf<N>>;
  readonly state: ContractState;
}

/**
 * The one answer that this queue gives to a call, and the state after it. Throws a RangeError
 * where the contract allows no answer: an identity enqueued twice, or a live job forgotten.
 */
export function answer<N extends OperationName>(
  state: ContractState,
  operation: Operation & Operation<N>,
): Answer<N> {
  const whys: string[] = [];
  for (const outcome of wishes[operation.action](state, operation.args)) {
    const verdict = allows(state, operation, outcome);
    if (verdict.ok) return { outcome, state: verdict.state };
    whys.push(verdict.why);
  }
  throw new RangeError(whys[0]);
}
