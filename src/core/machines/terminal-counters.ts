/** How many jobs have ended, by bucket, twin of TerminalCounters.tla. */

import type { FocusedAction, FocusedModel } from "./focused.js";

export interface CountersConstants {
  readonly Jobs: readonly number[];
  readonly Buckets: number;
  readonly Slots: number;
}

interface Fact {
  readonly slot: number;
  readonly job: number;
}

interface Delta extends Fact {
  readonly bucket: number;
  /** 1 for a fact that came, -1 for one that went. */
  readonly delta: number;
}

/** By bucket. */
type Counts = Readonly<Record<string, number>>;

interface CountersDb {
  readonly ring: { readonly cur: number; readonly init: number };
  /** Done entries, and members of compact batches. */
  readonly terminalFacts: readonly Fact[];
  readonly queueTerminalCountDeltas: readonly Delta[];
  readonly queueTerminalLiveCounts: Counts;
}

export interface CountersState {
  readonly db: CountersDb;
  /** Jobs that have ended, whether or not the fact is still there. */
  readonly ended: readonly number[];
  /** What the running rebuild's snapshot saw. */
  readonly rebuild: {
    readonly at: "idle" | "read";
    readonly counted: Counts;
    readonly seen: readonly Delta[];
  };
}

type Constants = CountersConstants;
type Action<A extends object = object> = FocusedAction<CountersState, Constants, A>;

const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);

const byBucket = ({ Buckets }: Constants, count: (bucket: number) => number): Counts =>
  Object.fromEntries(upTo(Buckets).map((bucket) => [bucket, count(bucket)]));

const noRebuild = (constants: Constants): CountersState["rebuild"] => ({
  at: "idle",
  counted: byBucket(constants, () => 0),
  seen: [],
});

const inSlot = <R extends Fact>(rows: readonly R[], slot: number) =>
  rows.filter((r) => r.slot === slot);
const without = <R extends Fact>(rows: readonly R[], slot: number) =>
  rows.filter((r) => r.slot !== slot);

const slotEmpty = (db: CountersDb, slot: number): boolean =>
  [...db.terminalFacts, ...db.queueTerminalCountDeltas].every((r) => r.slot !== slot);

/** A function of the job alone, for every path that counts it or takes it away. */
const bucketOf = (job: number, { Buckets }: Constants): number => job % Buckets;

/** One more delta for each fact, in its slot, whether or not an earlier one was folded. */
function counted(db: CountersDb, facts: readonly Fact[], n: 1 | -1, k: Constants): CountersDb {
  const deltas = facts.map((fact) => ({ ...fact, bucket: bucketOf(fact.job, k), delta: n }));
  const queueTerminalCountDeltas = [...db.queueTerminalCountDeltas, ...deltas];
  return { ...db, queueTerminalCountDeltas };
}

const factsIn = (facts: readonly Fact[], bucket: number, constants: Constants): number =>
  facts.filter((f) => bucketOf(f.job, constants) === bucket).length;

const net = (rows: readonly Delta[], bucket: number): number =>
  rows.filter((r) => r.bucket === bucket).reduce((sum, r) => sum + r.delta, 0);

/** What a reader shows: both tables, in one snapshot. */
const shown = (db: CountersDb, bucket: number): number =>
  db.queueTerminalLiveCounts[bucket]! + net(db.queueTerminalCountDeltas, bucket);

/** A terminal fact by either path, a compact batch or a done entry, in the ready row's slot. */
const complete: Action<Fact> = {
  candidates: ({ Jobs, Slots }) =>
    Jobs.flatMap((job) => upTo(Slots).map((slot) => ({ job, slot }))),
  step(state, { job, slot }, constants) {
    const { db, ended } = state;
    const age = (db.ring.cur + constants.Slots - slot) % constants.Slots;
    if (ended.includes(job) || age >= db.ring.init) return { outcome: { result: "stale" }, state };
    const fact = { slot, job };
    const terminalFacts = [...db.terminalFacts, fact];
    const next = counted({ ...db, terminalFacts }, [fact], 1, constants);
    return {
      outcome: { result: "completed" },
      state: { ...state, db: next, ended: [...ended, job] },
    };
  },
};

const DiscardTerminal: Action<{ readonly job: number }> = {
  candidates: ({ Jobs }) => Jobs.map((job) => ({ job })),
  step(state, { job }, constants) {
    const { db } = state;
    const facts = db.terminalFacts.filter((f) => f.job === job);
    if (facts.length === 0) return { outcome: { result: "notTerminal" }, state };
    const terminalFacts = db.terminalFacts.filter((f) => f.job !== job);
    const next = counted({ ...db, terminalFacts }, facts, -1, constants);
    return { outcome: { result: "discarded" }, state: { ...state, db: next } };
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

/** Whoever truncates wants the lock of the counts at once or gives up, and a rebuild holds it. */
const mayTruncate = ({ rebuild }: CountersState): boolean => rebuild.at === "idle";

/** Deltas are relative: those of a slot that was folded before may sum to less than zero. */
const Rollup: Action<{ readonly slot: number }> = {
  candidates: ({ Slots }) => upTo(Slots).map((slot) => ({ slot })),
  step(state, { slot }, constants) {
    const { db } = state;
    const rows = inSlot(db.queueTerminalCountDeltas, slot);
    if (slot === db.ring.cur)
      return { outcome: { result: "skippedActive", reason: "queueCurrent" }, state };
    if (!mayTruncate(state)) return { outcome: { result: "blocked" }, state };
    if (rows.length === 0) return { outcome: { result: "noop" }, state };
    const live = (bucket: number) => db.queueTerminalLiveCounts[bucket]! + net(rows, bucket);
    const next = {
      ...db,
      queueTerminalCountDeltas: without(db.queueTerminalCountDeltas, slot),
      queueTerminalLiveCounts: byBucket(constants, live),
    };
    return { outcome: { result: "rolledUp" }, state: { ...state, db: next } };
  },
};

/** Facts that go with their slot leave the counts with it; what was not folded yet is folded. */
const Prune: Action = {
  candidates: () => [{}],
  step(state, _args, constants) {
    const { db } = state;
    const slot = (db.ring.cur + constants.Slots - (db.ring.init - 1)) % constants.Slots;
    if (db.ring.init === 1) return { outcome: { result: "noop" }, state };
    if (!mayTruncate(state)) return { outcome: { result: "blocked" }, state };
    if (slotEmpty(db, slot)) return { outcome: { result: "noop" }, state };
    const facts = inSlot(db.terminalFacts, slot);
    const rows = inSlot(db.queueTerminalCountDeltas, slot);
    const live = (bucket: number) =>
      db.queueTerminalLiveCounts[bucket]! + net(rows, bucket) - factsIn(facts, bucket, constants);
    const next = {
      ...db,
      terminalFacts: without(db.terminalFacts, slot),
      queueTerminalCountDeltas: without(db.queueTerminalCountDeltas, slot),
      queueTerminalLiveCounts: byBucket(constants, live),
    };
    return { outcome: { result: "pruned" }, state: { ...state, db: next } };
  },
};

/** One snapshot of the facts, and of the deltas which will be folded all the same. */
const RebuildRead: Action = {
  candidates: () => [{}],
  step(state, _args, constants) {
    const { db } = state;
    if (state.rebuild.at !== "idle") return { outcome: { result: "blocked" }, state };
    const rebuild = {
      at: "read",
      counted: byBucket(constants, (bucket) => factsIn(db.terminalFacts, bucket, constants)),
      seen: db.queueTerminalCountDeltas,
    } as const;
    return { outcome: { result: "read" }, state: { ...state, rebuild } };
  },
};

/** Deltas that were appended meanwhile are about facts that were not counted. */
const RebuildWrite: Action = {
  candidates: () => [{}],
  step(state, _args, constants) {
    const { db, rebuild } = state;
    if (rebuild.at !== "read") return { outcome: { result: "noop" }, state };
    const live = (bucket: number) => rebuild.counted[bucket]! - net(rebuild.seen, bucket);
    const next = { ...db, queueTerminalLiveCounts: byBucket(constants, live) };
    const after = { ...state, db: next, rebuild: noRebuild(constants) };
    return { outcome: { result: "rebuilt" }, state: after };
  },
};

const sum = (counts: readonly number[]): number => counts.reduce((total, n) => total + n, 0);

export const terminalCounters: FocusedModel<CountersState, Constants> = {
  initial: (constants) => ({
    db: {
      ring: { cur: 0, init: 1 },
      terminalFacts: [],
      queueTerminalCountDeltas: [],
      queueTerminalLiveCounts: byBucket(constants, () => 0),
    },
    ended: [],
    rebuild: noRebuild(constants),
  }),
  actions: {
    CompleteFast: complete,
    CompleteSlow: complete,
    DiscardTerminal,
    Rotate,
    Rollup,
    Prune,
    RebuildRead,
    RebuildWrite,
  },
  invariants: {
    ExactPerBucket: {
      loss: "a bucket is wrong for ever: deltas only ever add to what is there",
      holds: ({ db }, constants) =>
        upTo(constants.Buckets).every(
          (b) => shown(db, b) === factsIn(db.terminalFacts, b, constants),
        ),
    },
    ExactInTotal: {
      loss: "the queue's count of ended jobs is too high or too low, and nothing puts it right",
      holds: ({ db }, { Buckets }) =>
        sum(upTo(Buckets).map((b) => shown(db, b))) === db.terminalFacts.length,
    },
    NeverNegative: {
      loss: "a reader is shown fewer than no ended jobs, and clamps it: the error is hidden",
      holds: ({ db }, { Buckets }) => upTo(Buckets).every((b) => shown(db, b) >= 0),
    },
  },
  liveness: {
    EventuallyFolded: {
      loss: "every reader adds up the deltas of old slots, and they get no fewer",
    },
  },
};
