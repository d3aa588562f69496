/** Producers: jobs enter a lane, at once or after a wait. */

import type { Action } from "./action.js";
import { keyTaken, peers } from "./evidence.js";
import { range } from "./sets.js";
import type { Scope } from "./scope.js";
import type { Db, Job, Lane } from "./state.js";
import { appendReady, takeKeys } from "./transformers.js";

export interface EnqueueArgs {
  readonly lane: Lane;
  readonly batch: readonly Job[];
  /** Ticks until the batch is due; 0 sends it straight to the lane. */
  readonly wait: number;
}

/** Every sequence of 1 to `maxBatch` different jobs. */
export function jobBatches(scope: Scope): readonly (readonly Job[])[] {
  const longer = (batch: readonly Job[]): (readonly Job[])[] => {
    if (batch.length === scope.maxBatch) return [batch];
    const rest = scope.jobs.filter((j) => !batch.includes(j));
    return [batch, ...rest.flatMap((j) => longer([...batch, j]))];
  };
  return longer([]).filter((b) => b.length > 0);
}

export const waits = (scope: Scope): readonly number[] => range(0, scope.maxWait);

/** The jobs of a batch whose key is held by no living job, and carried by none before them. */
const welcome = (db: Db, batch: readonly Job[], scope: Scope): readonly Job[] =>
  batch.filter((job, i) => {
    const rivals = peers(scope, job);
    return !keyTaken(db, job, scope) && !batch.slice(0, i).some((j) => rivals.includes(j));
  });

/**
 * A batch of new jobs goes to the tail of one lane, or waits among the deferred ones; jobs whose
 * key is taken are turned away.
 */
export const Enqueue: Action<EnqueueArgs> = {
  family: "producers",
  answers: ["enqueued", "empty", "uniqueConflict"],
  candidates: (scope) =>
    scope.lanes.flatMap((lane) =>
      jobBatches(scope).flatMap((batch) => waits(scope).map((wait) => ({ lane, batch, wait }))),
    ),
  possible: (env, { batch }) => batch.every((job) => !env.enqueued.includes(job)),
  refuse: (db, { batch }, scope) => {
    if (batch.length === 0) return { result: "empty" };
    return welcome(db, batch, scope).length === 0 ? { result: "uniqueConflict" } : null;
  },
  apply: (db, { lane, batch, wait }, scope) => {
    const jobs = welcome(db, batch, scope);
    const keyed = takeKeys(db, jobs, scope);
    const arrivals = jobs.map((job) => ({ lane, job, lease: 0, snoozes: 0 }));
    const deferred = jobs.map((job) => ({ job, lease: 0, lane, wait, snoozes: 0 }));
    return {
      db:
        wait === 0
          ? appendReady(keyed, arrivals)
          : { ...keyed, deferredJobs: [...db.deferredJobs, ...deferred] },
      outcome: { result: "enqueued", jobs },
    };
  },
  learn: (env, _args, { jobs }) => (jobs ? { ...env, enqueued: [...env.enqueued, ...jobs] } : env),
};

export interface JobArgs {
  readonly job: Job;
}

/** One instance per job: the domain of every action that names a job. */
export const eachJob = (scope: Scope): readonly JobArgs[] => scope.jobs.map((job) => ({ job }));

/** A deferred job whose time has come moves to its lane's tail. */
export const PromoteDeferred: Action<JobArgs> = {
  family: "producers",
  answers: ["promoted", "notDeferred", "notDue"],
  candidates: eachJob,
  refuse: (db, { job }) => {
    const row = db.deferredJobs.find((d) => d.job === job);
    if (!row) return { result: "notDeferred" };
    return row.wait > 0 ? { result: "notDue" } : null;
  },
  apply: (db, { job }) => {
    const due = db.deferredJobs.filter((d) => d.job === job);
    const rest = db.deferredJobs.filter((d) => d.job !== job);
    return {
      db: appendReady({ ...db, deferredJobs: rest }, due),
      outcome: { result: "promoted" },
    };
  },
};
