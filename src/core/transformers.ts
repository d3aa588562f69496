/** The tails that several actions share; each is the twin of the TLA+ operator of its name. */

import type { Outcome } from "./action.js";
import { peers, snoozesOf } from "./evidence.js";
import { commonTokens, hasToken, unionTokens, withoutTokens } from "./sets.js";
import type { Scope } from "./scope.js";
import type {
  ClosureOutcome,
  Db,
  DoneEntry,
  Env,
  Job,
  Lane,
  LaneAddress,
  LaneHead,
  LeaseClaim,
  ReadyEntry,
  Removal,
  Token,
} from "./state.js";

/** A job on its way to a lane's tail with its last run lease; callers list them in order. */
export interface Arrival extends Token {
  readonly lane: Lane;
  readonly snoozes: number;
}

/** Appends to the tails of their lanes, in the current slot, in the order given. */
export function appendReady(db: Db, arrivals: readonly Arrival[]): Db {
  const heads: Record<Lane, LaneHead> = { ...db.laneHeads };
  const rows = arrivals.map(({ lane, job, lease, snoozes }): ReadyEntry => {
    const { next, cursor } = heads[lane]!;
    heads[lane] = { next: next + 1, cursor };
    return { slot: db.rings.queue.cur, lane, seq: next, job, lease, snoozes };
  });
  return { ...db, laneHeads: heads, readyEntries: [...db.readyEntries, ...rows] };
}

/** Lane rows that must not be handed out any more. */
export function bar(db: Db, rows: readonly LaneAddress[]): Db {
  const tombstones = rows.map(({ slot, lane, seq }) => ({ slot, lane, seq }));
  return { ...db, readyTombstones: [...db.readyTombstones, ...tombstones] };
}

/** Writes the explicit proof that these receipts' attempts are over. */
export function closeReceipts(db: Db, receipts: readonly LeaseClaim[], outcome: ClosureOutcome) {
  const rows = receipts.map(({ slot, job, lease }) => ({ slot, job, lease, outcome }));
  return { ...db, leaseClaimClosures: [...db.leaseClaimClosures, ...rows] };
}

/** What attempts kept in rows that may be updated goes with them. */
export function dropAttempts(db: Db, tokens: readonly Token[]): Db {
  const kept = <T extends Token>(rows: readonly T[]): readonly T[] =>
    rows.some((r) => hasToken(tokens, r)) ? rows.filter((r) => !hasToken(tokens, r)) : rows;
  return { ...db, leases: kept(db.leases), attemptState: kept(db.attemptState) };
}

/** Ends the attempts of these receipts with an explicit closure. */
export const endAttempts = (db: Db, receipts: readonly LeaseClaim[], outcome: ClosureOutcome): Db =>
  dropAttempts(closeReceipts(db, receipts, outcome), receipts);

/** The jobs of these receipts go back to the tails of their lanes, in the order of the rows. */
export function reappend(db: Db, receipts: readonly LeaseClaim[]): Db {
  const ordered = [...receipts].sort((a, b) =>
    a.lane === b.lane ? a.seq - b.seq : a.lane < b.lane ? -1 : 1,
  );
  return appendReady(
    db,
    ordered.map((c) => ({ lane: c.lane, job: c.job, lease: c.lease, snoozes: snoozesOf(db, c) })),
  );
}

/** The jobs of these receipts come back after a wait. */
export function defer(db: Db, receipts: readonly LeaseClaim[], wait: number, more: number): Db {
  const rows = receipts.map((c) => {
    const { job, lease, lane } = c;
    return { job, lease, lane, wait, snoozes: snoozesOf(db, c) + more };
  });
  return { ...db, deferredJobs: [...db.deferredJobs, ...rows] };
}

/** A job holds its key as long as it is alive: from enqueue, and again from readmission. */
export function takeKeys(db: Db, jobs: readonly Job[], scope: Scope): Db {
  const keyed = jobs.filter((job) => peers(scope, job).length > 0).map((job) => ({ job }));
  return keyed.length === 0 ? db : { ...db, uniqueKeys: [...db.uniqueKeys, ...keyed] };
}

/** Jobs give their keys back when they end, in whatever way. */
export const releaseKeys = (db: Db, jobs: readonly { readonly job: Job }[]): Db =>
  db.uniqueKeys.length === 0
    ? db
    : { ...db, uniqueKeys: db.uniqueKeys.filter((u) => !jobs.some((j) => j.job === u.job)) };

/** The jobs of these receipts are kept aside for an administrator. */
export function bury(db: Db, receipts: readonly LeaseClaim[]): Db {
  const rows = receipts.map((c) => {
    const { job, lease, lane } = c;
    return { job, lease, lane, snoozes: snoozesOf(db, c) };
  });
  return { ...releaseKeys(db, receipts), dlqEntries: [...db.dlqEntries, ...rows] };
}

/** A terminal fact for each of these receipts, beside the ready row that keeps the body. */
export function conclude(db: Db, receipts: readonly LeaseClaim[], state: DoneEntry["state"]): Db {
  const rows = receipts.map(({ ready: slot, lane, seq, job, lease }) => {
    return { slot, lane, seq, job, lease, state, age: 0 };
  });
  return { ...releaseKeys(db, receipts), doneEntries: [...db.doneEntries, ...rows] };
}

/** A worker was told that its calls ended these attempts. */
export function acknowledge(env: Env, tokens: readonly Token[]): Env {
  return {
    ...env,
    acked: unionTokens(env.acked, tokens),
    reacked: unionTokens(env.reacked, commonTokens(tokens, env.acked)),
  };
}

/** A worker was told that these tokens are over: it lets go of them. */
export const learnStale = (env: Env, tokens: readonly Token[]): Env =>
  tokens.some((t) => hasToken(env.held, t))
    ? { ...env, held: withoutTokens(env.held, tokens) }
    : env;

/** These jobs are over for whoever asks; until an administrator takes it back, they stay so. */
export const finish = (env: Env, tokens: readonly Token[]): Env =>
  tokens.length === 0 ? env : { ...env, finished: unionTokens(env.finished, tokens) };

export const unfinish = (env: Env, job: Job): Env => ({
  ...env,
  finished: env.finished.filter((f) => f.job !== job),
});

/** What a worker learns from a call on one token: it was over, or the call ended the attempt. */
export const learn = (env: Env, token: Token, { result }: Outcome): Env =>
  result === "stale"
    ? learnStale(env, [token])
    : result === "waiting"
      ? env
      : acknowledge(env, [token]);

/** History went away with a named step. */
export function remove(env: Env, jobs: readonly Job[], by: Removal["by"]): Env {
  const fresh = jobs.filter((job) => !env.removed.some((r) => r.job === job && r.by === by));
  return { ...env, removed: [...env.removed, ...fresh.map((job) => ({ job, by }))] };
}
