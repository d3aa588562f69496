/**
 * Moments: what a step must be to count for a shape. Each is an action and what must be true of
 * its answer, and of the rows around it, for the job that the shape is about.
 */

import {
  pending,
  wordsOf,
  type ActionName,
  type ArgsOf,
  type Db,
  type Job,
  type Outcome,
  type ReadyEntry,
} from "../../src/core/index.js";

/** One step: what was asked, what was answered, and the rows before and after. */
export interface Taken<Args> {
  readonly args: Args;
  readonly outcome: Outcome;
  readonly before: Db;
  readonly after: Db;
}

export interface Moment {
  readonly action: ActionName;
  /** What is to be seen here. */
  readonly says: string;
  readonly is: (taken: Taken<never>, job: Job) => boolean;
}

export const when = <N extends ActionName>(
  action: N,
  says: string,
  is: (taken: Taken<ArgsOf<N>>, job: Job) => boolean,
): Moment => ({ action, says, is });

/** Of this job. */
export const of =
  (job: Job) =>
  (row: { readonly job: Job }): boolean =>
    row.job === job;

export const handsOut = (lease: number) =>
  when("Claim", `the job is handed out at run lease ${lease}`, ({ outcome }, job) =>
    (outcome.tokens ?? []).some((t) => t.job === job && t.lease === lease),
  );

/** A call of one worker on its own attempt. */
export const worker = (
  action: "Complete" | "CompleteFast",
  lease: number,
  answer: string,
  says: string,
): Moment =>
  when(action, says, ({ args: { tokens }, outcome }, job) => {
    const [token] = tokens;
    const own = tokens.length === 1 && token!.job === job && token!.lease === lease;
    return own && wordsOf(outcome)[0] === answer;
  });

/** The worker whose attempt this is makes the call, and is told this. */
export const onAttempt = (
  action: "FailToDlq" | "ParkForCallback" | "ResumeCallback",
  answer: string,
  says: string,
): Moment =>
  when(action, says, ({ args, outcome }, job) => args.token.job === job && is(outcome, answer));

export const onJob = (action: "PurgeDlq" | "RetryFromDlq", says: string): Moment =>
  when(action, says, ({ args, before, after }, job) => args.job === job && before !== after);

export const is = ({ result }: Outcome, word: string): boolean => result === word;

const receiptOf = ({ leaseClaims }: Db, job: Job) => leaseClaims.find(of(job));

export const rowOf = ({ readyEntries }: Db, job: Job): ReadyEntry | undefined =>
  readyEntries.find(of(job));

/** The rows of the claim slot are gone, while the lane's row is still there and still spent. */
export const receiptPruned = when(
  "PruneClaims",
  "its receipt is truncated, its lane row is still there",
  ({ before, after }, job) =>
    receiptOf(before, job) !== undefined &&
    receiptOf(after, job) === undefined &&
    rowOf(after, job) !== undefined &&
    !pending(after).some(of(job)),
);
