/** Dead tuples of one table beside a long transaction, twin of DeadTupleContract.tla. */

import type { FocusedAction, FocusedModel } from "./focused.js";

export type Command = "insert" | "update" | "delete" | "truncate";

export interface DeadTupleConstants {
  /** What the contract allows to be done to the table. */
  readonly Commands: readonly Command[];
  readonly Slots: number;
  readonly PerTurn: number;
  readonly Rows: number;
  readonly Patience: number;
}

/** The tuples of one partition. */
export interface Heap {
  readonly live: number;
  /** Whether there are tuples that vacuum may remove: rolled back, or dead since before. */
  readonly aborted: boolean;
  readonly dead: boolean;
  /** How many died since the reader began. */
  readonly pinned: number;
}

export interface DeadTupleState {
  /** `behind`: slots behind the current one that were not truncated since. */
  readonly ring: { readonly cur: number; readonly behind: number };
  readonly heaps: Readonly<Record<string, Heap>>;
  readonly died: number;
  /** The long transaction. */
  readonly reader: {
    readonly pins: boolean;
    readonly locks: readonly number[];
    readonly turns: number;
  };
  readonly waiting: boolean;
}

type State = DeadTupleState;
type Constants = DeadTupleConstants;
type Action<A extends object = object> = FocusedAction<State, Constants, A>;
type PartAction = Action<{ readonly part: number }>;

const ringed = ({ Commands }: Constants): boolean => Commands.includes("truncate");
const size = (k: Constants): number => (ringed(k) ? k.Slots : 1);
const parts = (k: Constants): readonly number[] => Array.from({ length: size(k) }, (_, i) => i);

const fresh: Heap = { live: 0, aborted: false, dead: false, pinned: 0 };
const noReader: State["reader"] = { pins: false, locks: [], turns: 0 };

const oldestSlot = ({ ring }: State, k: Constants): number =>
  (ring.cur + size(k) - ring.behind) % size(k);

const pinnedIn = ({ heaps }: State): number =>
  Object.values(heaps).reduce((sum, { pinned }) => sum + pinned, 0);

/** Counts end above every bound that is stated below. */
const many = ({ PerTurn, Patience }: Constants): number => PerTurn * (Patience + 1);

/** The horizon of vacuum is where the reader began: what dies later waits for it. */
const killed = (heap: Heap, { reader }: State, k: Constants): Heap =>
  reader.pins ? { ...heap, pinned: Math.min(heap.pinned + 1, many(k)) } : { ...heap, dead: true };

const withHeap = (state: State, part: number, heap: Heap): State => ({
  ...state,
  heaps: { ...state.heaps, [part]: heap },
});

const garbage = ({ aborted, dead }: Heap): boolean => aborted || dead;

const done = (state: State) => ({ outcome: { result: "done" }, state });
const refused = (state: State, result = "refused") => ({ outcome: { result }, state });

const once = () => [{}];
const eachPart = (k: Constants) => parts(k).map((part) => ({ part }));

const Insert: Action = {
  candidates: once,
  step(state, _args, { Commands, Rows }) {
    const { cur } = state.ring;
    const heap = state.heaps[cur]!;
    if (!Commands.includes("insert") || heap.live >= Rows) return refused(state);
    return done(withHeap(state, cur, { ...heap, live: heap.live + 1 }));
  },
};

/** The transaction of an insert ends without a commit. Its tuple is dead for every snapshot. */
const RollBack: Action = {
  candidates: once,
  step(state, _args, { Commands }) {
    const { cur } = state.ring;
    const heap = state.heaps[cur]!;
    if (!Commands.includes("insert") || heap.aborted) return refused(state);
    return done(withHeap(state, cur, { ...heap, aborted: true }));
  },
};

/** Leaves one dead tuple; a turn has so much work for a table, whoever does it. */
const touch = (command: Command, change: (heap: Heap) => Heap): PartAction => ({
  candidates: eachPart,
  step(state, { part }, k) {
    const heap = state.heaps[part]!;
    if (!k.Commands.includes(command) || heap.live === 0 || state.died >= k.PerTurn)
      return refused(state);
    const after = withHeap(state, part, killed(change(heap), state, k));
    return done({ ...after, died: state.died + 1 });
  },
});

/** A slot without rows may be full of dead ones; only a truncated one is used again. */
const Rotate: Action = {
  candidates: once,
  step(state, _args, k) {
    const { ring, reader } = state;
    if (ringed(k) && ring.behind >= size(k) - 1) return refused(state, "skippedBusy");
    const behind = Math.min(ring.behind + 1, size(k) - 1);
    const turns = reader.pins ? Math.min(reader.turns + 1, k.Patience) : 0;
    return done({
      ...state,
      ring: { cur: (ring.cur + 1) % size(k), behind },
      died: 0,
      reader: { ...reader, turns },
    });
  },
};

/** TRUNCATE asks for a lock, without waiting, and for no snapshot. */
const Prune: Action = {
  candidates: once,
  step(state, _args, k) {
    const { ring, reader } = state;
    if (ring.behind === 0) return refused(state, "noop");
    const slot = oldestSlot(state, k);
    if (reader.locks.includes(slot)) return refused(state, "blocked");
    const after = withHeap(state, slot, fresh);
    return done({ ...after, ring: { ...ring, behind: ring.behind - 1 } });
  },
};

const BeginReader: Action = {
  candidates: once,
  step: (state) =>
    state.reader.pins ? refused(state) : done({ ...state, reader: { ...noReader, pins: true } }),
};

const ReadPartition: PartAction = {
  candidates: eachPart,
  step(state, { part }) {
    const { reader } = state;
    if (!reader.pins || reader.locks.includes(part)) return refused(state);
    return done({ ...state, reader: { ...reader, locks: [...reader.locks, part] } });
  },
};

/** Vacuum may now have what died while it ran. */
const EndReader: Action = {
  candidates: once,
  step(state) {
    if (!state.reader.pins) return refused(state);
    const heaps = Object.entries(state.heaps).map(([part, heap]) => [
      part,
      { ...heap, dead: heap.dead || heap.pinned > 0, pinned: 0 },
    ]);
    return done({ ...state, heaps: Object.fromEntries(heaps), reader: noReader });
  },
};

const Vacuum: PartAction = {
  candidates: eachPart,
  step(state, { part }) {
    const heap = state.heaps[part]!;
    if (!garbage(heap)) return refused(state);
    return done(withHeap(state, part, { ...heap, aborted: false, dead: false }));
  },
};

const appendOnly = ({ Commands }: Constants): boolean =>
  !Commands.includes("update") && !Commands.includes("delete");

export const deadTupleContract: FocusedModel<State, Constants> = {
  initial: (k) => ({
    ring: { cur: 0, behind: 0 },
    heaps: Object.fromEntries(parts(k).map((part) => [part, fresh])),
    died: 0,
    reader: noReader,
    waiting: false,
  }),
  actions: {
    Insert,
    RollBack,
    Update: touch("update", (heap) => heap),
    Delete: touch("delete", (heap) => ({ ...heap, live: heap.live - 1 })),
    Rotate,
    Prune,
    BeginReader,
    ReadPartition,
    EndReader,
    Vacuum,
  },
  invariants: {
    AppendOnlyNeverDies: {
      loss: "every claim wades through dead rows of its lane as long as the reader stays",
      holds: ({ heaps }, k) =>
        !appendOnly(k) || Object.values(heaps).every((h) => !h.dead && h.pinned === 0),
    },
    BoundedByTurns: {
      loss: "a small table is not small: its dead rows grow with every call that changes nothing",
      holds: (state, { PerTurn, Patience }) =>
        state.reader.turns >= Patience || pinnedIn(state) <= PerTurn * (state.reader.turns + 1),
    },
    BoundedByRing: {
      loss: "one long transaction lets the slots grow for as long as it stays",
      holds: (state, k) => !ringed(k) || pinnedIn(state) <= k.PerTurn * k.Slots,
    },
    PruneNeverQueues: {
      loss: "prune queues behind the reader, and every worker queues behind prune",
      holds: ({ waiting }) => !waiting,
    },
  },
  stepProperties: {
    TruncateReclaims: {
      loss: "a slot comes back with dead rows in it, which its next turn wades through",
      holds: (before, after, k) => {
        const heap = after.heaps[oldestSlot(before, k)]!;
        const clean = heap.live === 0 && !garbage(heap) && heap.pinned === 0;
        return after.ring.behind >= before.ring.behind || clean;
      },
    },
  },
  liveness: {
    EventuallyReclaimed: { loss: "what no snapshot sees any more stays on disk for ever" },
    DrainsUnderReader: {
      loss: "a reader that has no lock on any slot stops the reclamation of all of them",
    },
  },
};
