/**
 * What must hold in every reachable state, and of every step: twins of the operators of the same
 * name in SegmentedStorage.tla, each with what a user loses when it breaks.
 */

import { keepsContract } from "./contract.js";
import {
  compactFacts,
  oldestSlot,
  openReceipt,
  openReceipts,
  peers,
  pending,
  rowAt,
  stateOf,
  terminalFacts,
  young,
} from "./evidence.js";
import type { ActionTable } from "./registry.js";
import { hasToken } from "./sets.js";
import type { Scope } from "./scope.js";
import type { Job, State } from "./state.js";

/** Of the actions, what an invariant speaks of. */
type Pruning = Pick<ActionTable, "PruneClaims">;

export interface Invariant {
  readonly loss: string;
  /** In a machine of these actions. */
  readonly holds: (state: State, scope: Scope, table: Pruning) => boolean;
}

export interface StepProperty {
  readonly loss: string;
  readonly holds: (before: State, after: State, scope: Scope) => boolean;
}

/** How many places hold the job. */
function places({ db, env }: State, job: Job): number {
  const tables: readonly (readonly { readonly job: Job }[])[] = [
    pending(db),
    db.deferredJobs,
    openReceipts(db),
    terminalFacts(db),
    db.dlqEntries,
    env.removed,
  ];
  return tables.reduce((sum, rows) => sum + rows.filter((r) => r.job === job).length, 0);
}

function bodiesRetained({ db }: State): boolean {
  const body = (slot: number, job: Job, lease: number) =>
    db.readyEntries.some((r) => r.slot === slot && r.job === job && r.lease === lease);
  return (
    openReceipts(db).every((c) => body(c.ready, c.job, c.lease - 1)) &&
    compactFacts(db).every((t) => body(t.slot, t.job, t.lease - 1)) &&
    db.doneEntries.every((d) => rowAt(db, d.slot, d.lane, d.seq)?.job === d.job)
  );
}

/** Once no attempt of the oldest claim slot runs, nothing refuses to prune it. */
function idleLaneNeverStopsClaims({ db }: State, scope: Scope, table: Pruning): boolean {
  const slot = oldestSlot(db.rings.claim, scope.claimSlots);
  if (db.rings.claim.init === 1 || openReceipts(db).some((c) => c.slot === slot)) return true;
  return table.PruneClaims.refuse(db, {}, scope)?.result !== "skippedActive";
}

function keysHeldByTheLiving({ db }: State, scope: Scope): boolean {
  if (scope.sameKey.length === 0) return db.uniqueKeys.length === 0;
  const living = [...pending(db), ...db.deferredJobs, ...openReceipts(db)];
  const keyed = new Set(living.map((r) => r.job).filter((job) => peers(scope, job).length > 0));
  return db.uniqueKeys.length === keyed.size && db.uniqueKeys.every((u) => keyed.has(u.job));
}

export const invariants = {
  NoTokenTwice: {
    loss: "two workers run the same attempt and nothing tells them apart",
    holds: ({ env }) => env.rehanded.length === 0,
  },
  OneWinnerPerToken: {
    loss: "two callers both believe that they ended the attempt, and both act on it",
    holds: ({ env }) => env.reacked.length === 0,
  },
  FinishedStaysFinished: {
    loss: "a job that was reported as over runs again, with its side effects",
    holds: ({ env }) =>
      env.finished.every((f) => env.handed.every((k) => k.job !== f.job || k.lease <= f.lease)),
  },
  EveryJobInOnePlace: {
    loss: "a job is lost without a trace, or is at once finished and about to run",
    holds: (state, scope) =>
      scope.jobs.every((j) => places(state, j) === (state.env.enqueued.includes(j) ? 1 : 0)),
  },
  CursorNeverPassesUnspent: {
    loss: "a pending job is skipped by every later claim: it waits for ever",
    holds: ({ db }) => pending(db).every((r) => r.seq >= db.laneHeads[r.lane]!.cursor),
  },
  IdleLaneNeverStopsClaims: {
    loss: "one lane whose cursor lags stops the claim ring, and with it every queue",
    holds: idleLaneNeverStopsClaims,
  },
  LaneSeqUnique: {
    loss: "two jobs share one address, and spending one silently spends the other",
    holds: ({ db }) =>
      new Set(db.readyEntries.map((r) => `${r.lane}/${r.seq}`)).size === db.readyEntries.length,
  },
  BodiesRetained: {
    loss: "a running or finished job has no body left to show or to run again",
    holds: bodiesRetained,
  },
  LeasesAreOpen: {
    loss: "an attempt has a second life in rows that its end should have taken along",
    holds: ({ db }) => [...db.leases, ...db.attemptState].every((k) => openReceipt(db, k)),
  },
  LeasesHaveState: {
    loss: "a lease is not found by those who look into the attempt's state for it",
    holds: ({ db }) => db.leases.every((l) => stateOf(db, l)),
  },
  OneLeasePerToken: {
    loss: "two rows disagree about whether an attempt runs or waits",
    holds: ({ db }) =>
      new Set(db.leases.map((l) => `${l.job}/${l.lease}`)).size === db.leases.length,
  },
  KeysHeldByTheLiving: {
    loss: "nobody can enqueue that work again, or a second job does it beside the first",
    holds: keysHeldByTheLiving,
  },
} as const satisfies Record<string, Invariant>;

export const stepProperties = {
  NoOpenReceiptTruncated: {
    loss: "the attempt of a live worker is forgotten: its job hangs, or is finished by nobody",
    holds: (before, after) =>
      openReceipts(before.db).every((c) => hasToken(after.db.leaseClaims, c)),
  },
  NoPendingRowTruncated: {
    loss: "a job that nobody has run yet is lost",
    holds: (before, after) =>
      pending(before.db).every((r) =>
        after.db.readyEntries.some(
          (q) => q.slot === r.slot && q.lane === r.lane && q.seq === r.seq && q.job === r.job,
        ),
      ),
  },
  NoYoungFailurePruned: {
    loss: "an operator finds a failed job gone before the time in which it may be retried",
    holds: (before, after, scope) =>
      before.db.doneEntries.every(
        (d) =>
          !young(d, scope) ||
          !after.env.removed.some((r) => r.job === d.job && r.by === "PruneQueue"),
      ),
  },
  KeepsContract: {
    loss: "the caller of the queue sees a job move in a way that the contract does not allow",
    holds: keepsContract,
  },
} as const satisfies Record<string, StepProperty>;

export type InvariantName = keyof typeof invariants;
export type StepPropertyName = keyof typeof stepProperties;
