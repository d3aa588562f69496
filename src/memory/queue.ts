/**
 * A queue in memory that keeps the contract, to stand in for a real one in somebody's own tests.
 * It gives the answers of `answer`, and keeps the payloads of the jobs.
 */

import { jobsIn } from "./answer.js";
import { fields, jobOf, list, name, tokenOf, whole } from "./arguments.js";
import { Calls } from "./calls.js";
import { view } from "./contract.js";
import { find, isRipe, type Place } from "./life.js";
import type { ArgsOf, Completion, Job, Lane, ResultOf, Token } from "./operations.js";
import {
  ticksTo,
  waitOf,
  type Attempt,
  type Deadline,
  type Keyed,
  type MemoryQueueOptions,
  type Wait,
} from "./options.js";

type Completing = "CompleteFast" | "CompleteSlow" | "Complete";
/** More would take for ever. */
const MOST_TICKS = 1_000_000;

/**
 * The fake. Time stands still except in `passTime`, and is counted in ticks of any length you
 * like. Jobs are named `j1`, `j2` and so on as they arrive. A token or job that is over, or was
 * never known, is answered (`stale`, `notReady`) and changes nothing; a number that is out of its
 * range is a RangeError, and what is none of its type a TypeError, and nothing has changed either.
 * Every call takes time in proportion to the number of jobs that the queue ever held.
 */
export class MemoryQueue<Payload = unknown> {
  readonly #calls: Calls;
  readonly #payloads = new Map<Job, Payload>();
  #named = 0;

  constructor(options: MemoryQueueOptions = {}) {
    this.#calls = new Calls(options);
  }

  /** Adds one job per payload to the lane, now or after a wait; returns their names in order. */
  enqueue(lane: Lane, payloads: readonly Payload[], wait: Wait = {}): readonly Job[] {
    const all = list(payloads, "payloads", (payload) => payload);
    return this.#enqueue({ lane: name(lane, "lane") }, all, wait) as readonly Job[];
  }

  /** The same for jobs that carry unique keys; null where a living job holds the key. */
  enqueueUnique(lane: Lane, items: readonly Keyed<Payload>[], wait: Wait = {}) {
    const all = list(items, "items", (item, what) => {
      const { payload, key } = fields(item, what, ["payload", "key"]);
      return { payload, key: key === null ? null : name(key, `${what}.key`) };
    });
    const to = { lane: name(lane, "lane"), keys: all.map(({ key }) => key) };
    return this.#enqueue(
      to,
      all.map(({ payload }) => payload),
      wait,
    );
  }

  #enqueue(
    to: Pick<ArgsOf<"Enqueue">, "lane" | "keys">,
    payloads: readonly Payload[],
    wait: Wait,
  ): readonly (Job | null)[] {
    const batch = payloads.map((_, i) => `j${this.#named + i + 1}`);
    const args = { ...to, batch, wait: waitOf(wait) };
    const arrived = new Set(this.#calls.say({ action: "Enqueue", args }).jobs);
    this.#named += batch.length;
    payloads.forEach((payload, i) => this.#payloads.set(batch[i]!, payload));
    return batch.map((job) => (arrived.has(job) ? job : null));
  }

  /** Moves one deferred job to the tail of its lane, once its wait is over. */
  promoteDeferred(job: Job): ResultOf<"PromoteDeferred"> {
    return this.#calls.onJob("PromoteDeferred", job);
  }

  /** Promotes every deferred job that is due, earliest first; returns their names. */
  promoteAllDue(): readonly Job[] {
    const due = jobsIn(this.#calls.state, "deferred")
      .filter((job) => isRipe(this.#calls.state, job))
      .sort((a, b) => find(this.#calls.state, a).due - find(this.#calls.state, b).due);
    due.forEach((job) => this.promoteDeferred(job));
    return due;
  }

  /** Hands out up to `n` jobs from the head of the lane; none if nothing there is ready. */
  claim(lane: Lane, n: number = 1, by: Deadline = {}): readonly Attempt<Payload>[] {
    const { deadline } = fields(by, "deadline", ["deadline"]);
    const args = { lane: name(lane, "lane"), n: whole(n, "n"), deadline: ticksTo(deadline) };
    const { tokens = [] } = this.#calls.say({ action: "Claim", args });
    return tokens.map(({ job, lease }) => ({ job, lease, payload: this.#payloads.get(job)! }));
  }

  /** Says that the worker is alive, so that its silence begins anew. */
  heartbeat(token: Token): ResultOf<"Heartbeat"> {
    return this.#calls.onToken("Heartbeat", token);
  }

  /** Says how far the attempt has come, which is no sign of life. */
  flushProgress(token: Token): ResultOf<"FlushProgress"> {
    return this.#calls.onToken("FlushProgress", token);
  }

  /** Parks the attempt until `resumeCallback`; meanwhile its silence does not count. */
  parkForCallback(token: Token): ResultOf<"ParkForCallback"> {
    return this.#calls.onToken("ParkForCallback", token);
  }

  /** The callback came: the attempt goes on under the same token. */
  resumeCallback(token: Token): ResultOf<"ResumeCallback"> {
    return this.#calls.onToken("ResumeCallback", token);
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
    const args = { tokens: list(tokens, "tokens", tokenOf) };
    const { each = [] } = this.#calls.say({ action, args });
    return each as readonly Completion[];
  }

  /** Ends the attempt as failed; the job is deferred, and due again after the wait. */
  retry(token: Token, wait: Wait = {}): ResultOf<"Retry"> {
    const args = { token: tokenOf(token), wait: waitOf(wait) };
    return this.#calls.say({ action: "Retry", args }).result;
  }

  /** Ends the attempt, which then does not count; the job is due again after the wait. */
  snooze(token: Token, wait: Wait = {}): ResultOf<"Snooze"> {
    const args = { token: tokenOf(token), wait: waitOf(wait) };
    return this.#calls.say({ action: "Snooze", args }).result;
  }

  /** Ends the attempt and the job as failed. */
  fail(token: Token): ResultOf<"Fail"> {
    return this.#calls.onToken("Fail", token);
  }

  /** Ends the attempt as failed for good; the job is dead until an administrator decides. */
  failToDlq(token: Token): ResultOf<"FailToDlq"> {
    return this.#calls.onToken("FailToDlq", token);
  }

  /** Takes back every attempt that is silent for too long; their jobs are ready again. */
  rescueStaleReceipts(): readonly Token[] {
    return this.#calls.say({ action: "RescueStaleReceipts", args: { slot: 0 } }).tokens ?? [];
  }

  /** Takes back every attempt whose deadline has passed; their jobs are ready again. */
  rescueExpiredDeadlines(): readonly Token[] {
    return this.#calls.say({ action: "RescueExpiredDeadlines", args: { slot: 0 } }).tokens ?? [];
  }

  /** Does here what `rescueStaleReceipts` does. */
  rescueStaleLeases(): readonly Token[] {
    return this.#calls.say({ action: "RescueStaleLeases", args: { slot: 0 } }).tokens ?? [];
  }

  /** Does here what `rescueExpiredDeadlines` does. */
  rescueExpiredLeaseDeadlines(): readonly Token[] {
    return (
      this.#calls.say({ action: "RescueExpiredLeaseDeadlines", args: { slot: 0 } }).tokens ?? []
    );
  }

  /** Takes back every attempt whose callback is overdue: due again after the wait, or dead. */
  rescueCallbackTimeouts(wait: Wait = {}): readonly Token[] {
    const args = { slot: 0, wait: waitOf(wait) };
    return this.#calls.say({ action: "RescueCallbackTimeouts", args }).tokens ?? [];
  }

  /** Forgets a completed, cancelled or failed job. */
  discardTerminal(job: Job): ResultOf<"DiscardTerminal"> {
    return this.#calls.onJob("DiscardTerminal", job);
  }

  /** Gives a failed or cancelled job another chance, under its next lease. */
  retryFromTerminal(job: Job): ResultOf<"RetryFromTerminal"> {
    return this.#calls.onJob("RetryFromTerminal", job);
  }

  /** Puts a failed job aside among the dead ones. */
  failedToDlq(job: Job): ResultOf<"FailedToDlq"> {
    return this.#calls.onJob("FailedToDlq", job);
  }

  /** Takes back a job that nobody is running. */
  cancelReady(job: Job): ResultOf<"CancelReady"> {
    return this.#calls.onJob("CancelReady", job);
  }

  /** Takes back a job that runs or waits for a callback; its token is stale from now on. */
  cancelRunning(job: Job): ResultOf<"CancelRunning"> {
    return this.#calls.onJob("CancelRunning", job);
  }

  /** Moves a ready job to the tail of another lane. */
  moveReady(job: Job, lane: Lane): ResultOf<"MoveReady"> {
    const args = { job: jobOf(job), lane: name(lane, "lane") };
    return this.#calls.say({ action: "MoveReady", args }).result;
  }

  /** Forgets a dead job. */
  purgeDlq(job: Job): ResultOf<"PurgeDlq"> {
    return this.#calls.onJob("PurgeDlq", job);
  }

  /** Gives a dead job another chance, under its next lease. */
  retryFromDlq(job: Job): ResultOf<"RetryFromDlq"> {
    return this.#calls.onJob("RetryFromDlq", job);
  }

  /** Lets that many ticks go by: waits get shorter, attempts get older. */
  passTime(ticks: number = 1): void {
    const all = whole(ticks, "ticks", { most: MOST_TICKS });
    for (let t = all; t > 0; t -= 1) this.#calls.say({ action: "PassTime", args: {} });
  }

  /** Where every job is now and how often it was handed out, forgotten jobs left out. */
  jobs(): ReadonlyMap<Job, Place> {
    return view(this.#calls.state);
  }
}
