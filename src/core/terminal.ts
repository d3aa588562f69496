/** Terminal: an administrator takes back the public fact that a job ended. */

import type { Action, Refusal } from "./action.js";
import { mayReturn } from "./admin.js";
import { closedExplicitly, snoozesOf, terminalFacts } from "./evidence.js";
import { eachJob, type JobArgs } from "./producers.js";
import { hasToken } from "./sets.js";
import type { Scope } from "./scope.js";
import type { Db, DoneEntry, LeaseClaim, Token } from "./state.js";
import { appendReady, closeReceipts, remove, takeKeys, unfinish } from "./transformers.js";

/** Receipts that would look open again once these facts are gone. */
export const orphaned = (db: Db, facts: readonly Token[]): readonly LeaseClaim[] =>
  db.leaseClaims.filter((c) => hasToken(facts, c) && !closedExplicitly(db, c));

/** A terminal delete: receipts of that attempt first get an explicit closure. */
export const DiscardTerminal: Action<JobArgs> = {
  family: "terminal",
  answers: ["discarded", "notTerminal"],
  candidates: eachJob,
  refuse: (db, { job }) =>
    terminalFacts(db).some((t) => t.job === job) ? null : { result: "notTerminal" },
  apply: (db, { job }) => {
    const facts = terminalFacts(db).filter((t) => t.job === job);
    const compact = facts.filter((t) =>
      db.receiptCompletionBatches.some((b) => b.slot === t.slot && hasToken([b], t)),
    );
    const tombstones = compact.map(({ slot, job, lease }) => ({ slot, job, lease }));
    const kept = closeReceipts(db, orphaned(db, facts), "terminalRemoved");
    return {
      db: {
        ...kept,
        doneEntries: db.doneEntries.filter((d) => d.job !== job),
        receiptCompletionTombstones: [...db.receiptCompletionTombstones, ...tombstones],
      },
      outcome: { result: "discarded" },
    };
  },
  learn: (env, { job }, { result }) =>
    result === "discarded" ? remove(env, [job], "DiscardTerminal") : env,
};

/** The database without these terminal rows; receipts of theirs get an explicit closure. */
function withoutDone(db: Db, done: readonly DoneEntry[]): Db {
  const kept = closeReceipts(db, orphaned(db, done), "terminalRemoved");
  return { ...kept, doneEntries: db.doneEntries.filter((d) => !done.includes(d)) };
}

const snoozesOfDone = (db: Db, { slot: ready, lane, seq }: DoneEntry): number =>
  snoozesOf(db, { ready, lane, seq });

interface Undoing {
  readonly answer: string;
  /** Where the job has no terminal row in one of `states`. */
  readonly refusal: "notRetryable" | "notFailed";
  readonly states: readonly DoneEntry["state"][];
  /** Another reason to refuse. */
  readonly may?: (db: Db, args: JobArgs, scope: Scope) => Refusal | null;
  readonly effect: (db: Db, done: readonly DoneEntry[], scope: Scope) => Db;
}

/** An action on the terminal row of a job. */
function undoing({ answer, refusal, states, may, effect }: Undoing): Action<JobArgs> {
  const rows = (db: Db, { job }: JobArgs) =>
    db.doneEntries.filter((d) => d.job === job && states.includes(d.state));
  return {
    family: "terminal",
    answers: [answer, refusal, ...(may ? ["uniqueConflict"] : [])],
    candidates: eachJob,
    refuse: (db, args, scope) => {
      if (rows(db, args).length === 0) return { result: refusal };
      return may?.(db, args, scope) ?? null;
    },
    apply: (db, args, scope) => ({
      db: effect(db, rows(db, args), scope),
      outcome: { result: answer },
    }),
    learn: (env, { job }, { result }) => (result === answer ? unfinish(env, job) : env),
  };
}

/** A failed or cancelled job gets another chance; its run leases go on where they were. */
export const RetryFromTerminal = undoing({
  answer: "readmitted",
  refusal: "notRetryable",
  states: ["failed", "cancelled"],
  may: mayReturn,
  effect: (db, done, scope) => {
    const jobs = done.map((d) => d.job);
    const arrivals = done.map((d) => {
      const { lane, job, lease } = d;
      return { lane, job, lease, snoozes: snoozesOfDone(db, d) };
    });
    return appendReady(takeKeys(withoutDone(db, done), jobs, scope), arrivals);
  },
});

/** A failed job is put aside, out of its slot. */
export const FailedToDlq = undoing({
  answer: "deadLettered",
  refusal: "notFailed",
  states: ["failed"],
  effect: (db, done) => {
    const dead = done.map((d) => {
      const { job, lease, lane } = d;
      return { job, lease, lane, snoozes: snoozesOfDone(db, d) };
    });
    return { ...withoutDone(db, done), dlqEntries: [...db.dlqEntries, ...dead] };
  },
});
