/** One logical queue over several partitions, twin of PartitionedRouting.tla. */

import type { FocusedAction, FocusedModel } from "./focused.js";

export interface RoutingConstants {
  readonly Producers: readonly string[];
  readonly Partitions: number;
  readonly Shards: number;
  readonly Words: number;
  readonly MaxRows: number;
}

interface Lane {
  readonly partition: number;
  readonly shard: number;
}

/** Something about a key in one lane: an attempt that a worker holds, or a row once appended. */
interface Keyed extends Lane {
  readonly key: number;
}

interface ReadyRow extends Keyed {
  readonly seq: number;
}

interface RoutingDb {
  /** The next lane_seq, by `partition,shard`. */
  readonly laneHeads: Readonly<Record<string, number>>;
  readonly readyEntries: readonly ReadyRow[];
  readonly attemptEvidence: readonly (Lane & { readonly through: number })[];
  readonly dlqEntries: readonly number[];
}

export interface RoutingState {
  readonly db: RoutingDb;
  readonly held: readonly Keyed[];
  readonly waiting: readonly number[];
  readonly sent: readonly Keyed[];
}

type Constants = RoutingConstants;
type Action<A extends object> = FocusedAction<RoutingState, Constants, A>;
type KeyAction = Action<{ readonly key: number }>;
type ProducerAction = Action<{ readonly producer: string; readonly key: number }>;

const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);
const allKeys = ({ Words }: Constants): readonly number[] => upTo(Words * Words);

/** Each level has a word of its own. */
const partitionWord = (key: number, { Words }: Constants): number => key % Words;
const shardWord = (key: number, { Words }: Constants): number => Math.floor(key / Words);

const home = (key: number, constants: Constants): number =>
  partitionWord(key, constants) % constants.Partitions;

/** Whoever enqueues comes to the same lane. */
const laneOf = (key: number, constants: Constants): Lane => ({
  partition: home(key, constants),
  shard: shardWord(key, constants) % constants.Shards,
});

const headOf = ({ partition, shard }: Lane): string => `${partition},${shard}`;
const sameLane = (r: Lane, q: Lane): boolean => headOf(r) === headOf(q);

const pending = ({ readyEntries, attemptEvidence }: RoutingDb): readonly ReadyRow[] =>
  readyEntries.filter((r) => !attemptEvidence.some((e) => sameLane(e, r) && e.through >= r.seq));

const live = ({ db, held, waiting }: RoutingState, key: number): boolean =>
  waiting.includes(key) || db.dlqEntries.includes(key) || held.some((h) => h.key === key);

/** The key's row goes to the tail of the lane. */
function sentTo(state: RoutingState, { partition, shard }: Lane, key: number): RoutingState {
  const at = { partition, shard, key };
  const seq = state.db.laneHeads[headOf(at)]!;
  const db = {
    ...state.db,
    readyEntries: [...state.db.readyEntries, { ...at, seq }],
    laneHeads: { ...state.db.laneHeads, [headOf(at)]: seq + 1 },
  };
  return { ...state, db, waiting: [...state.waiting, key], sent: [...state.sent, at] };
}

const keys = (constants: Constants) => allKeys(constants).map((key) => ({ key }));

const producersAndKeys = (constants: Constants) =>
  constants.Producers.flatMap((producer) => keys(constants).map(({ key }) => ({ producer, key })));

/** A new job, or one more of a key whose last job has ended. */
const Enqueue: ProducerAction = {
  candidates: producersAndKeys,
  step(state, { key }, constants) {
    if (live(state, key)) return { outcome: { result: "live" }, state };
    const lane = laneOf(key, constants);
    return { outcome: { result: "enqueued" }, state: sentTo(state, lane, key) };
  },
};

/** Takes the first pending row of one lane; its evidence is the lane's own. */
const Claim: Action<Lane> = {
  candidates: ({ Partitions, Shards }) =>
    upTo(Partitions).flatMap((partition) => upTo(Shards).map((shard) => ({ partition, shard }))),
  step(state, lane) {
    const rows = pending(state.db).filter((r) => sameLane(r, lane));
    const [first] = rows.sort((r, q) => r.seq - q.seq);
    if (!first) return { outcome: { result: "empty" }, state };
    const { key, seq } = first;
    const attemptEvidence = [...state.db.attemptEvidence, { ...lane, through: seq }];
    const claimed = {
      ...state,
      db: { ...state.db, attemptEvidence },
      held: [...state.held, { ...lane, key }],
      waiting: state.waiting.filter((k) => k !== key),
    };
    return { outcome: { result: "claimed" }, state: claimed };
  },
};

/** What becomes of a job whose attempt is over. */
const ending = (
  result: string,
  end: (state: RoutingState, attempt: Keyed) => RoutingState,
): KeyAction => ({
  candidates: keys,
  step(state, { key }) {
    const attempt = state.held.find((h) => h.key === key);
    if (!attempt) return { outcome: { result: "stale" }, state };
    const held = state.held.filter((h) => h !== attempt);
    return { outcome: { result }, state: end({ ...state, held }, attempt) };
  },
});

const Complete = ending("completed", (state) => state);

/** Back to the lane that the attempt came from: no router is asked. */
const Retry = ending("retried", (state, attempt) => sentTo(state, attempt, attempt.key));

const FailToDlq = ending("failed", ({ db, ...rest }, { key }) => ({
  ...rest,
  db: { ...db, dlqEntries: [...db.dlqEntries, key] },
}));

/** Any producer enqueues what was put aside once more, by the key that its row has kept. */
const Reenqueue: ProducerAction = {
  candidates: producersAndKeys,
  step(state, { key }, constants) {
    const { db } = state;
    if (!db.dlqEntries.includes(key)) return { outcome: { result: "notDead" }, state };
    const rest = { ...db, dlqEntries: db.dlqEntries.filter((k) => k !== key) };
    const lane = laneOf(key, constants);
    return { outcome: { result: "enqueued" }, state: sentTo({ ...state, db: rest }, lane, key) };
  },
};

/** Whether rows of one key were all sent to the same of these. */
const keptBy = ({ sent }: RoutingState, level: keyof Lane): boolean =>
  sent.every((r) => sent.every((q) => r.key !== q.key || r[level] === q[level]));

/** Whether the partition has had rows in all of its shards, once all its keys have been there. */
function reachesAll({ sent }: RoutingState, partition: number, constants: Constants): boolean {
  const there = sent.filter((r) => r.partition === partition);
  const own = allKeys(constants).filter((key) => home(key, constants) === partition);
  return (
    own.some((key) => there.every((r) => r.key !== key)) ||
    upTo(constants.Shards).every((shard) => there.some((r) => r.shard === shard))
  );
}

export const partitionedRouting: FocusedModel<RoutingState, Constants> = {
  initial: (constants) => ({
    db: {
      laneHeads: Object.fromEntries(Claim.candidates(constants).map((l) => [headOf(l), 1])),
      readyEntries: [],
      attemptEvidence: [],
      dlqEntries: [],
    },
    held: [],
    waiting: [],
    sent: [],
  }),
  actions: { Enqueue, Claim, Complete, Retry, FailToDlq, Reenqueue },
  inBounds: ({ db }, { MaxRows }) => db.readyEntries.length <= MaxRows,
  invariants: {
    KeyKeepsItsPartition: {
      loss: "jobs of one key are in two queues, and run beside each other or in the wrong order",
      holds: (state) => keptBy(state, "partition"),
    },
    KeyKeepsItsShard: {
      loss: "jobs of one key are in two lanes of a queue, and a later one overtakes",
      holds: (state) => keptBy(state, "shard"),
    },
    LanesDoNotMeet: {
      loss: "a claim from one partition spends a job of another one, which nobody ever runs",
      holds: ({ db, waiting }) => waiting.every((key) => pending(db).some((r) => r.key === key)),
    },
    EveryPartitionReachesEveryShard: {
      loss: "the jobs of a partition crowd into a few of its lanes, and its other shards are idle",
      holds: (state, constants) =>
        upTo(constants.Partitions).every((p) => reachesAll(state, p, constants)),
    },
  },
};
