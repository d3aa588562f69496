/** Rescue: attempts whose workers were silent for too long are ended and their jobs re-appended. */

import type { Action } from "./action.js";
import { staleReceipts } from "./evidence.js";
import { range, tokenOf } from "./sets.js";
import type { Db, LeaseClaim, Scope, Slot } from "./state.js";
import { appendReady, closeReceipts } from "./transformers.js";

export interface SlotArgs {
  readonly slot: Slot;
}

/** Stale open receipts of one claim slot, in the order in which their jobs are re-appended. */
function rescuable(db: Db, { slot }: SlotArgs, scope: Scope): readonly LeaseClaim[] {
  return staleReceipts(db, scope)
    .filter((c) => c.slot === slot)
    .sort((a, b) => (a.lane === b.lane ? a.seq - b.seq : a.lane < b.lane ? -1 : 1));
}

/** Stale open receipts of one claim slot are closed and their jobs appended again. */
export const RescueStaleReceipts: Action<SlotArgs> = {
  family: "rescue",
  answers: ["rescued", "noop"],
  candidates: (scope) => range(0, scope.claimSlots - 1).map((slot) => ({ slot })),
  refuse: (db, args, scope) =>
    rescuable(db, args, scope).length === 0 ? { result: "noop" } : null,
  apply: (db, args, scope) => {
    const receipts = rescuable(db, args, scope);
    return {
      db: appendReady(closeReceipts(db, receipts, "rescued"), receipts),
      outcome: { result: "rescued", tokens: receipts.map(tokenOf) },
    };
  },
};
