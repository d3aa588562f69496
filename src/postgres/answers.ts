/** What the operations answer, as `PostgresStorage` types it. */

/** Of a call on an attempt that is over, or parked until a callback comes. */
export type NotRunning = "stale" | "waiting";
export type CompleteAnswer = "completed" | NotRunning;
export type PromoteAnswer = "promoted" | "notDeferred" | "notDue";

/** What maintenance did, or the first reason why it did nothing. */
export type RotateOutcome =
  | { readonly result: "rotated" | "blocked" }
  | { readonly result: "skippedBusy"; readonly which: readonly string[] };
export type PruneOutcome =
  | { readonly result: "pruned" | "noop" | "blocked" }
  | { readonly result: "skippedActive"; readonly reason: string };

export type JobState =
  "ready" | "deferred" | "running" | "waiting" | "completed" | "cancelled" | "failed" | "dead";

/** A job as the contract sees it, one row of the view `jobs`. */
export interface JobRow {
  readonly jobId: string;
  readonly state: JobState;
  readonly runLease: number;
  readonly laneId: number;
}
