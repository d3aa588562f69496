/**
 * Unique keys: of the jobs that carry one key, at most one is alive. A job holds its key until it
 * ends, in whatever way, and needs it again to come back.
 */

import {
  find,
  follow,
  mayLeave,
  unless,
  type ContractState,
  type Draft,
  type JobState,
  type Why,
} from "./life.js";
import type { ArgsOf, Job, Outcome, UniqueKey } from "./operations.js";
import { each, some } from "./batches.js";
import { arrive } from "./steps.js";

const living: readonly JobState[] = ["ready", "deferred", "running", "waiting"];

/** The living job that holds this key. */
export function holderOf(state: ContractState, key: UniqueKey | null): Job | undefined {
  if (key === null) return undefined;
  for (const [job, is] of state.jobs) if (is.key === key && living.includes(is.state)) return job;
  return undefined;
}

function isFree(state: ContractState, job: Job, key: UniqueKey | null): Why {
  const holder = holderOf(state, key);
  return unless(holder === undefined, `${holder} holds the key ${key} of ${job}`);
}

const isTaken = (state: ContractState, job: Job, key: UniqueKey | null): Why =>
  unless(
    holderOf(state, key) !== undefined,
    key === null ? `${job} carries no unique key` : `nobody holds the key ${key} of ${job}`,
  );

/** A new job that may not arrive. */
const turnedAway = (draft: Draft, job: Job, key: UniqueKey | null): Why =>
  mayLeave(draft, "Enqueue", job) ?? isTaken(draft, job, key);

type Batch = ArgsOf<"Enqueue">;

const keyAt = ({ keys }: Batch, place: number): UniqueKey | null => keys?.[place] ?? null;

/** The jobs that the answer names arrive, in the order of the batch; the others' keys are taken. */
export function enqueued(draft: Draft, args: Batch, { jobs = [] }: Outcome): Why {
  const { lane, batch, wait } = args;
  let next = 0;
  return (
    some(jobs, "job") ??
    each(batch, (job, i) => {
      const key = keyAt(args, i);
      if (jobs[next] !== job) return turnedAway(draft, job, key);
      next++;
      return isFree(draft, job, key) ?? arrive(draft, { job, lane, key }, wait);
    }) ??
    unless(next === jobs.length, `it names ${jobs[next]}, which is not next in the batch`)
  );
}

/** The key of every job of the batch is taken. */
export const noneEnqueued = (draft: Draft, args: Batch): Why =>
  some(args.batch, "job") ?? each(args.batch, (job, i) => turnedAway(draft, job, keyAt(args, i)));

type Back = "RetryFromDlq" | "RetryFromTerminal";

/** A job that is over comes back. */
export const readmit = (draft: Draft, arrow: Back, job: Job): Why =>
  mayLeave(draft, arrow, job) ??
  isFree(draft, job, find(draft, job).key) ??
  follow(draft, arrow, job, "ready");

/** It may not, because somebody else holds its key. */
export const mayNotReturn = (draft: Draft, arrow: Back, job: Job): Why =>
  mayLeave(draft, arrow, job) ?? isTaken(draft, job, find(draft, job).key);
