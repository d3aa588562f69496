/**
 * The state of the storage model as plain data, twin of `db` and `env` in SegmentedStorage.tla:
 * one array of rows per table, each row with the columns that matter, and what the world around
 * the database knows. Arrays stand for sets: their order means nothing and rows never repeat.
 */

import type { Scope } from "./scope.js";

/** The name of a job in the model, such as `j1`; in Postgres a `job_id`. */
export type Job = string;
/** The name of a lane: one (queue, priority, enqueue shard). */
export type Lane = string;
/** The index of one partition of a ring, from 0. */
export type Slot = number;

/** An attempt's identity, held by the worker that runs it; `lease` counts hand-outs from 1. */
export interface Token {
  readonly job: Job;
  readonly lease: number;
}

/** A ring's cursor: the slot written to now, and how many slots are in use. */
export interface Ring {
  readonly cur: Slot;
  readonly init: number;
}

/** Per lane: the lane_seq appended next, and the first that may still be unspent. */
export interface LaneHead {
  readonly next: number;
  readonly cursor: number;
}

/** Where a row of a lane is. */
export interface LaneAddress {
  readonly slot: Slot;
  readonly lane: Lane;
  readonly seq: number;
}

/** `snoozes` counts the attempts that were put off, and do not count as attempts. */
export interface ReadyEntry extends Token, LaneAddress {
  readonly snoozes: number;
}

export type ReadyTombstone = LaneAddress;

/** Every ready row of this slot and lane up to `through` was handed out, or was tombstoned. */
export interface AttemptEvidence {
  readonly slot: Slot;
  readonly lane: Lane;
  readonly through: number;
}

/** A terminal fact that names the ready row with the body. */
export interface DoneEntry extends Token, LaneAddress {
  readonly state: "completed" | "failed" | "cancelled";
  /** Ticks since the job failed, up to the floor of the retention; else 0. */
  readonly age: number;
}

/** One member of a compact completion batch, or of its tombstones. */
export interface CompletionMember extends Token {
  readonly slot: Slot;
}

/**
 * A receipt: `ready` is the queue slot of the row handed out, `age` its age and `left` the time to
 * its deadline, in ticks.
 */
export interface LeaseClaim extends Token, LaneAddress {
  readonly ready: Slot;
  readonly age: number;
  readonly left: number;
}

export type ClosureOutcome =
  | "completed"
  | "retried"
  | "snoozed"
  | "failed"
  | "deadLettered"
  | "rescued"
  | "deadlineExpired"
  | "callbackTimedOut"
  | "cancelled"
  | "terminalRemoved";

export interface LeaseClaimClosure extends Token {
  readonly slot: Slot;
  readonly outcome: ClosureOutcome;
}

/** The value of `left` and `beat` where there is no deadline, timeout or heartbeat. */
export const NONE = 99;

/** The row of a lease-managed attempt: ticks since its heartbeat, and to its callback timeout. */
export interface Lease extends Token {
  readonly slot: Slot;
  readonly state: "running" | "waiting";
  readonly beat: number;
  readonly left: number;
}

/** What a worker said of its attempt: ticks since its heartbeat, and how far it has come. */
export interface AttemptState extends Token {
  readonly beat: number;
  readonly progress: number;
}

/** `wait` is the number of ticks until the job is due. */
export interface DeferredJob extends Token {
  readonly lane: Lane;
  readonly wait: number;
  readonly snoozes: number;
}

export interface DlqEntry extends Token {
  readonly lane: Lane;
  readonly snoozes: number;
}

/** The job holds the unique key that it carries. */
export interface UniqueKey {
  readonly job: Job;
}

/** The tables whose rows the model holds, with their row types. */
export interface Tables {
  readonly readyEntries: readonly ReadyEntry[];
  readonly readyTombstones: readonly ReadyTombstone[];
  readonly attemptEvidence: readonly AttemptEvidence[];
  readonly doneEntries: readonly DoneEntry[];
  readonly receiptCompletionBatches: readonly CompletionMember[];
  readonly receiptCompletionTombstones: readonly CompletionMember[];
  readonly leaseClaims: readonly LeaseClaim[];
  readonly leaseClaimClosures: readonly LeaseClaimClosure[];
  readonly leases: readonly Lease[];
  readonly attemptState: readonly AttemptState[];
  readonly deferredJobs: readonly DeferredJob[];
  readonly dlqEntries: readonly DlqEntry[];
  readonly uniqueKeys: readonly UniqueKey[];
}

export const ringNames = ["queue", "claim", "lease"] as const;
export type RingName = (typeof ringNames)[number];

export interface Db extends Tables {
  readonly rings: Readonly<Record<RingName, Ring>>;
  readonly laneHeads: Readonly<Record<Lane, LaneHead>>;
}

export interface Removal {
  readonly job: Job;
  readonly by: "DiscardTerminal" | "PurgeDlq" | "PruneQueue";
}

/** What is not in the database: tokens in workers' hands, and the history invariants speak of. */
export interface Env {
  readonly enqueued: readonly Job[];
  readonly held: readonly Token[];
  readonly handed: readonly Token[];
  readonly rehanded: readonly Token[];
  readonly acked: readonly Token[];
  readonly reacked: readonly Token[];
  readonly finished: readonly Token[];
  readonly removed: readonly Removal[];
}

export interface State {
  readonly db: Db;
  readonly env: Env;
}

export type TableName = keyof Tables;
export type RowOf<T extends TableName> = Tables[T][number];

/** The columns of each table in the order in which every layer shows them. */
export const columns: { readonly [T in TableName]: readonly (keyof RowOf<T> & string)[] } = {
  readyEntries: ["slot", "lane", "seq", "job", "lease", "snoozes"],
  readyTombstones: ["slot", "lane", "seq"],
  attemptEvidence: ["slot", "lane", "through"],
  doneEntries: ["slot", "lane", "seq", "job", "lease", "state", "age"],
  receiptCompletionBatches: ["slot", "job", "lease"],
  receiptCompletionTombstones: ["slot", "job", "lease"],
  leaseClaims: ["slot", "ready", "lane", "seq", "job", "lease", "age", "left"],
  leaseClaimClosures: ["slot", "job", "lease", "outcome"],
  leases: ["slot", "job", "lease", "state", "beat", "left"],
  attemptState: ["job", "lease", "beat", "progress"],
  deferredJobs: ["job", "lease", "lane", "wait", "snoozes"],
  dlqEntries: ["job", "lease", "lane", "snoozes"],
  uniqueKeys: ["job"],
};

export const tableNames = Object.keys(columns) as readonly TableName[];

/** The tables that each ring partitions: a slot is one partition of every one of them. */
export const queueRingTables = [
  "readyEntries",
  "readyTombstones",
  "attemptEvidence",
  "doneEntries",
  "receiptCompletionBatches",
  "receiptCompletionTombstones",
] as const satisfies readonly TableName[];

export const claimRingTables = [
  "leaseClaims",
  "leaseClaimClosures",
] as const satisfies readonly TableName[];

/** The state before the first step: empty tables, every ring in slot 0. */
export function initialState(scope: Scope): State {
  const ring = { cur: 0, init: 1 };
  const tables = Object.fromEntries(tableNames.map((t) => [t, []])) as unknown as Tables;
  const heads = scope.lanes.map((lane) => [lane, { next: 1, cursor: 1 }]);
  return {
    db: {
      rings: { queue: ring, claim: ring, lease: ring },
      laneHeads: Object.fromEntries(heads),
      ...tables,
    },
    env: {
      enqueued: [],
      held: [],
      handed: [],
      rehanded: [],
      acked: [],
      reacked: [],
      finished: [],
      removed: [],
    },
  };
}
