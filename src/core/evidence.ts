/**
 * The predicates that stand for columns the engine does not have: spent, pending, closed, open,
 * terminal, stale. Each is the twin of the operator of the same name in SegmentedStorage.tla.
 */

import { hasToken, sameToken } from "./sets.js";
import type { Scope } from "./scope.js";
import {
  claimRingTables,
  NONE,
  queueRingTables,
  type AttemptState,
  type CompletionMember,
  type Db,
  type DoneEntry,
  type Job,
  type Lane,
  type Lease,
  type LeaseClaim,
  type ReadyEntry,
  type Ring,
  type Slot,
  type TableName,
  type Token,
} from "./state.js";

export const oldestSlot = (ring: Ring, size: number): Slot =>
  (ring.cur + size - (ring.init - 1)) % size;

export const nextSlot = (ring: Ring, size: number): Slot => (ring.cur + 1) % size;

/** The tables of a ring that hold rows in this slot, in the ring's own order. */
export function occupied(db: Db, tables: readonly TableName[], slot: Slot): TableName[] {
  return tables.filter((t) => (db[t] as readonly { slot: Slot }[]).some((r) => r.slot === slot));
}

export const queueSlotEmpty = (db: Db, slot: Slot): boolean =>
  occupied(db, queueRingTables, slot).length === 0;

export const claimSlotEmpty = (db: Db, slot: Slot): boolean =>
  occupied(db, claimRingTables, slot).length === 0;

export const tombstoned = (db: Db, row: ReadyEntry): boolean =>
  db.readyTombstones.some((t) => t.slot === row.slot && t.lane === row.lane && t.seq === row.seq);

/** This ready row must not be handed out: it was cancelled, or it was handed out already. */
export const spent = (db: Db, row: ReadyEntry): boolean =>
  tombstoned(db, row) ||
  db.attemptEvidence.some(
    (e) => e.slot === row.slot && e.lane === row.lane && e.through >= row.seq,
  );

export const pending = (db: Db): readonly ReadyEntry[] =>
  db.readyEntries.filter((r) => !spent(db, r));

/** Members of compact batches whose fact was not taken back by a tombstone. */
export const compactFacts = (db: Db): readonly CompletionMember[] =>
  db.receiptCompletionBatches.filter(
    (b) => !db.receiptCompletionTombstones.some((t) => t.slot === b.slot && sameToken(t, b)),
  );

/** Every public "this job ended" that still stands. */
export const terminalFacts = (db: Db): readonly CompletionMember[] =>
  db.doneEntries.length === 0 ? compactFacts(db) : [...db.doneEntries, ...compactFacts(db)];

/** A failed job that somebody may still want to retry. */
export const young = (done: DoneEntry, { failedFloor }: Scope): boolean =>
  done.state === "failed" && done.age < failedFloor;

export const closedExplicitly = (db: Db, token: Token): boolean =>
  hasToken(db.leaseClaimClosures, token);

/** There is evidence that this attempt is over. */
export const closed = (db: Db, token: Token): boolean =>
  closedExplicitly(db, token) || hasToken(compactFacts(db), token);

export const openReceipts = (db: Db): readonly LeaseClaim[] =>
  db.leaseClaims.filter((c) => !closed(db, c));

export const openReceipt = (db: Db, token: Token): LeaseClaim | undefined =>
  db.leaseClaims.find((c) => sameToken(c, token) && !closed(db, c));

export const leaseOf = (db: Db, token: Token): Lease | undefined =>
  db.leases.find((l) => sameToken(l, token));

/** The attempt is parked until the outside world calls back. */
export const waiting = (db: Db, token: Token): boolean => leaseOf(db, token)?.state === "waiting";

/** Open attempts without a lease: receipt rescue and the fast completion are for these alone. */
export const receiptOnly = (db: Db): readonly LeaseClaim[] =>
  openReceipts(db).filter((c) => !leaseOf(db, c));

/** Open attempts that do not wait for a callback. */
export const running = (db: Db): readonly LeaseClaim[] =>
  openReceipts(db).filter((c) => !waiting(db, c));

export const stateOf = (db: Db, token: Token): AttemptState | undefined =>
  db.attemptState.find((a) => sameToken(a, token));

/** Ticks since the attempt was last heard of: since its heartbeat, else since its hand-out. */
export function silence(db: Db, receipt: LeaseClaim): number {
  const beat = stateOf(db, receipt)?.beat ?? NONE;
  return beat === NONE ? receipt.age : beat;
}

export const staleReceipts = (db: Db, scope: Scope): readonly LeaseClaim[] =>
  receiptOnly(db).filter((c) => silence(db, c) === scope.staleAfter);

/** The ready row at this place; for an open receipt it is still there, with the body. */
export const rowAt = (db: Db, slot: Slot, lane: Lane, seq: number): ReadyEntry | undefined =>
  db.readyEntries.find((r) => r.slot === slot && r.lane === lane && r.seq === seq);

/**
 * The snoozes in the ready row that a receipt handed out, which stays as long as the receipt is
 * open; where a wrong prune took it, none.
 */
export const snoozesOf = (
  db: Db,
  { ready, lane, seq }: Pick<LeaseClaim, "ready" | "lane" | "seq">,
): number => rowAt(db, ready, lane, seq)?.snoozes ?? 0;

/** The rings hold no row at all, and no attempt has left anything behind. */
export const drained = (db: Db): boolean =>
  [...queueRingTables, ...claimRingTables, "leases" as const, "attemptState" as const].every(
    (t) => db[t].length === 0,
  );

/** The jobs that carry the same unique key, the job itself among them; none if it carries none. */
export const peers = ({ sameKey }: Scope, job: Job): readonly Job[] =>
  sameKey.find((jobs) => jobs.includes(job)) ?? [];

/** A name for the key that the job carries; null if it carries none. */
export function keyOf({ sameKey }: Scope, job: Job): string | null {
  const at = sameKey.findIndex((jobs) => jobs.includes(job));
  return at < 0 ? null : `k${at + 1}`;
}

/** Somebody holds the key that the job carries. */
export function keyTaken(db: Db, job: Job, scope: Scope): boolean {
  const rivals = peers(scope, job);
  return db.uniqueKeys.some((u) => rivals.includes(u.job));
}
