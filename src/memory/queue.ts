/**
 * A queue in memory that keeps the contract, to stand in for a real one in somebody's own tests.
 * It gives the answers of `answer`, and keeps the payloads of the jobs.
 */

import { answer, jobsIn } from "./answer.js";
import { initial, view } from "./contract.js";
import { find, isRipe, type ContractState, type Place } from "./life.js";
import type {
  ArgsOf,
  Completion,
  Job,
  Lane,
  Operation,
  OperationName,
  Outcome,
  ResultOf,
  Token,
} from "./operations.js";
import {
  ticksTo,
  whole,
  type Attempt,
  type Deadline,
  type Keyed,
  type MemoryQueueOptions,
  type Wait,
} from "./options.js";

type Completing = "CompleteFast" | "CompleteSlow" | "Complete";

/**
 * The fake. Time stands still except in `passTime`, and is counted in ticks of any length you
 * like. Jobs are named `j1`, `j2` and so on as they arrive. A token or job that is over, or was
 * never known, is answered (`stale`, `notReady`) and changes nothing; only a number that is out of
 * its range throws a RangeError. Every call takes time in proportion to the number of jobs that
 * the queue ever held.
 */
export class MemoryQueue<Payload = unknown> {
  #state: ContractState;
  readonly #payloads = new Map<Job, Payload>();
  #named = 0;
  readonly #observe: NonNullable<MemoryQueueOptions["observe"]>;

  constructor(options: MemoryQueueOptions = {}) {
    const { staleAfter = 1, callbackWait = 1, maxAttempts = 3, observe = () => {} } = options;
    const { failedFloor = 0 } = options;
    this.#state = initial({
      staleAfter: whole(staleAfter, "staleAfter"),
      callbackWait: whole(callbackWait, "callbackWait"),
      maxAttempts: whole(maxAttempts, "maxAttempts"),
      failedFloor: whole(failedFloor, "failedFloor"),
    });
    this.#observe = observe;
  }

  #say<N extends OperationName>(operation: Operation & Operation<N>): Outcome<ResultOf<N>> {
    const { outcome, state } = answer(this.#state, operation);
    this.#state = state;
    this.#observe(operation, outcome);
    return outcome;
  }

  /** Adds one job per payload to the lane, now or after a wait; returns their names in order. */
  enqueue(lane: Lane, payloads: readonly Payload[], wait: Wait = {}): readonly Job[] {
    return this.#enqueue({ lane }, payloads, wait) as readonly Job[];
  }

  /** The same for jobs that carry unique keys; null where a living job holds the key. */
  enqueueUnique(lane: Lane, items: readonly Keyed<Payload>[], wait: Wait = {}) {
    const keys = items.map(({ key }) => key);
    return this.#enqueue(
      { lane, keys },
      items.map(({ payload }) => payload),
      wait,
    );
  }

  #enqueue(
    to: Pick<ArgsOf<"Enqueue">, "lane" | "keys">,
    payloads: readonly Payload[],
    { wait = 0 }: Wait,
  ): readonly (Job | null)[] {
    const batch = payloads.map((_, i) => `j${this.#named + i + 1}`);
    const args = { ...to, batch, wait: whole(wait, "wait") };
    const { jobs = [] } = this.#say({ action: "Enqueue", args });
    this.#named += batch.length;
    payloads.forEach((payload, i) => this.#payloads.set(batch[i]!, payload));
    return batch.map((job) => (jobs.includes(job) ? job : null));
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
  claim(lane: Lane, n: number = 1, { deadline }: Deadline = {}): readonly Attempt<Payload>[] {
    const args = { lane, n: whole(n, "n"), deadline: ticksTo(deadline) };
    const { tokens = [] } = this.#say({ action: "Claim", args });
    return tokens.map(({ job, lease }) => ({ job, lease, payload: this.#payloads.get(job)! }));
  }

  /** Says that the worker is alive, so that its silence begins anew. */
  heartbeat(token: Token): ResultOf<"Heartbeat"> {
    return this.#say({ action: "Heartbeat", args: { token } }).result;
  }

  /** Says how far the attempt has come, which is no sign of life. */
  flushProgress(token: Token): ResultOf<"FlushProgress"> {
    return this.#say({ action: "FlushProgress", args: { token } }).result;
  }

  /** Parks the attempt until `resumeCallback`; meanwhile its silence does not count. */
  parkForCallback(token: Token): ResultOf<"ParkForCallback"> {
    return this.#say({ action: "ParkForCallback", args: { token } }).result;
  }

  /** The callback came: the attempt goes on under the same token. */
  resumeCallback(token: Token): ResultOf<"ResumeCallback"> {
    return this.#say({ action: "ResumeCallback", args: { token } }).result;
  }

  /** Ends the attempts as done; says of each, in order, whether this call ended it. */
  completeFast(tokens: readonly Token[]): readonly Completion[] {
    return this.#completions("CompleteFast", tokens);
  }

  /** The same for attempts that `completeFast` left alone. */
  completeSlow(tokens: readonly Token[]): readonly Completion[] {
    return this.#completions("CompleteSlow", tokens);
  }

  /** Completes whatever runs, in one way or the other. */
  complete(tokens: readonly Token[]): readonly Completion[] {
    return this.#completions("Complete", tokens);
  }

  #completions(action: Completing, tokens: readonly Token[]): readonly Completion[] {
    const { each = [] } = this.#say({ action, args: { tokens } });
    return each as readonly Completion[];
  }

  /** Ends the attempt as failed; the job is deferred, and due again after the wait. */
  retry(token: Token, { wait = 0 }: Wait = {}): ResultOf<"Retry"> {
    return this.#say({ action: "Retry", args: { token, wait: whole(wait, "wait") } }).result;
  }

  /** Ends the attempt, which then does not count; the job is due again after the wait. */
  snooze(token: Token, { wait = 0 }: Wait = {}): ResultOf<"Snooze"> {
    return this.#say({ action: "Snooze", args: { token, wait: whole(wait, "wait") } }).result;
  }

  /** Ends the attempt and the job as failed. */
  fail(token: Token): ResultOf<"Fail"> {
    return this.#say({ action: "Fail", args: { token } }).result;
  }

  /** Ends the attempt as failed for good; the job is dead until an administrator decides. */
  failToDlq(token: Token): ResultOf<"FailToDlq"> {
    return this.#say({ action: "FailToDlq", args: { token } }).result;
  }

  /** Takes back every attempt that is silent for too long; their jobs are ready again. */
  rescueStaleReceipts(): readonly Token[] {
    return this.#say({ action: "RescueStaleReceipts", args: { slot: 0 } }).tokens ?? [];
  }

  /** Takes back every attempt whose deadline has passed; their jobs are ready again. */
  rescueExpiredDeadlines(): readonly Token[] {
    return this.#say({ action: "RescueExpiredDeadlines", args: { slot: 0 } }).tokens ?? [];
  }

  /** Does here what `rescueStaleReceipts` does. */
  rescueStaleLeases(): readonly Token[] {
    return this.#say({ action: "RescueStaleLeases", args: { slot: 0 } }).tokens ?? [];
  }

  /** Does here what `rescueExpiredDeadlines` does. */
  rescueExpiredLeaseDeadlines(): readonly Token[] {
    return this.#say({ action: "RescueExpiredLeaseDeadlines", args: { slot: 0 } }).tokens ?? [];
  }

  /** Takes back every attempt whose callback is overdue: due again after the wait, or dead. */
  rescueCallbackTimeouts({ wait = 0 }: Wait = {}): readonly Token[] {
    const args = { slot: 0, wait: whole(wait, "wait") };
    return this.#say({ action: "RescueCallbackTimeouts", args }).tokens ?? [];
  }

  /** Forgets a completed, cancelled or failed job. */
  discardTerminal(job: Job): ResultOf<"DiscardTerminal"> {
    return this.#say({ action: "DiscardTerminal", args: { job } }).result;
  }

  /** Gives a failed or cancelled job another chance, under its next lease. */
  retryFromTerminal(job: Job): ResultOf<"RetryFromTerminal"> {
    return this.#say({ action: "RetryFromTerminal", args: { job } }).result;
  }

  /** Puts a failed job aside among the dead ones. */
  failedToDlq(job: Job): ResultOf<"FailedToDlq"> {
    return this.#say({ action: "FailedToDlq", args: { job } }).result;
  }

  /** Takes back a job that nobody is running. */
  cancelReady(job: Job): ResultOf<"CancelReady"> {
    return this.#say({ action: "CancelReady", args: { job } }).result;
  }

  /** Takes back a job that runs or waits for a callback; its token is stale from now on. */
  cancelRunning(job: Job): ResultOf<"CancelRunning"> {
    return this.#say({ action: "CancelRunning", args: { job } }).result;
  }

  /** Moves a ready job to the tail of another lane. */
  moveReady(job: Job, lane: Lane): ResultOf<"MoveReady"> {
    return this.#say({ action: "MoveReady", args: { job, lane } }).result;
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
