/** Attempt: a worker, or the outside world, speaks of an attempt that goes on. */

import type { Action } from "./action.js";
import { leaseOf, openReceipt, stateOf, waiting } from "./evidence.js";
import { eachToken, type TokenArgs } from "./finish.js";
import { hasToken, sameToken } from "./sets.js";
import { NONE, type AttemptState, type Db, type Lease, type Token } from "./state.js";
import { learnStale } from "./transformers.js";

const running = (db: Db, { token }: TokenArgs) => {
  if (!openReceipt(db, token)) return { result: "stale" } as const;
  return waiting(db, token) ? ({ result: "waiting" } as const) : null;
};

/** A call on a running attempt that leaves it running, or parks it. */
const speaking = (answer: string, effect: Action<TokenArgs>["apply"]): Action<TokenArgs> => ({
  family: "attempt",
  answers: [answer, "stale", "waiting"],
  candidates: eachToken,
  possible: (env, { token }) => hasToken(env.held, token),
  refuse: running,
  apply: effect,
  learn: (env, { token }, { result }) => (result === "stale" ? learnStale(env, [token]) : env),
});

const withLease = (db: Db, lease: Lease): Db => ({
  ...db,
  leases: [...db.leases.filter((l) => !sameToken(l, lease)), lease],
});

const withState = (db: Db, state: AttemptState): Db => ({
  ...db,
  attemptState: [...db.attemptState.filter((a) => !sameToken(a, state)), state],
});

const unheard = ({ job, lease }: Token): AttemptState => ({ job, lease, beat: NONE, progress: 0 });

/** Heard of now: in the lease of a lease-managed attempt, else in the attempt's state. */
export const Heartbeat = speaking("recorded", (db, { token }) => {
  const lease = leaseOf(db, token);
  const outcome = { result: "recorded" };
  if (lease) return { db: withLease(db, { ...lease, beat: 0 }), outcome };
  const state = stateOf(db, token) ?? unheard(token);
  return { db: withState(db, { ...state, beat: 0 }), outcome };
});

/** How far the attempt has come; it says nothing about when. */
export const FlushProgress = speaking("flushed", (db, { token }) => {
  const state = stateOf(db, token) ?? unheard(token);
  return { db: withState(db, { ...state, progress: 1 }), outcome: { result: "flushed" } };
});

/**
 * Parks the attempt until the outside world calls back; from here on it is lease-managed. Its
 * state is where calls look first, to find out whether there is a lease.
 */
export const ParkForCallback = speaking("parked", (db, { token: { job, lease } }, scope) => {
  const token = { job, lease };
  const slot = leaseOf(db, token)?.slot ?? db.rings.lease.cur;
  const silent = withState(db, { ...(stateOf(db, token) ?? unheard(token)), beat: NONE });
  const left = scope.callbackWait;
  const parked: Lease = { slot, ...token, state: "waiting", beat: NONE, left };
  return { db: withLease(silent, parked), outcome: { result: "parked" } };
});

/** The callback came: the attempt goes on under the same run lease. */
export const ResumeCallback: Action<TokenArgs> = {
  family: "attempt",
  answers: ["resumed", "notWaiting"],
  candidates: eachToken,
  refuse: (db, { token }) => (waiting(db, token) ? null : { result: "notWaiting" }),
  apply: (db, { token }) => {
    const lease = leaseOf(db, token)!;
    return {
      db: withLease(db, { ...lease, state: "running", beat: 0, left: NONE }),
      outcome: { result: "resumed" },
    };
  },
};
