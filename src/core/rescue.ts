/** Rescue: attempts that nobody will end are ended, one slot at a time. */

import type { Action } from "./action.js";
import { leaseOf, openReceipts, receiptOnly, snoozesOf, staleReceipts } from "./evidence.js";
import { waits } from "./producers.js";
import { byName, range, tokenOf } from "./sets.js";
import type { Scope } from "./scope.js";
import type { ClosureOutcome, Db, Lease, LeaseClaim, Slot } from "./state.js";
import { bury, defer, endAttempts, reappend } from "./transformers.js";

export interface SlotArgs {
  readonly slot: Slot;
}

type Choose = (db: Db, args: SlotArgs, scope: Scope) => readonly LeaseClaim[];

const claimSlots = (scope: Scope) => range(0, scope.claimSlots - 1).map((slot) => ({ slot }));
const leaseSlots = (scope: Scope) => range(0, scope.leaseSlots - 1).map((slot) => ({ slot }));

/** In the order in which their jobs are appended. */
const inOrder = (receipts: readonly LeaseClaim[]): readonly LeaseClaim[] =>
  [...receipts].sort((a, b) => (a.lane === b.lane ? a.seq - b.seq : a.lane < b.lane ? -1 : 1));

/** Ends the chosen attempts; what becomes of their jobs is the effect. */
const rescuing = <Args extends SlotArgs>(
  candidates: (scope: Scope) => readonly Args[],
  choose: Choose,
  outcome: ClosureOutcome,
  effect: (db: Db, receipts: readonly LeaseClaim[], args: Args, scope: Scope) => Db,
): Action<Args> => ({
  family: "rescue",
  answers: ["rescued", "noop"],
  candidates,
  refuse: (db, args, scope) => (choose(db, args, scope).length === 0 ? { result: "noop" } : null),
  apply: (db, args, scope) => {
    const receipts = inOrder(choose(db, args, scope));
    return {
      db: effect(endAttempts(db, receipts, outcome), receipts, args, scope),
      outcome: { result: "rescued", tokens: byName(receipts.map(tokenOf)) },
    };
  },
});

/** Stale receipt-only attempts of one claim slot; their jobs are appended again. */
export const RescueStaleReceipts: Action<SlotArgs> = rescuing(
  claimSlots,
  (db, { slot }, scope) => staleReceipts(db, scope).filter((c) => c.slot === slot),
  "rescued",
  reappend,
);

/** Receipt-only attempts past their deadline, whether their workers are heard of or not. */
export const RescueExpiredDeadlines: Action<SlotArgs> = rescuing(
  claimSlots,
  (db, { slot }) => receiptOnly(db).filter((c) => c.slot === slot && c.left === 0),
  "deadlineExpired",
  reappend,
);

/** The open receipts behind the leases of one lease slot for which the test holds. */
const behind =
  (test: (lease: Lease, receipt: LeaseClaim, scope: Scope) => boolean): Choose =>
  (db, { slot }, scope) =>
    openReceipts(db).filter((c) => {
      const lease = leaseOf(db, c);
      return lease?.slot === slot && test(lease, c, scope);
    });

/** Running leases whose workers were silent for too long. */
export const RescueStaleLeases: Action<SlotArgs> = rescuing(
  leaseSlots,
  behind((l, _c, scope) => l.state === "running" && l.beat === scope.staleAfter),
  "rescued",
  reappend,
);

/** A deadline bounds the whole attempt, its callback waits included. */
export const RescueExpiredLeaseDeadlines: Action<SlotArgs> = rescuing(
  leaseSlots,
  behind((_l, c) => c.left === 0),
  "deadlineExpired",
  reappend,
);

export interface TimeoutArgs extends SlotArgs {
  /** Ticks until the jobs are due again; 0 sends them straight to their lanes. */
  readonly wait: number;
}

/** Attempts that count: a snoozed one does not. */
const exhausted = (db: Db, receipt: LeaseClaim, scope: Scope): boolean =>
  receipt.lease - snoozesOf(db, receipt) >= scope.maxAttempts;

/** The callback never came: back to the lane, or after a wait, or given up after the last try. */
export const RescueCallbackTimeouts: Action<TimeoutArgs> = rescuing(
  (scope) => leaseSlots(scope).flatMap((at) => waits(scope).map((wait) => ({ ...at, wait }))),
  behind((l) => l.state === "waiting" && l.left === 0),
  "callbackTimedOut",
  (db, receipts, { wait }, scope) => {
    const given = receipts.filter((c) => exhausted(db, c, scope));
    const again = receipts.filter((c) => !given.includes(c));
    const buried = given.length === 0 ? db : bury(db, given);
    return wait === 0 ? reappend(buried, again) : defer(buried, again, wait, 0);
  },
);
