/** Terminal: an administrator removes the public fact that a job ended. */

import type { Action } from "./action.js";
import { closedExplicitly, terminalFacts } from "./evidence.js";
import { eachJob, type JobArgs } from "./producers.js";
import { hasToken } from "./sets.js";
import type { CompletionMember, Db, LeaseClaim } from "./state.js";
import { closeReceipts, remove } from "./transformers.js";

/** Receipts that would look open again once these facts are gone. */
export const orphaned = (db: Db, facts: readonly CompletionMember[]): readonly LeaseClaim[] =>
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
