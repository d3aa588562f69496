/**
 * The vocabulary of the queue contract as plain data: every operation with its arguments and the
 * results it may name. Jobs and lanes are names, time is counted in whole ticks, and a token is
 * one attempt of one job.
 */

export type Job = string;
export type Lane = string;
/** Of the jobs that carry one, at most one is alive. */
export type UniqueKey = string;

/** An attempt's identity, held by the worker that runs it; `lease` counts hand-outs from 1. */
export interface Token {
  readonly job: Job;
  readonly lease: number;
}

interface OneJob {
  readonly job: Job;
}

interface OneLane {
  readonly lane: Lane;
}

interface OneToken {
  readonly token: Token;
}

interface OneSlot {
  /** The slot of the storage to look at, from 0. */
  readonly slot: number;
}

type Nothing = Readonly<Record<never, never>>;

interface Signature<Args, Result extends string> {
  readonly args: Args;
  readonly result: Result;
}

interface Batch extends OneLane {
  readonly batch: readonly Job[];
  /** The unique key that each job of the batch carries, or null; none of them any if left out. */
  readonly keys?: readonly (UniqueKey | null)[] | undefined;
  /** Ticks until the batch is due; 0 makes it ready at once. */
  readonly wait: number;
}

interface HandOut extends OneLane {
  /** The most jobs to hand out. */
  readonly n: number;
  /** Ticks until the attempts must have ended, or `NO_DEADLINE`. */
  readonly deadline: number;
}

/** The `deadline` of a claim whose attempts may take as long as they like. */
export const NO_DEADLINE = 99;

interface Postponed {
  /** Ticks until the job is due again. */
  readonly wait: number;
}

type Goes<Result extends string> = Signature<OneToken, Result | "waiting" | "stale">;
type Postpones<Result extends string> = Signature<
  OneToken & Postponed,
  Result | "waiting" | "stale"
>;
type Completes = Signature<{ readonly tokens: readonly Token[] }, "answered" | "empty">;
type Rescues<Args = OneSlot> = Signature<Args, "rescued" | "noop">;
type Rotates = Signature<Nothing, "rotated" | "skippedBusy" | "blocked">;
type Prunes = Signature<Nothing, "pruned" | "skippedActive" | "blocked" | "noop">;

/** Every operation; `Forget` is what a caller makes of jobs that a prune took out of the view. */
export interface Operations {
  readonly Enqueue: Signature<Batch, "enqueued" | "uniqueConflict" | "empty">;
  readonly PromoteDeferred: Signature<OneJob, "promoted" | "notDeferred" | "notDue">;
  readonly Claim: Signature<HandOut, "claimed" | "empty">;
  readonly AdvanceClaimCursor: Signature<OneLane, "advanced" | "noop">;
  readonly Heartbeat: Goes<"recorded">;
  readonly FlushProgress: Goes<"flushed">;
  readonly ParkForCallback: Goes<"parked">;
  readonly ResumeCallback: Signature<OneToken, "resumed" | "notWaiting">;
  readonly CompleteFast: Completes;
  readonly CompleteSlow: Completes;
  readonly Complete: Completes;
  readonly Retry: Postpones<"retried">;
  readonly Snooze: Postpones<"snoozed">;
  readonly Fail: Goes<"failed">;
  readonly FailToDlq: Goes<"deadLettered">;
  readonly RescueStaleReceipts: Rescues;
  readonly RescueExpiredDeadlines: Rescues;
  readonly RescueStaleLeases: Rescues;
  readonly RescueExpiredLeaseDeadlines: Rescues;
  readonly RescueCallbackTimeouts: Rescues<OneSlot & Postponed>;
  readonly DiscardTerminal: Signature<OneJob, "discarded" | "notTerminal">;
  readonly RetryFromTerminal: Signature<OneJob, "readmitted" | "uniqueConflict" | "notRetryable">;
  readonly FailedToDlq: Signature<OneJob, "deadLettered" | "notFailed">;
  readonly CancelReady: Signature<OneJob, "cancelled" | "notReady">;
  readonly CancelRunning: Signature<OneJob, "cancelled" | "notRunning">;
  readonly MoveReady: Signature<OneJob & OneLane, "moved" | "notReady" | "sameLane">;
  readonly PurgeDlq: Signature<OneJob, "purged" | "notInDlq">;
  readonly RetryFromDlq: Signature<OneJob, "readmitted" | "uniqueConflict" | "notInDlq">;
  readonly RotateQueue: Rotates;
  readonly RotateClaims: Rotates;
  readonly RotateLeases: Rotates;
  readonly PruneQueue: Prunes;
  readonly PruneClaims: Prunes;
  readonly PruneLeases: Prunes;
  readonly PassTime: Signature<Nothing, "passed" | "noop">;
  readonly ForgetToken: Signature<OneToken, "forgotten">;
  readonly Forget: Signature<{ readonly jobs: readonly Job[] }, "forgotten">;
}

export type OperationName = keyof Operations;
export type ArgsOf<N extends OperationName> = Operations[N]["args"];
export type ResultOf<N extends OperationName> = Operations[N]["result"];

/** One call as data, such as `{ action: "Claim", args: { lane: "mail", n: 2 } }`. */
export type Operation<N extends OperationName = OperationName> = {
  [K in N]: { readonly action: K; readonly args: ArgsOf<K> };
}[N];

/** How a completion answers one token; which of these it may say depends on the operation. */
export type Completion = "completed" | "leaseManaged" | "receiptOnly" | "waiting" | "stale";

/** What a caller is told; `result` names it, the other fields belong to that result. */
export interface Outcome<Result extends string = string> {
  readonly result: Result;
  /** `answered`: a `Completion` for each token, in the order of the call. */
  readonly each?: readonly string[];
  /** `enqueued`: the jobs of the batch, in its order, without those whose keys were taken. */
  readonly jobs?: readonly Job[];
  /** `claimed` and `rescued`: the attempts that began, or ended. */
  readonly tokens?: readonly Token[];
}
