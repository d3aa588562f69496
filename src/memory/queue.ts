/**
 * A queue in memory that keeps the contract, to stand in for a real one in somebody's own tests.
 * Where the contract leaves a choice it makes the plainest one: a lane is first in, first out, a
 * claim takes all it may, a rescue all that is stale. It has no rings, so nothing is ever pruned.
 */

import { allows, initial, view } from "./contract.js";
import { find, isRipe, isRunning, type ContractState, type JobState, type Place } from "./life.js";
import {
  sameToken,
  type ArgsOf,
  type Job,
  type Lane,
  type Operation,
  type OperationName,
  type Outcome,
  type ResultOf,
  type Token,
} from "./operations.js";

/** What the queue would like to say, best first; it says the first that the contract allows. */
type Wishes<N extends OperationName> = (
  state: ContractState,
  args: ArgsOf<N>,
) => readonly Outcome<ResultOf<N>>[];

/** Jobs in this state, the one that came to it first in front. */
const jobsIn = (state: ContractState, place: JobState): readonly Job[] =>
  [...state.jobs.keys()].filter((job) => find(state, job).state === place);

const plain =
  <R extends string>(...results: R[]) =>
  (): readonly Outcome<R>[] =>
    results.map((result) => ({ result }));

const claim: Wishes<"Claim"> = (state, { lane, n }) => {
  const line = jobsIn(state, "ready").filter((job) => find(state, job).lane === lane);
  const tokens = line.slice(0, n).map((job) => ({ job, lease: find(state, job).lease + 1 }));
  return [{ result: "claimed", tokens }, { result: "empty" }];
};

const completeFast: Wishes<"CompleteFast"> = (state, { tokens }) => {
  const first = (token: Token, i: number) => tokens.findIndex((t) => sameToken(t, token)) === i;
  const ended = tokens.map((token, i) => isRunning(state, token) && first(token, i));
  const each = ended.map((yes) => (yes ? "completed" : "stale"));
  return [{ result: "answered", each }, { result: "empty" }];
};

const rescue: Wishes<"RescueStaleReceipts"> = (state) => {
  const jobs = jobsIn(state, "running").filter((job) => isRipe(state, job));
  const tokens = jobs.map((job) => ({ job, lease: find(state, job).lease }));
  return [{ result: "rescued", tokens }, { result: "noop" }];
};

const wishes: { readonly [N in OperationName]: Wishes<N> } = {
  Enqueue: (_, { batch }) => [{ result: "enqueued", jobs: batch }, { result: "empty" }],
  PromoteDeferred: plain("promoted", "notDue", "notDeferred"),
  Claim: claim,
  AdvanceClaimCursor: plain("noop"),
  CompleteFast: completeFast,
  Retry: plain("retried", "stale"),
  FailToDlq: plain("deadLettered", "stale"),
  RescueStaleReceipts: rescue,
  DiscardTerminal: plain("discarded", "notTerminal"),
  CancelReady: plain("cancelled", "notReady"),
  PurgeDlq: plain("purged", "notInDlq"),
  RetryFromDlq: plain("readmitted", "notInDlq"),
  RotateQueue: plain("rotated"),
  RotateClaims: plain("rotated"),
  PruneQueue: plain("noop"),
  PruneClaims: plain("noop"),
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

/** A token with the payload of its job; any call that wants a token takes one as it is. */
export interface Attempt<Payload> extends Token {
  readonly payload: Payload;
}

export interface Wait {
  /** Whole ticks until the job is due; 0 by default. */
  readonly wait?: number;
}

export interface MemoryQueueOptions {
  /** Ticks of silence after which `rescueStaleReceipts` takes an attempt back; 1 by default. */
  readonly staleAfter?: number;
  /** Sees every call as data, with its answer, after it took effect. */
  readonly observe?: (operation: Operation, outcome: Outcome) => void;
}

function whole(value: number, what: string): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(`${what} must be a whole number from 0, not ${value}`);
}

/**
 * The fake. Time stands still except in `passTime`, and is counted in ticks of any length you
 * like. Jobs are named `j1`, `j2` and so on as they arrive. A token or job that is over, or was
 * never known, is answered (`stale`, `notReady`) and changes nothing; only a `wait`, `n`, `ticks`
 * or `staleAfter` that is no whole number from 0 throws a RangeError. Every call takes time in
 * proportion to the number of jobs that the queue ever held.
 */
export class MemoryQueue<Payload = unknown> {
  #state: ContractState;
  readonly #payloads = new Map<Job, Payload>();
  readonly #observe: NonNullable<MemoryQueueOptions["observe"]>;

  constructor({ staleAfter = 1, observe = () => {} }: MemoryQueueOptions = {}) {
    this.#state = initial({ staleAfter: whole(staleAfter, "staleAfter") });
    this.#observe = observe;
  }

  #say<N extends OperationName>(operation: Operation & Operation<N>): Outcome<ResultOf<N>> {
    const { outcome, state } = answer(this.#state, operation);
    this.#state = state;
    this.#observe(operation, outcome);
    return outcome;
  }

  /** Adds one job per payload to the lane, now or after a wait; returns their names in order. */
  enqueue(lane: Lane, payloads: readonly Payload[], { wait = 0 }: Wait = {}): readonly Job[] {
    const batch = payloads.map((_, i) => `j${this.#payloads.size + i + 1}`);
    this.#say({ action: "Enqueue", args: { lane, batch, wait: whole(wait, "wait") } });
    payloads.forEach((payload, i) => this.#payloads.set(batch[i]!, payload));
    return batch;
  }

  /** Moves one deferred job to the tail of its lane, once its wait is over. */
  promoteDeferred(job: Job): ResultOf<"PromoteDeferred"> {
    return this.#say({ action: "PromoteDeferred", args: { job } }).result;
  }

  /** Promotes every deferred job that is due, earliest first; returns their names. */
  promoteAllDue(): readonly Job[] {
    const due = jobsIn(this.#state, "deferred")
      .filter((job) => isRipe(this.#state, job))
      .sort((a, b) => find(this.#state, a).due - find(this.#state, b).due);
    due.forEach((job) => this.promoteDeferred(job));
    return due;
  }

  /** Hands out up to `n` jobs from the head of the lane; none if nothing there is ready. */
  claim(lane: Lane, n: number = 1): readonly Attempt<Payload>[] {
    const { tokens = [] } = this.#say({ action: "Claim", args: { lane, n: whole(n, "n") } });
    return tokens.map(({ job, lease }) => ({ job, lease, payload: this.#payloads.get(job)! }));
  }

  /** Ends the attempts as done; says of each, in order, whether this call ended it. */
  completeFast(tokens: readonly Token[]): readonly ("completed" | "stale")[] {
    const { each = [] } = this.#say({ action: "CompleteFast", args: { tokens } });
    return each as readonly ("completed" | "stale")[];
  }

  /** Ends the attempt as failed; the job is deferred, and due again after the wait. */
  retry(token: Token, { wait = 0 }: Wait = {}): ResultOf<"Retry"> {
    return this.#say({ action: "Retry", args: { token, wait: whole(wait, "wait") } }).result;
  }

  /** Ends the attempt as failed for good; the job is dead until an administrator decides. */
  failToDlq(token: Token): ResultOf<"FailToDlq"> {
    return this.#say({ action: "FailToDlq", args: { token } }).result;
  }

  /** Takes back every attempt that is silent for too long; their jobs are ready again. */
  rescueStaleReceipts(): readonly Token[] {
    return this.#say({ action: "RescueStaleReceipts", args: { slot: 0 } }).tokens ?? [];
  }

  /** Forgets a completed or cancelled job. */
  discardTerminal(job: Job): ResultOf<"DiscardTerminal"> {
    return this.#say({ action: "DiscardTerminal", args: { job } }).result;
  }

  /** Takes back a job that nobody is running. */
  cancelReady(job: Job): ResultOf<"CancelReady"> {
    return this.#say({ action: "CancelReady", args: { job } }).result;
  }

  /** Forgets a dead job. */
  purgeDlq(job: Job): ResultOf<"PurgeDlq"> {
    return this.#say({ action: "PurgeDlq", args: { job } }).result;
  }

  /** Gives a dead job another chance, under its next lease. */
  retryFromDlq(job: Job): ResultOf<"RetryFromDlq"> {
    return this.#say({ action: "RetryFromDlq", args: { job } }).result;
  }

  /** Lets that many ticks go by: waits get shorter, attempts get older. */
  passTime(ticks: number = 1): void {
    for (let t = whole(ticks, "ticks"); t > 0; t -= 1) this.#say({ action: "PassTime", args: {} });
  }

  /** Where every job is now and how often it was handed out, forgotten jobs left out. */
  jobs(): ReadonlyMap<Job, Place> {
    return view(this.#state);
  }
}
