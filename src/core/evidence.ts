/**
 * The predicates that stand for columns the engine does not have: spent, pending, closed, open,
 * terminal, stale. Each is the twin of the operator of the same name in SegmentedStorage.tla.
 */

import { hasToken, sameToken } from "./sets.js";
import {
  claimRingTables,
  queueRingTables,
  type CompletionMember,
  type Db,
  type LeaseClaim,
  type ReadyEntry,
  type Ring,
  type Scope,
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

const tombstoned = (db: Db, row: ReadyEntry): boolean =>
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

export const closedExplicitly = (db: Db, token: Token): boolean =>
  hasToken(db.leaseClaimClosures, token);

/** There is evidence that this attempt is over. */
export const closed = (db: Db, token: Token): boolean =>
  closedExplicitly(db, token) || hasToken(compactFacts(db), token);

export const openReceipts = (db: Db): readonly LeaseClaim[] =>
  db.leaseClaims.filter((c) => !closed(db, c));

export const openReceipt = (db: Db, token: Token): LeaseClaim | undefined =>
  db.leaseClaims.find((c) => sameToken(c, token) && !closed(db, c));

export const staleReceipts = (db: Db, scope: Scope): readonly LeaseClaim[] =>
  openReceipts(db).filter((c) => c.age === scope.staleAfter);

/** Both rings hold no row at all. */
export const drained = (db: Db): boolean =>
  [...queueRingTables, ...claimRingTables].every((t) => db[t].length === 0);
