/**
 * The engine's operations, typed, for a program that uses the queue. Each method is one statement
 * and thus one transaction, unless the caller opened one. Database errors propagate as they are.
 */

import type pg from "pg";
import { statements, type Statement, type Statements, type WorkerToken } from "./statements.js";

export interface ClaimedJob<Payload = unknown> extends WorkerToken {
  readonly payload: Payload;
}

export type CompleteAnswer = "completed" | "stale";
export type RetryAnswer = "retried" | "stale";
export type FailAnswer = "deadLettered" | "stale";
export type PromoteAnswer = "promoted" | "notDeferred" | "notDue";

/** What maintenance did, or the first reason why it did nothing. */
export type RotateOutcome =
  | { readonly result: "rotated" | "blocked" }
  | { readonly result: "skippedBusy"; readonly which: readonly string[] };
export type PruneOutcome =
  | { readonly result: "pruned" | "noop" | "blocked" }
  | { readonly result: "skippedActive"; readonly reason: string };

/** A job as the contract sees it, one row of the view `jobs`. */
export interface JobRow {
  readonly jobId: string;
  readonly state: "ready" | "deferred" | "running" | "completed" | "cancelled" | "dead";
  readonly runLease: number;
  readonly laneId: number;
}

interface ClaimRow {
  readonly job_id: string;
  readonly run_lease: number;
  readonly claim_slot: number;
  readonly lane_id: number;
  readonly receipt_seq: string;
  readonly payload: unknown;
}

/** Anything that runs queries: a client, a pooled client, a pool. */
export type Queryable = Pick<pg.Client, "query">;

export class PostgresStorage {
  private readonly client: Queryable;
  private readonly schema: string;
  private readonly sql: Statements;

  constructor(client: Queryable, { schema }: { schema: string }) {
    this.client = client;
    this.schema = schema;
    this.sql = statements(schema);
  }

  /** The id of the lane, which is created on first use. */
  ensureLane(queue: string, priority: number, shard: number): Promise<number> {
    return this.answer(this.sql.ensureLane(queue, priority, shard));
  }

  /** Appends the jobs, or defers them while `runAt` lies after `now`; their ids, in order. */
  enqueue(laneId: number, payloads: readonly unknown[], runAt: Date, now: Date) {
    return this.answer<string[]>(this.sql.enqueue(laneId, payloads, runAt, now));
  }

  promoteDeferred(jobIds: readonly string[], now: Date): Promise<PromoteAnswer[]> {
    return this.answer(this.sql.promoteDeferred(jobIds, now));
  }

  /** Hands out up to `limit` jobs of one lane; none while somebody else is claiming from it. */
  async claim<P = unknown>(laneId: number, limit: number, now: Date): Promise<ClaimedJob<P>[]> {
    const { rows } = await this.run<ClaimRow>(this.sql.claim(laneId, limit, now));
    return rows.map((r) => ({
      jobId: r.job_id,
      runLease: r.run_lease,
      claimSlot: r.claim_slot,
      laneId: r.lane_id,
      receiptSeq: r.receipt_seq,
      payload: r.payload as P,
    }));
  }

  /** The lane's new cursor, or null where it did not move. */
  advanceClaimCursor(laneId: number, now: Date): Promise<string | null> {
    return this.answer(this.sql.advanceClaimCursor(laneId, now));
  }

  /** One answer per token, in order. */
  completeFast(tokens: readonly WorkerToken[], now: Date): Promise<CompleteAnswer[]> {
    return this.answer(this.sql.completeFast(tokens, now));
  }

  retry(tokens: readonly WorkerToken[], runAt: Date, now: Date): Promise<RetryAnswer[]> {
    return this.answer(this.sql.retry(tokens, runAt, now));
  }

  failToDlq(tokens: readonly WorkerToken[], now: Date): Promise<FailAnswer[]> {
    return this.answer(this.sql.failToDlq(tokens, now));
  }

  /** Ends attempts of this slot that were claimed before `cutoff`; at most `limit` receipts. */
  async rescueStaleReceipts(slot: number, cutoff: Date, limit: number, now: Date) {
    const statement = this.sql.rescueStaleReceipts(slot, cutoff, limit, now);
    const { rows } = await this.run<{ job_id: string; run_lease: number }>(statement);
    return rows.map((r) => ({ jobId: r.job_id, runLease: r.run_lease }));
  }

  discardTerminal(jobIds: readonly string[], now: Date): Promise<("discarded" | "notTerminal")[]> {
    return this.answer(this.sql.discardTerminal(jobIds, now));
  }

  cancelReady(jobIds: readonly string[], now: Date): Promise<("cancelled" | "notReady")[]> {
    return this.answer(this.sql.cancelReady(jobIds, now));
  }

  purgeDlq(jobIds: readonly string[], now: Date): Promise<("purged" | "notInDlq")[]> {
    return this.answer(this.sql.purgeDlq(jobIds, now));
  }

  retryFromDlq(jobIds: readonly string[], now: Date): Promise<("readmitted" | "notInDlq")[]> {
    return this.answer(this.sql.retryFromDlq(jobIds, now));
  }

  rotateQueue(now: Date): Promise<RotateOutcome> {
    return this.answer(this.sql.rotateQueue(now));
  }

  rotateClaims(now: Date): Promise<RotateOutcome> {
    return this.answer(this.sql.rotateClaims(now));
  }

  pruneQueue(now: Date): Promise<PruneOutcome> {
    return this.answer(this.sql.pruneQueue(now));
  }

  pruneClaims(now: Date): Promise<PruneOutcome> {
    return this.answer(this.sql.pruneClaims(now));
  }

  /** Every job that is not forgotten. */
  async jobs(): Promise<JobRow[]> {
    const { rows } = await this.client.query(
      `select job_id as "jobId", state, run_lease as "runLease", lane_id as "laneId"
       from "${this.schema}".jobs order by job_id`,
    );
    return rows as JobRow[];
  }

  private run<Row extends object>({ text, values }: Statement): Promise<pg.QueryResult<Row>> {
    return this.client.query<Row>(text, [...values]);
  }

  private async answer<T>(statement: Statement): Promise<T> {
    const { rows } = await this.run<{ answer: T }>(statement);
    return rows[0]!.answer;
  }
}
