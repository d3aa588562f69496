/** The tails that several actions share; each is the twin of the TLA+ operator of its name. */

import { commonTokens, hasToken, unionTokens, withoutTokens } from "./sets.js";
import type {
  ClosureOutcome,
  Db,
  Env,
  Job,
  Lane,
  LaneHead,
  LeaseClaim,
  ReadyEntry,
  Removal,
  Token,
} from "./state.js";

/** A job on its way to a lane's tail with its last run lease; callers list them in order. */
export interface Arrival extends Token {
  readonly lane: Lane;
}

/** Appends to the tails of their lanes, in the current slot, in the order given. */
export function appendReady(db: Db, arrivals: readonly Arrival[]): Db {
  const heads: Record<Lane, LaneHead> = { ...db.laneHeads };
  const rows = arrivals.map(({ lane, job, lease }): ReadyEntry => {
    const { next, cursor } = heads[lane]!;
    heads[lane] = { next: next + 1, cursor };
    return { slot: db.rings.queue.cur, lane, seq: next, job, lease };
  });
  return { ...db, laneHeads: heads, readyEntries: [...db.readyEntries, ...rows] };
}

/** Writes the explicit proof that these receipts' attempts are over. */
export function closeReceipts(db: Db, receipts: readonly LeaseClaim[], outcome: ClosureOutcome) {
  const rows = receipts.map(({ slot, job, lease }) => ({ slot, job, lease, outcome }));
  return { ...db, leaseClaimClosures: [...db.leaseClaimClosures, ...rows] };
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

/** History went away with a named step. */
export function remove(env: Env, jobs: readonly Job[], by: Removal["by"]): Env {
  const fresh = jobs.filter((job) => !env.removed.some((r) => r.job === job && r.by === by));
  return { ...env, removed: [...env.removed, ...fresh.map((job) => ({ job, by }))] };
}
