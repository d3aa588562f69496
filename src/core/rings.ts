/** Rings: the cursor moves into an empty slot; the oldest is truncated once nothing needs it. */

import type { Action } from "./action.js";
import {
  claimSlotEmpty,
  closedExplicitly,
  leaseOf,
  nextSlot,
  occupied,
  oldestSlot,
  openReceipts,
  pending,
  queueSlotEmpty,
  rowAt,
  terminalFacts,
  young,
} from "./evidence.js";
import type { Scope } from "./scope.js";
import {
  claimRingTables,
  queueRingTables,
  type Db,
  type DoneEntry,
  type Ring,
  type RingName,
  type Slot,
  type TableName,
} from "./state.js";
import { appendReady, bar, remove } from "./transformers.js";

/** Actions without arguments have exactly one instance. */
export type NoArgs = Readonly<Record<string, never>>;
export const once = (): readonly NoArgs[] => [{}];

const sizeOf = (ring: RingName, scope: Scope): number => scope[`${ring}Slots`];

function rotated({ cur, init }: Ring, size: number): Ring {
  return { cur: (cur + 1) % size, init: Math.min(init + 1, size) };
}

const rotation = (ring: RingName, tables: readonly TableName[]): Action<NoArgs> => ({
  family: "rings",
  answers: ["rotated", "skippedBusy"],
  candidates: once,
  refuse: (db, _args, scope) => {
    const which = occupied(db, tables, nextSlot(db.rings[ring], sizeOf(ring, scope)));
    return which.length > 0 ? { result: "skippedBusy", which } : null;
  },
  apply: (db, _args, scope) => ({
    db: { ...db, rings: { ...db.rings, [ring]: rotated(db.rings[ring], sizeOf(ring, scope)) } },
    outcome: { result: "rotated" },
  }),
});

export const RotateQueue = rotation("queue", queueRingTables);
export const RotateClaims = rotation("claim", claimRingTables);

/** Leases are deleted, so an empty slot may be full of dead rows: only a truncated one will do. */
export const RotateLeases: Action<NoArgs> = {
  ...rotation("lease", ["leases"]),
  refuse: (db, _args, { leaseSlots }) =>
    db.rings.lease.init < leaseSlots ? null : { result: "skippedBusy", which: ["leases"] },
};

/** The database without the rows that these tables hold in this slot. */
function truncated(db: Db, tables: readonly TableName[], slot: Slot): Db {
  const rest = tables.map((t) => [
    t,
    (db[t] as readonly { slot: Slot }[]).filter((r) => r.slot !== slot),
  ]);
  return { ...db, ...Object.fromEntries(rest) };
}

const oldest = (db: Db, ring: RingName, scope: Scope): Slot =>
  oldestSlot(db.rings[ring], sizeOf(ring, scope));

/** A receipt whose only proof of an end may lie in this queue slot. */
const hasUnclosedRef = (db: Db, slot: Slot): boolean =>
  db.leaseClaims.some((c) => c.ready === slot && !closedExplicitly(db, c));

const hasPending = (db: Db, slot: Slot): boolean => pending(db).some((r) => r.slot === slot);

/** An attempt with a lease still needs the body in this queue slot. */
const hasActiveLease = (db: Db, slot: Slot): boolean =>
  db.leaseClaims.some((c) => c.ready === slot && leaseOf(db, c));

/** Failed jobs of this slot that outlive it. */
const kept = (db: Db, slot: Slot, scope: Scope): readonly DoneEntry[] =>
  db.doneEntries.filter((d) => d.slot === slot && young(d, scope));

/**
 * They move to the tails of their lanes in the current slot: the row with the body, spent from the
 * beginning, and the fact beside it.
 */
function carryForward(db: Db, before: Db, done: readonly DoneEntry[]): Db {
  if (done.length === 0) return db;
  const facts = [...done].sort((a, b) => a.seq - b.seq);
  const bodies = facts.map(({ slot, lane, seq }) => rowAt(before, slot, lane, seq)!);
  const appended = appendReady(db, bodies);
  const rows = appended.readyEntries.slice(db.readyEntries.length);
  const moved = facts.map((fact, i) => ({ ...fact, slot: rows[i]!.slot, seq: rows[i]!.seq }));
  return { ...bar(appended, rows), doneEntries: [...db.doneEntries, ...moved] };
}

export const PruneQueue: Action<NoArgs> = {
  family: "rings",
  answers: [
    "pruned",
    "noop",
    "skippedActive queueActiveLeases",
    "skippedActive queueUnclosedClaimRefs",
    "skippedActive queuePendingReady",
  ],
  candidates: once,
  refuse: (db, _args, scope) => {
    const slot = oldest(db, "queue", scope);
    if (db.rings.queue.init === 1 || queueSlotEmpty(db, slot)) return { result: "noop" };
    if (hasActiveLease(db, slot)) return { result: "skippedActive", reason: "queueActiveLeases" };
    if (hasUnclosedRef(db, slot))
      return { result: "skippedActive", reason: "queueUnclosedClaimRefs" };
    if (hasPending(db, slot)) return { result: "skippedActive", reason: "queuePendingReady" };
    return null;
  },
  apply: (db, _args, scope) => {
    const slot = oldest(db, "queue", scope);
    const rest = truncated(db, queueRingTables, slot);
    return { db: carryForward(rest, db, kept(db, slot, scope)), outcome: { result: "pruned" } };
  },
  learn: (env, _args, { result }, before, scope) => {
    if (result !== "pruned") return env;
    const slot = oldest(before, "queue", scope);
    const stay = kept(before, slot, scope).map((d) => d.job);
    const jobs = terminalFacts(before)
      .filter((t) => t.slot === slot)
      .map((t) => t.job);
    return remove(
      env,
      jobs.filter((job) => !stay.includes(job)),
      "PruneQueue",
    );
  },
};

export const PruneClaims: Action<NoArgs> = {
  family: "rings",
  answers: ["pruned", "noop", "skippedActive claimOpen"],
  candidates: once,
  refuse: (db, _args, scope) => {
    const slot = oldest(db, "claim", scope);
    if (db.rings.claim.init === 1 || claimSlotEmpty(db, slot)) return { result: "noop" };
    return openReceipts(db).some((c) => c.slot === slot)
      ? { result: "skippedActive", reason: "claimOpen" }
      : null;
  },
  apply: (db, _args, scope) => ({
    db: truncated(db, claimRingTables, oldest(db, "claim", scope)),
    outcome: { result: "pruned" },
  }),
};

export const PruneLeases: Action<NoArgs> = {
  family: "rings",
  answers: ["pruned", "noop", "skippedActive leaseLive"],
  candidates: once,
  refuse: (db, _args, scope) => {
    if (db.rings.lease.init === 1) return { result: "noop" };
    const slot = oldest(db, "lease", scope);
    return db.leases.some((l) => l.slot === slot)
      ? { result: "skippedActive", reason: "leaseLive" }
      : null;
  },
  apply: (db) => {
    const { cur, init } = db.rings.lease;
    return {
      db: { ...db, rings: { ...db.rings, lease: { cur, init: init - 1 } } },
      outcome: { result: "pruned" },
    };
  },
};
