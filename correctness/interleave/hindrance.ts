/**
 * What a call does when it cannot lock something at once: it is turned away, or passes rows over.
 * That is no violation as long as the lock was held by somebody else at that very moment, and
 * covers only the rows that were locked.
 */

import {
  nextSlot,
  oldestSlot,
  step,
  type ActionName,
  type ActionTable,
  type Call,
  type Lane,
  type LeaseClaim,
  type Outcome,
  type RingName,
  type Scope,
  type Slot,
  type State,
  type Token,
} from "../../src/core/index.js";
import { jobOf, laneOf, type Binding } from "../../src/postgres/binding.js";
import { partitions, ringTables } from "../conform/partitions.js";
import { conflict, type Mode } from "./footprint.js";
import type { HeldLock, LockedRow } from "./seen.js";

/** What others held, in the model's terms. */
export interface Hindrance {
  readonly locks: readonly HeldLock[];
  readonly rings: readonly RingName[];
  readonly claimSlots: readonly Slot[];
  readonly claimHeads: readonly Lane[];
  readonly enqueueHeads: readonly Lane[];
  /** The attempts of locked receipts. */
  readonly attempts: readonly Token[];
}

/** What is read of the rows; each table has some of these columns. */
interface StoredRow {
  readonly ring: RingName;
  readonly slot: Slot;
  readonly lane_id: number;
  readonly job_ids: readonly number[];
  readonly run_leases: readonly number[];
}

/** Rows as they are stored, in the model's terms. */
export function hindrance(
  locks: readonly HeldLock[],
  rows: readonly LockedRow[],
  binding: Binding,
): Hindrance {
  const of = <T>(table: string, read: (row: StoredRow) => T): T[] =>
    rows.filter((r) => r.table === table).map(({ row }) => read(row as unknown as StoredRow));
  const attemptsOf = ({ job_ids, run_leases }: StoredRow): readonly Token[] =>
    job_ids.map((id, i) => ({ job: jobOf(binding, id), lease: run_leases[i]! }));
  return {
    locks,
    rings: of("rings", ({ ring }) => ring),
    claimSlots: of("claim_slots", ({ slot }) => slot),
    claimHeads: of("lane_claim_heads", ({ lane_id }) => laneOf(binding, lane_id)),
    enqueueHeads: of("lane_enqueue_heads", ({ lane_id }) => laneOf(binding, lane_id)),
    attempts: of("lease_claims", attemptsOf).flat(),
  };
}

/** Whether a lock in this mode on one of these tables was not to be had. */
const taken = (locks: readonly HeldLock[], relations: readonly string[], mode: Mode): boolean =>
  locks.some((l) => relations.includes(l.relation) && conflict(mode, l.mode));

const slotTaken = (locks: readonly HeldLock[], ring: RingName, slot: Slot, mode: Mode): boolean =>
  taken(locks, partitions(ring, slot), mode);

/** A table and all its partitions. */
const ringTaken = (locks: readonly HeldLock[], ring: RingName, mode: Mode): boolean =>
  ringTables[ring].some((table) =>
    locks.some((l) => new RegExp(`^${table}(_\\d+)?$`).test(l.relation) && conflict(mode, l.mode)),
  );

interface Step {
  readonly outcome: Outcome;
  readonly state: State;
}

interface Trying {
  readonly state: State;
  readonly call: Call;
  readonly met: Hindrance;
  readonly scope: Scope;
  readonly table: ActionTable | undefined;
}

/** What the call does then, or null: nothing that it needs was taken. */
interface Hindered {
  (trying: Trying): Step | null;
  /** What it answers, if it is turned away. */
  readonly word?: string;
}

const turnedAway = (word: string, when: (trying: Trying) => boolean): Hindered =>
  Object.assign(
    (trying: Trying) => (when(trying) ? { outcome: { result: word }, state: trying.state } : null),
    { word },
  );

const headLocked = ({ call, met }: Trying): boolean =>
  met.claimHeads.includes((call.args as { readonly lane: Lane }).lane);

/** The pass does not see the receipts that somebody else has locked. */
const passingOver: Hindered = ({ state, call, met, scope, table }) => {
  const { db } = state;
  const over = (c: LeaseClaim): boolean =>
    met.attempts.some(({ job, lease }) => job === c.job && lease === c.lease);
  const hidden = db.leaseClaims.filter(over);
  if (hidden.length === 0) return null;
  const rest = { ...db, leaseClaims: db.leaseClaims.filter((c) => !over(c)) };
  const { outcome, state: after } = step({ ...state, db: rest }, call, scope, table);
  const leaseClaims = [...after.db.leaseClaims, ...hidden];
  return { outcome, state: { ...after, db: { ...after.db, leaseClaims } } };
};

const rotating = (ring: RingName): Hindered =>
  turnedAway("blocked", ({ state, met, scope }) => {
    const slot = nextSlot(state.db.rings[ring], scope[`${ring}Slots`]);
    return met.rings.includes(ring) || slotTaken(met.locks, ring, slot, "ShareLock");
  });

const pruning = (
  ring: RingName,
  more: (trying: Trying, slot: Slot) => boolean = () => false,
): Hindered =>
  turnedAway("blocked", (trying) => {
    const { state, met, scope } = trying;
    const slot = oldestSlot(state.db.rings[ring], scope[`${ring}Slots`]);
    return (
      met.rings.includes(ring) ||
      (["queue", "claim", "lease"] as const).some((r) =>
        ringTaken(met.locks, r, "AccessShareLock"),
      ) ||
      slotTaken(met.locks, ring, slot, "AccessExclusiveLock") ||
      more(trying, slot)
    );
  });

const hindered: { readonly [N in ActionName]?: Hindered } = {
  Claim: turnedAway("empty", headLocked),
  AdvanceClaimCursor: turnedAway("noop", headLocked),
  RescueStaleReceipts: passingOver,
  RescueExpiredDeadlines: passingOver,
  RescueStaleLeases: passingOver,
  RescueExpiredLeaseDeadlines: passingOver,
  RescueCallbackTimeouts: passingOver,
  RotateQueue: rotating("queue"),
  RotateClaims: rotating("claim"),
  RotateLeases: rotating("lease"),
  // Jobs that outlive their slot are carried into the current one.
  PruneQueue: pruning("queue", ({ state, met }) => {
    const { locks, enqueueHeads } = met;
    const counts = taken(locks, ["queue_terminal_live_counts"], "ShareUpdateExclusiveLock");
    const current = slotTaken(locks, "queue", state.db.rings.queue.cur, "RowExclusiveLock");
    return counts || current || enqueueHeads.length > 0;
  }),
  PruneClaims: pruning("claim", ({ met }, slot) => met.claimSlots.includes(slot)),
  PruneLeases: pruning("lease"),
};

/** The actions that try to lock something and do not wait for it. */
export const hinderable = (action: ActionName): boolean => action in hindered;

/** What it answers to those whom it turns away, if it does. */
export const turnedAwayWith = (action: ActionName): string | undefined => hindered[action]?.word;

/** What a call does that met this, in this state; null if it need not have been hindered. */
export const hinder = (trying: Trying): Step | null =>
  hindered[trying.call.action]?.(trying) ?? null;
