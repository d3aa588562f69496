/** Truncating a queue slot that several lanes share, twin of ShardedPrune.tla. */

import type { FocusedAction, FocusedModel } from "./focused.js";

export interface ShardedConstants {
  readonly Lanes: readonly string[];
  readonly Slots: number;
  readonly MaxSeq: number;
}

interface LaneSeq {
  readonly slot: number;
  readonly lane: string;
  readonly seq: number;
}

/** Rows of the lane were handed out, up to this lane_seq. */
interface Evidence {
  readonly slot: number;
  readonly lane: string;
  readonly through: number;
}

interface Tables {
  readonly readyEntries: readonly LaneSeq[];
  readonly readyTombstones: readonly LaneSeq[];
  readonly attemptEvidence: readonly Evidence[];
}

interface ShardedDb extends Tables {
  readonly ring: { readonly cur: number; readonly init: number };
  readonly laneHeads: Readonly<Record<string, { readonly next: number; readonly cursor: number }>>;
}

/** This slot holds no pending row of this lane. */
interface Proof {
  readonly slot: number;
  readonly lane: string;
}

export interface ShardedState {
  readonly db: ShardedDb;
  readonly proofs: readonly Proof[];
}

type Constants = ShardedConstants;
type Action<A extends object = object> = FocusedAction<ShardedState, Constants, A>;
type LaneAction = Action<{ readonly lane: string }>;

const tables = ["readyEntries", "readyTombstones", "attemptEvidence"] as const;
const range = (first: number, last: number): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);
const allSlots = ({ Slots }: Constants): readonly number[] => range(0, Slots - 1);

const oldestSlot = ({ ring }: ShardedDb, { Slots }: Constants): number =>
  (ring.cur + Slots - (ring.init - 1)) % Slots;

const slotEmpty = (db: ShardedDb, slot: number): boolean =>
  tables.every((t) => db[t].every((r) => r.slot !== slot));

const sameRow = (r: LaneSeq, q: LaneSeq): boolean =>
  r.slot === q.slot && r.lane === q.lane && r.seq === q.seq;

const spent = (db: ShardedDb, r: LaneSeq): boolean =>
  db.readyTombstones.some((t) => sameRow(t, r)) ||
  db.attemptEvidence.some((e) => e.slot === r.slot && e.lane === r.lane && e.through >= r.seq);

const pending = (db: ShardedDb): readonly LaneSeq[] => db.readyEntries.filter((r) => !spent(db, r));

const pendingOf = (db: ShardedDb, lane: string): readonly LaneSeq[] =>
  pending(db)
    .filter((r) => r.lane === lane)
    .sort((r, q) => r.seq - q.seq);

const pendingIn = (db: ShardedDb, { slot, lane }: Proof): boolean =>
  pendingOf(db, lane).some((r) => r.slot === slot);

const lanes = ({ Lanes }: Constants) => Lanes.map((lane) => ({ lane }));

const withHead = (db: ShardedDb, lane: string, head: object): ShardedDb => ({
  ...db,
  laneHeads: { ...db.laneHeads, [lane]: { ...db.laneHeads[lane]!, ...head } },
});

const Enqueue: LaneAction = {
  candidates: lanes,
  step(state, { lane }) {
    const seq = state.db.laneHeads[lane]!.next;
    const row = { slot: state.db.ring.cur, lane, seq };
    const db = withHead(state.db, lane, { next: seq + 1 });
    const readyEntries = [...db.readyEntries, row];
    return { outcome: { result: "enqueued" }, state: { ...state, db: { ...db, readyEntries } } };
  },
};

/** Takes the first pending row at or after the cursor; its evidence stays in the row's slot. */
const Claim: LaneAction = {
  candidates: lanes,
  step(state, { lane }) {
    const { db } = state;
    const first = pendingOf(db, lane).find((r) => r.seq >= db.laneHeads[lane]!.cursor);
    if (!first) return { outcome: { result: "empty" }, state };
    const evidence = { slot: first.slot, lane, through: first.seq };
    const attemptEvidence = [...db.attemptEvidence, evidence];
    return { outcome: { result: "claimed" }, state: { ...state, db: { ...db, attemptEvidence } } };
  },
};

/** Spends one row, which need not be the first. */
const Cancel: Action<{ readonly lane: string; readonly seq: number }> = {
  candidates: ({ Lanes, MaxSeq }) =>
    Lanes.flatMap((lane) => range(1, MaxSeq).map((seq) => ({ lane, seq }))),
  step(state, { lane, seq }) {
    const { db } = state;
    const rows = pendingOf(db, lane).filter((r) => r.seq === seq);
    if (rows.length === 0) return { outcome: { result: "notReady" }, state };
    const readyTombstones = [...db.readyTombstones, ...rows];
    return {
      outcome: { result: "cancelled" },
      state: { ...state, db: { ...db, readyTombstones } },
    };
  },
};

/** Best effort: an advance that never comes loses nothing. */
const AdvanceClaimCursor: LaneAction = {
  candidates: lanes,
  step(state, { lane }) {
    const { next, cursor: now } = state.db.laneHeads[lane]!;
    const cursor = pendingOf(state.db, lane)[0]?.seq ?? next;
    if (cursor <= now) return { outcome: { result: "noop" }, state };
    const db = withHead(state.db, lane, { cursor });
    return { outcome: { result: "advanced", cursor }, state: { ...state, db } };
  },
};

const Rotate: Action = {
  candidates: () => [{}],
  step(state, _args, { Slots }) {
    const { db } = state;
    const cur = (db.ring.cur + 1) % Slots;
    if (!slotEmpty(db, cur)) return { outcome: { result: "skippedBusy" }, state };
    const ring = { cur, init: Math.min(db.ring.init + 1, Slots) };
    return { outcome: { result: "rotated" }, state: { ...state, db: { ...db, ring } } };
  },
};

/** No row will be appended to this slot before it is truncated. */
const sealed = (db: ShardedDb, slot: number): boolean =>
  slot !== db.ring.cur && !slotEmpty(db, slot);

/** The proof itself: every row of the lane in this slot is spent, by evidence of the same lane. */
const nothingPending = (db: ShardedDb, proof: Proof): boolean => !pendingIn(db, proof);

const proven = ({ proofs }: ShardedState, { slot, lane }: Proof): boolean =>
  proofs.some((p) => p.slot === slot && p.lane === lane);

/** Sealed slots may be proven ahead of their turn; a proof is never made twice. */
const Prove: Action<Proof> = {
  candidates: (constants) =>
    allSlots(constants).flatMap((slot) => constants.Lanes.map((lane) => ({ slot, lane }))),
  step(state, proof) {
    const skipped = (reason: string) => ({ outcome: { result: "skippedActive", reason }, state });
    if (proven(state, proof)) return { outcome: { result: "noop" }, state };
    if (!sealed(state.db, proof.slot)) return skipped("queueNotSealed");
    if (!nothingPending(state.db, proof)) return skipped("queuePendingReady");
    return { outcome: { result: "proven" }, state: { ...state, proofs: [...state.proofs, proof] } };
  },
};

/** Looks at no row again: the proofs are enough. They go with the rows that they are about. */
const Prune: Action = {
  candidates: () => [{}],
  step(state, _args, constants) {
    const { db, proofs } = state;
    const slot = oldestSlot(db, constants);
    if (db.ring.init === 1 || slotEmpty(db, slot)) return { outcome: { result: "noop" }, state };
    if (!constants.Lanes.every((lane) => proven(state, { slot, lane })))
      return { outcome: { result: "skippedActive", reason: "queueNotProven" }, state };
    const rest = tables.map((t) => [t, db[t].filter((r) => r.slot !== slot)]);
    const next = { ...db, ...Object.fromEntries(rest) };
    const others = proofs.filter((p) => p.slot !== slot);
    return { outcome: { result: "pruned" }, state: { db: next, proofs: others } };
  },
};

export const shardedPrune: FocusedModel<ShardedState, Constants> = {
  initial: ({ Lanes }) => ({
    db: {
      ring: { cur: 0, init: 1 },
      laneHeads: Object.fromEntries(Lanes.map((lane) => [lane, { next: 1, cursor: 1 }])),
      readyEntries: [],
      readyTombstones: [],
      attemptEvidence: [],
    },
    proofs: [],
  }),
  actions: { Enqueue, Claim, Cancel, AdvanceClaimCursor, Rotate, Prove, Prune },
  inBounds: ({ db }, { MaxSeq }) =>
    Object.values(db.laneHeads).every(({ next }) => next <= MaxSeq + 1),
  invariants: {
    ProofStaysTrue: {
      loss: "a slot is truncated on the word of a proof that rows have since made false",
      holds: ({ db, proofs }) => proofs.every((proof) => !pendingIn(db, proof)),
    },
  },
  stepProperties: {
    NoPendingTruncated: {
      loss: "a job of another lane or shard, that nobody has run yet, is lost",
      holds: (before, after) =>
        pending(before.db).every((r) => after.db.readyEntries.some((q) => sameRow(r, q))),
    },
  },
  liveness: {
    SpentSlotIsTruncated: {
      loss: "one lane that nobody claims from stops the ring for every lane",
    },
  },
};
