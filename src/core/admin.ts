/** Admin: what an administrator may do to jobs that have not ended, and to dead ones. */

import type { Action, Refusal } from "./action.js";
import { keyTaken, openReceipts, pending } from "./evidence.js";
import { eachJob, type JobArgs } from "./producers.js";
import { tokenOf } from "./sets.js";
import type { Scope } from "./scope.js";
import type { Db, Job, Lane } from "./state.js";
import {
  appendReady,
  bar,
  conclude,
  endAttempts,
  finish,
  releaseKeys,
  remove,
  takeKeys,
} from "./transformers.js";

/** Cancelling a pending job spends its lane row and leaves a terminal fact. */
export const CancelReady: Action<JobArgs> = {
  family: "admin",
  answers: ["cancelled", "notReady"],
  candidates: eachJob,
  refuse: (db, { job }) => (pending(db).some((r) => r.job === job) ? null : { result: "notReady" }),
  apply: (db, { job }) => {
    const rows = pending(db).filter((r) => r.job === job);
    const done = rows.map(({ slot, lane, seq, lease }) => {
      return { slot, lane, seq, job, lease, state: "cancelled" as const, age: 0 };
    });
    return {
      db: { ...releaseKeys(bar(db, rows), rows), doneEntries: [...db.doneEntries, ...done] },
      outcome: { result: "cancelled" },
    };
  },
  learn: (env, { job }, { result }, before) => {
    if (result !== "cancelled") return env;
    const tokens = pending(before)
      .filter((r) => r.job === job)
      .map(tokenOf);
    return finish(env, tokens);
  },
};

const openOf = (db: Db, job: Job) => openReceipts(db).filter((c) => c.job === job);

/** Cancelling a running attempt, parked or not; its worker will find its token stale. */
export const CancelRunning: Action<JobArgs> = {
  family: "admin",
  answers: ["cancelled", "notRunning"],
  candidates: eachJob,
  refuse: (db, { job }) => (openOf(db, job).length === 0 ? { result: "notRunning" } : null),
  apply: (db, { job }) => {
    const receipts = openOf(db, job);
    return {
      db: conclude(endAttempts(db, receipts, "cancelled"), receipts, "cancelled"),
      outcome: { result: "cancelled" },
    };
  },
  learn: (env, { job }, { result }, before) =>
    result === "cancelled" ? finish(env, openOf(before, job).map(tokenOf)) : env,
};

export interface MoveArgs extends JobArgs {
  readonly lane: Lane;
}

/** Reprioritise, or move to another queue: the old lane row is spent, a new one appended. */
export const MoveReady: Action<MoveArgs> = {
  family: "admin",
  answers: ["moved", "notReady", "sameLane"],
  candidates: (scope) => scope.jobs.flatMap((job) => scope.lanes.map((lane) => ({ job, lane }))),
  refuse: (db, { job, lane }) => {
    const row = pending(db).find((r) => r.job === job);
    if (!row) return { result: "notReady" };
    return row.lane === lane ? { result: "sameLane" } : null;
  },
  apply: (db, { job, lane }) => {
    const rows = pending(db).filter((r) => r.job === job);
    return {
      db: appendReady(
        bar(db, rows),
        rows.map(({ lease, snoozes }) => ({ lane, job, lease, snoozes })),
      ),
      outcome: { result: "moved" },
    };
  },
};

const inDlq = (db: Db, { job }: JobArgs) =>
  db.dlqEntries.some((d) => d.job === job) ? null : ({ result: "notInDlq" } as const);

/** Not while somebody else holds the key of the job that is to come back. */
export const mayReturn = (db: Db, { job }: JobArgs, scope: Scope): Refusal | null =>
  keyTaken(db, job, scope) ? { result: "uniqueConflict" } : null;

export const PurgeDlq: Action<JobArgs> = {
  family: "admin",
  answers: ["purged", "notInDlq"],
  candidates: eachJob,
  refuse: inDlq,
  apply: (db, { job }) => ({
    db: { ...db, dlqEntries: db.dlqEntries.filter((d) => d.job !== job) },
    outcome: { result: "purged" },
  }),
  learn: (env, { job }, { result }) => (result === "purged" ? remove(env, [job], "PurgeDlq") : env),
};

/** A dead job gets another chance; its run leases go on where they were. */
export const RetryFromDlq: Action<JobArgs> = {
  family: "admin",
  answers: ["readmitted", "notInDlq", "uniqueConflict"],
  candidates: eachJob,
  refuse: (db, args, scope) => inDlq(db, args) ?? mayReturn(db, args, scope),
  apply: (db, { job }, scope) => {
    const dead = db.dlqEntries.filter((d) => d.job === job);
    const rest = db.dlqEntries.filter((d) => d.job !== job);
    return {
      db: appendReady({ ...takeKeys(db, [job], scope), dlqEntries: rest }, dead),
      outcome: { result: "readmitted" },
    };
  },
};
