/** Admin: what an administrator may do to jobs that nobody is running. */

import type { Action } from "./action.js";
import { pending } from "./evidence.js";
import { eachJob, type JobArgs } from "./producers.js";
import { tokenOf, unionTokens } from "./sets.js";
import type { Db } from "./state.js";
import { appendReady, remove } from "./transformers.js";

/** Cancelling a pending job spends its lane row and leaves a terminal fact. */
export const CancelReady: Action<JobArgs> = {
  family: "admin",
  answers: ["cancelled", "notReady"],
  candidates: eachJob,
  refuse: (db, { job }) => (pending(db).some((r) => r.job === job) ? null : { result: "notReady" }),
  apply: (db, { job }) => {
    const rows = pending(db).filter((r) => r.job === job);
    const tombstones = rows.map(({ slot, lane, seq }) => ({ slot, lane, seq }));
    const done = rows.map(({ slot, lease }) => ({ slot, job, lease, state: "cancelled" as const }));
    return {
      db: {
        ...db,
        readyTombstones: [...db.readyTombstones, ...tombstones],
        doneEntries: [...db.doneEntries, ...done],
      },
      outcome: { result: "cancelled" },
    };
  },
  learn: (env, { job }, { result }, before) => {
    if (result !== "cancelled") return env;
    const tokens = pending(before)
      .filter((r) => r.job === job)
      .map(tokenOf);
    return { ...env, finished: unionTokens(env.finished, tokens) };
  },
};

const inDlq = (db: Db, { job }: JobArgs) =>
  db.dlqEntries.some((d) => d.job === job) ? null : ({ result: "notInDlq" } as const);

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
  answers: ["readmitted", "notInDlq"],
  candidates: eachJob,
  refuse: inDlq,
  apply: (db, { job }) => {
    const dead = db.dlqEntries.filter((d) => d.job === job);
    const rest = db.dlqEntries.filter((d) => d.job !== job);
    return {
      db: appendReady({ ...db, dlqEntries: rest }, dead),
      outcome: { result: "readmitted" },
    };
  },
};
