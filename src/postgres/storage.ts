/**
 * The engine's operations, typed, for a program that uses the queue. Each method is one statement
 * and thus one transaction, unless the caller opened one, which must be READ COMMITTED. What makes
 * no sense, what Postgres cannot hold and a schema without ringproof are a UserError, and nothing
 * has changed; other errors of the database propagate as they are.
 */

import type {
  ClaimedJob,
  CompleteAnswer,
  JobRow,
  KeyedJob,
  MoveAnswer,
  NotRunning,
  Pin,
  PromoteAnswer,
  PruneOutcome,
  QueueCount,
  RebuildOutcome,
  RollupOutcome,
  RotateOutcome,
} from "./answers.js";
import { fieldsOf, list } from "./arguments.js";
import { Caller } from "./caller.js";
import type { WorkerToken } from "./statements.js";

export type * from "./answers.js";
export type { Queryable } from "./caller.js";

export class PostgresStorage extends Caller {
  /** The id of the lane, which is created on first use. */
  async ensureLane(queue: string, priority: number, shard: number): Promise<number> {
    return this.answer(this.sql.ensureLane(queue, priority, shard));
  }

  /** Appends the jobs, or defers them while `runAt` lies after `now`; their ids, in order. */
  async enqueue(laneId: number, payloads: readonly unknown[], runAt: Date, now: Date) {
    return this.answer<string[]>(this.sql.enqueue(laneId, payloads, runAt, now));
  }

  /** The same for jobs that carry unique keys; null where a living job holds the key. */
  async enqueueUnique(laneId: number, jobs: readonly KeyedJob[], runAt: Date, now: Date) {
    const each = list("jobs", jobs, (name, job) => fieldsOf(name, job, ["payload", "uniqueKey"]));
    const payloads = each.map((job) => job.payload);
    const keys = each.map((job) => job.uniqueKey);
    return this.answer<(string | null)[]>(
      this.sql.enqueueUnique(laneId, payloads, keys, runAt, now),
    );
  }

  async promoteDeferred(jobIds: readonly string[], now: Date): Promise<PromoteAnswer[]> {
    return this.answer(this.sql.promoteDeferred(jobIds, now));
  }

  /**
   * Hands out up to `limit` jobs of one lane, all from one slot of the ring: fewer may come while
   * more are ready, and none while somebody else is claiming from the lane. The attempts may be
   * rescued from `deadline` on.
   */
  async claim<P = unknown>(
    laneId: number,
    limit: number,
    now: Date,
    deadline: Date | null = null,
  ): Promise<ClaimedJob<P>[]> {
    return this.handedOut(this.sql.claim(laneId, limit, deadline, now));
  }

  /** The lane's new cursor, or null where it did not move. */
  async advanceClaimCursor(laneId: number, now: Date): Promise<string | null> {
    return this.answer(this.sql.advanceClaimCursor(laneId, now));
  }

  /** The attempts are alive; one answer per token, in order, here and below. */
  async heartbeat(tokens: readonly WorkerToken[], now: Date): Promise<("recorded" | NotRunning)[]> {
    return this.answer(this.sql.heartbeat(tokens, now));
  }

  /** How far each attempt has come: any JSON value per token. */
  async flushProgress(tokens: readonly WorkerToken[], progress: readonly unknown[], now: Date) {
    const statement = this.sql.flushProgress(tokens, progress, now);
    return this.answer<("flushed" | NotRunning)[]>(statement);
  }

  /** Parks the attempts until somebody resumes them; from `timeoutAt` on they may be rescued. */
  async parkForCallback(tokens: readonly WorkerToken[], timeoutAt: Date, now: Date) {
    const statement = this.sql.parkForCallback(tokens, timeoutAt, now);
    return this.answer<("parked" | NotRunning)[]>(statement);
  }

  async resumeCallback(tokens: readonly WorkerToken[], now: Date) {
    return this.answer<("resumed" | "notWaiting")[]>(this.sql.resumeCallback(tokens, now));
  }

  async complete(tokens: readonly WorkerToken[], now: Date): Promise<CompleteAnswer[]> {
    return this.answer(this.sql.complete(tokens, now));
  }

  /** Only attempts that were never parked. */
  async completeFast(tokens: readonly WorkerToken[], now: Date) {
    const statement = this.sql.completeFast(tokens, now);
    return this.answer<("completed" | "leaseManaged" | "stale")[]>(statement);
  }

  /** Only attempts that were parked once. */
  async completeSlow(tokens: readonly WorkerToken[], now: Date) {
    const statement = this.sql.completeSlow(tokens, now);
    return this.answer<(CompleteAnswer | "receiptOnly")[]>(statement);
  }

  async retry(tokens: readonly WorkerToken[], runAt: Date, now: Date) {
    return this.answer<("retried" | NotRunning)[]>(this.sql.retry(tokens, runAt, now));
  }

  /** Like retry, and the attempts do not count. */
  async snooze(tokens: readonly WorkerToken[], runAt: Date, now: Date) {
    return this.answer<("snoozed" | NotRunning)[]>(this.sql.snooze(tokens, runAt, now));
  }

  async fail(tokens: readonly WorkerToken[], now: Date): Promise<("failed" | NotRunning)[]> {
    return this.answer(this.sql.fail(tokens, now));
  }

  async failToDlq(tokens: readonly WorkerToken[], now: Date) {
    return this.answer<("deadLettered" | NotRunning)[]>(this.sql.failToDlq(tokens, now));
  }

  /** Ends attempts of this claim slot silent since before `cutoff`; at most `limit`. */
  async rescueStaleReceipts(slot: number, cutoff: Date, limit: number, now: Date) {
    return this.rescued(this.sql.rescueStaleReceipts(slot, cutoff, limit, now));
  }

  /** Ends attempts of this claim slot whose deadline has passed; at most `limit`. */
  async rescueExpiredDeadlines(slot: number, limit: number, now: Date) {
    return this.rescued(this.sql.rescueExpiredDeadlines(slot, limit, now));
  }

  /** The same for attempts with a lease in this lease slot. */
  async rescueStaleLeases(slot: number, cutoff: Date, limit: number, now: Date) {
    return this.rescued(this.sql.rescueStaleLeases(slot, cutoff, limit, now));
  }

  async rescueExpiredLeaseDeadlines(slot: number, limit: number, now: Date) {
    return this.rescued(this.sql.rescueExpiredLeaseDeadlines(slot, limit, now));
  }

  /** Jobs come back at `runAt`; those that were attempted `maxAttempts` times are dead. */
  async rescueCallbackTimeouts(
    slot: number,
    terms: { limit: number; maxAttempts: number; runAt: Date },
    now: Date,
  ) {
    const { limit, maxAttempts, runAt } = fieldsOf("terms", terms, [
      "limit",
      "maxAttempts",
      "runAt",
    ]);
    return this.rescued(this.sql.rescueCallbackTimeouts(slot, limit, maxAttempts, runAt, now));
  }

  async discardTerminal(jobIds: readonly string[], now: Date) {
    return this.answer<("discarded" | "notTerminal")[]>(this.sql.discardTerminal(jobIds, now));
  }

  /** Failed and cancelled jobs are ready again. */
  async retryFromTerminal(jobIds: readonly string[], now: Date) {
    return this.answer<("readmitted" | "notRetryable")[]>(this.sql.retryFromTerminal(jobIds, now));
  }

  async failedToDlq(jobIds: readonly string[], now: Date) {
    return this.answer<("deadLettered" | "notFailed")[]>(this.sql.failedToDlq(jobIds, now));
  }

  async cancelReady(jobIds: readonly string[], now: Date): Promise<("cancelled" | "notReady")[]> {
    return this.answer(this.sql.cancelReady(jobIds, now));
  }

  async cancelRunning(jobIds: readonly string[], now: Date) {
    return this.answer<("cancelled" | "notRunning")[]>(this.sql.cancelRunning(jobIds, now));
  }

  /** To the tail of another lane: another priority, another queue. */
  async moveReady(jobIds: readonly string[], laneId: number, now: Date): Promise<MoveAnswer[]> {
    return this.answer(this.sql.moveReady(jobIds, laneId, now));
  }

  async purgeDlq(jobIds: readonly string[], now: Date): Promise<("purged" | "notInDlq")[]> {
    return this.answer(this.sql.purgeDlq(jobIds, now));
  }

  async retryFromDlq(jobIds: readonly string[], now: Date): Promise<("readmitted" | "notInDlq")[]> {
    return this.answer(this.sql.retryFromDlq(jobIds, now));
  }

  async rotateQueue(now: Date): Promise<RotateOutcome> {
    return this.answer(this.sql.rotateQueue(now));
  }

  async rotateClaims(now: Date): Promise<RotateOutcome> {
    return this.answer(this.sql.rotateClaims(now));
  }

  async rotateLeases(now: Date): Promise<RotateOutcome> {
    return this.answer(this.sql.rotateLeases(now));
  }

  /** Jobs that failed less than `failedFloor` milliseconds ago outlive their slot. */
  async pruneQueue(now: Date, failedFloor = 0): Promise<PruneOutcome> {
    return this.answer(this.sql.pruneQueue(now, failedFloor));
  }

  async pruneClaims(now: Date): Promise<PruneOutcome> {
    return this.answer(this.sql.pruneClaims(now));
  }

  async pruneLeases(now: Date): Promise<PruneOutcome> {
    return this.answer(this.sql.pruneLeases(now));
  }

  /** Adds up what was counted in a queue slot since the last time; not in the current one. */
  async rollupTerminalCounts(slot: number, now: Date): Promise<RollupOutcome> {
    return this.answer(this.sql.rollupTerminalCounts(slot, now));
  }

  /** Counts all ended jobs anew, while others go on ending. */
  async rebuildTerminalCounts(now: Date): Promise<RebuildOutcome> {
    return this.answer(this.sql.rebuildTerminalCounts(now));
  }

  /** How many jobs are in which state, exactly. */
  async queueCounts(): Promise<QueueCount[]> {
    const { rows } = await this.run<QueueCount>({
      text: `select queue, state, jobs from "${this.schema}".queue_counts order by queue, state`,
      values: [],
    });
    return rows.map(({ jobs, ...row }) => ({ ...row, jobs: Number(jobs) }));
  }

  /** What stands in the rings' way; attempts silent since before `cutoff` count as stale. */
  async health(cutoff: Date, now: Date): Promise<Pin[]> {
    return (await this.run<Pin>(this.sql.ringHealth(cutoff, now))).rows;
  }

  /** Every job that is not forgotten. */
  async jobs(): Promise<JobRow[]> {
    const text = `select job_id as "jobId", state, run_lease as "runLease", lane_id as "laneId"
       from "${this.schema}".jobs order by job_id`;
    return (await this.run<JobRow>({ text, values: [] })).rows;
  }
}
