/**
 * The vocabulary of the queue contract as plain data: every operation with its arguments and the
 * results it may name. Jobs and lanes are names, time is counted in whole ticks, and a token is
 * one attempt of one job.
 */

export type Job = string;
export type Lane = string;

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

type Nothing = Readonly<Record<never, never>>;

interface Signature<Args, Result extends string> {
  readonly args: Args;
  readonly result: Result;
}

interface Batch extends OneLane {
  readonly batch: readonly Job[];
  /** Ticks until the batch is due; 0 makes it ready at once. */
  readonly wait: number;
}

interface HandOut extends OneLane {
  /** The most jobs to hand out. */
  readonly n: number;
}

interface Postponed extends OneToken {
  /** Ticks until the job is due again. */
  readonly wait: number;
}

/** Every operation; `Forget` is what a caller makes of jobs that a prune took out of the view. */
export interface Operations {
  readonly Enqueue: Signature<Batch, "enqueued" | "empty">;
  readonly PromoteDeferred: Signature<OneJob, "promoted" | "notDeferred" | "notDue">;
  readonly Claim: Signature<HandOut, "claimed" | "empty">;
  readonly AdvanceClaimCursor: Signature<OneLane, "advanced" | "noop">;
  readonly CompleteFast: Signature<{ readonly tokens: readonly Token[] }, "answered" | "empty">;
  readonly Retry: Signature<Postponed, "retried" | "stale">;
  readonly FailToDlq: Signature<OneToken, "deadLettered" | "stale">;
  readonly RescueStaleReceipts: Signature<{ readonly slot: number }, "rescued" | "noop">;
  readonly DiscardTerminal: Signature<OneJob, "discarded" | "notTerminal">;
  readonly CancelReady: Signature<OneJob, "cancelled" | "notReady">;
  readonly PurgeDlq: Signature<OneJob, "purged" | "notInDlq">;
  readonly RetryFromDlq: Signature<OneJob, "readmitted" | "notInDlq">;
  readonly RotateQueue: Signature<Nothing, "rotated" | "skippedBusy">;
  readonly RotateClaims: Signature<Nothing, "rotated" | "skippedBusy">;
  readonly PruneQueue: Signature<Nothing, "pruned" | "skippedActive" | "blocked" | "noop">;
  readonly PruneClaims: Signature<Nothing, "pruned" | "skippedActive" | "blocked" | "noop">;
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

/** What a caller is told; `result` names it, the other fields belong to that result. */
export interface Outcome<Result extends string = string> {
  readonly result: Result;
  /** `answered`: `completed` or `stale` for each token, in the order of the call. */
  readonly each?: readonly string[];
  /** `enqueued`: the jobs of the batch, in its order. */
  readonly jobs?: readonly Job[];
  /** `claimed` and `rescued`: the attempts that began, or ended. */
  readonly tokens?: readonly Token[];
}

export const sameToken = (a: Token, b: Token): boolean => a.job === b.job && a.lease === b.lease;
