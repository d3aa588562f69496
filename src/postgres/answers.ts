/** What the operations take and answer, as `PostgresStorage` types it. */

import type { WorkerToken } from "./statements.js";

export interface ClaimedJob<Payload = unknown> extends WorkerToken {
  readonly payload: Payload;
}

/** A new job; of those that carry one key, at most one is alive. */
export interface KeyedJob<Payload = unknown> {
  readonly payload: Payload;
  readonly uniqueKey: string | null;
}

/** Of a call on an attempt that is over, or parked until a callback comes. */
export type NotRunning = "stale" | "waiting";
export type CompleteAnswer = "completed" | NotRunning;
export type PromoteAnswer = "promoted" | "notDeferred" | "notDue";
export type MoveAnswer = "moved" | "sameLane" | "notReady";

/** What maintenance did, or the first reason why it did nothing. */
export type RotateOutcome =
  | { readonly result: "rotated" | "blocked" }
  | { readonly result: "skippedBusy"; readonly which: readonly string[] };
export type PruneOutcome =
  | { readonly result: "pruned" | "noop" | "blocked" }
  | { readonly result: "skippedActive"; readonly reason: string };

export type RollupOutcome =
  | { readonly result: "rolledUp" | "noop" | "blocked" }
  | { readonly result: "skippedActive"; readonly reason: "queueCurrent" };
export type RebuildOutcome = { readonly result: "rebuilt" | "blocked" };

export type JobState =
  "ready" | "deferred" | "running" | "waiting" | "completed" | "cancelled" | "failed" | "dead";

/** A job as the contract sees it, one row of the view `jobs`. */
export interface JobRow {
  readonly jobId: string;
  readonly state: JobState;
  readonly runLease: number;
  readonly laneId: number;
}

/** One row of the view `queue_counts`. */
export interface QueueCount {
  readonly queue: string;
  readonly state: JobState;
  readonly jobs: number;
}

/** What keeps a ring from reclaiming its oldest slot, or from turning, and what to do about it. */
export interface Pin {
  readonly ring: "queue" | "claim" | "lease";
  readonly slot: number;
  readonly pin: string;
  readonly what: string;
  readonly remedy: string;
}

/** An instance that claims from a queue. */
export interface Claimer {
  readonly queue: string;
  readonly owner: string;
}

/** How the dispatch slots of a queue are leased; the same for all its instances. Milliseconds. */
export interface ClaimerTerms {
  readonly slots: number;
  /** After so long without a refresh a lease expires. */
  readonly ttl: number;
  /** After so long without a recorded claim a peer may take the slot. */
  readonly idle: number;
}

/** The dispatch slot that an instance leases; the epoch tells it from whoever has it later. */
export interface HeldSlot {
  readonly slot: number;
  readonly epoch: number;
}

export type AcquireOutcome =
  ({ readonly result: "kept" | "acquired" } & HeldSlot) | { readonly result: "full" };

/** After `superseded` the instance holds no slot; `fresh` wrote nothing. */
export type ClaimerAnswer = "fresh" | "refreshed" | "superseded" | "notHeld";

/** How much one pass of rescue does. */
export interface PassLimits {
  /** Attempts that it ends at most, in all slots together. */
  readonly budget: number;
  /** Receipts that it looks at in one slot, and attempts of theirs. */
  readonly window: number;
}

/** An attempt that a rescue ended; its job is ready again. */
export interface RescuedAttempt {
  readonly jobId: string;
  readonly runLease: number;
}
