/** Finish: a worker ends the attempts whose tokens it presents, and is told which were stale. */

import type { Action } from "./action.js";
import { leaseOf, openReceipt, waiting } from "./evidence.js";
import { hasToken, range } from "./sets.js";
import type { Scope } from "./scope.js";
import type { ClosureOutcome, Db, LeaseClaim, Token } from "./state.js";
import {
  acknowledge,
  bury,
  conclude,
  defer,
  dropAttempts,
  endAttempts,
  finish,
  learn,
  learnStale,
  releaseKeys,
} from "./transformers.js";
import { waits } from "./producers.js";

export const allTokens = (scope: Scope): readonly Token[] =>
  scope.jobs.flatMap((job) => scope.leases.map((lease) => ({ job, lease })));

export interface TokensArgs {
  readonly tokens: readonly Token[];
}

/** Every set of 1 to `maxBatch` tokens. */
export function tokenBatches(scope: Scope): readonly TokensArgs[] {
  const all = allTokens(scope);
  const subsets = (size: number, from: number): (readonly Token[])[] =>
    size === 0
      ? [[]]
      : range(from, all.length - 1).flatMap((i) =>
          subsets(size - 1, i + 1).map((rest) => [all[i]!, ...rest]),
        );
  return range(1, scope.maxBatch).flatMap((n) => subsets(n, 0).map((tokens) => ({ tokens })));
}

/** How a completion answers one token. */
type Completion = "completed" | "stale" | "waiting" | "leaseManaged" | "receiptOnly";

/** What each path says of an open attempt; it ends those that it says it completed. */
interface Path {
  readonly receiptOnly: Completion;
  readonly running: Completion;
  readonly waiting: Completion;
}

const fast: Path = {
  receiptOnly: "completed",
  running: "leaseManaged",
  waiting: "leaseManaged",
};
const slow: Path = { receiptOnly: "receiptOnly", running: "completed", waiting: "waiting" };
const either: Path = { receiptOnly: "completed", running: "completed", waiting: "waiting" };

function answer(db: Db, token: Token, path: Path): Completion {
  if (!openReceipt(db, token)) return "stale";
  const lease = leaseOf(db, token);
  return path[lease ? lease.state : "receiptOnly"];
}

/** One compact row in the slot of the ready rows is the closed evidence of the whole batch. */
function completeReceipts(db: Db, receipts: readonly LeaseClaim[]): Db {
  if (receipts.length === 0) return db;
  const members = receipts.map(({ ready: slot, job, lease }) => ({ slot, job, lease }));
  const batches = [...db.receiptCompletionBatches, ...members];
  return {
    ...releaseKeys(dropAttempts(db, receipts), receipts),
    receiptCompletionBatches: batches,
  };
}

/** A lease-managed attempt needs its own terminal row and closure. */
const completeLeases = (db: Db, receipts: readonly LeaseClaim[]): Db =>
  receipts.length === 0
    ? db
    : conclude(endAttempts(db, receipts, "completed"), receipts, "completed");

const completion = (path: Path): Action<TokensArgs> => ({
  family: "finish",
  answers: [...new Set(["completed", "empty", "stale", ...Object.values(path)])],
  candidates: tokenBatches,
  possible: (env, { tokens }) => tokens.every((t) => hasToken(env.held, t)),
  refuse: (_db, { tokens }) => (tokens.length === 0 ? { result: "empty" } : null),
  apply: (db, { tokens }) => {
    const each = tokens.map((t, i) => {
      const word = answer(db, t, path);
      return word === "completed" && hasToken(tokens.slice(0, i), t) ? "stale" : word;
    });
    const ended = tokens.filter((_, i) => each[i] === "completed");
    const managed = (t: Token) => leaseOf(db, t) !== undefined;
    const receipts = (ts: readonly Token[]) => ts.map((t) => openReceipt(db, t)!);
    const done = completeReceipts(db, receipts(ended.filter((t) => !managed(t))));
    return {
      db: completeLeases(done, receipts(ended.filter(managed))),
      outcome: { result: "answered", each },
    };
  },
  learn: (env, { tokens }, { each = [] }) => {
    const ended = tokens.filter((_, i) => each[i] === "completed");
    const stale = tokens.filter((_, i) => each[i] === "stale");
    return finish(acknowledge(learnStale(env, stale), ended), ended);
  },
});

/** Receipt-only attempts, in one compact row; a lease-managed one is refused. */
export const CompleteFast = completion(fast);
/** Lease-managed attempts, with a terminal row and a closure each. */
export const CompleteSlow = completion(slow);
/** What workers call: what the fast path refuses as lease-managed takes the slow one. */
export const Complete = completion(either);

/** Ends one attempt with an explicit closure; what becomes of the job is up to the caller. */
function ending<Args extends { readonly token: Token }>(
  candidates: (scope: Scope) => readonly Args[],
  outcome: ClosureOutcome,
  effect: (db: Db, receipts: readonly LeaseClaim[], args: Args) => Db,
): Action<Args> {
  return {
    family: "finish",
    answers: [outcome, "stale", "waiting"],
    candidates,
    possible: (env, { token }) => hasToken(env.held, token),
    refuse: (db, { token }) => {
      if (!openReceipt(db, token)) return { result: "stale" };
      return waiting(db, token) ? { result: "waiting" } : null;
    },
    apply: (db, args) => {
      const receipts = [openReceipt(db, args.token)!];
      return {
        db: effect(endAttempts(db, receipts, outcome), receipts, args),
        outcome: { result: outcome },
      };
    },
    learn: (env, { token }, done) => {
      const known = learn(env, token, done);
      return done.result === "failed" ? finish(known, [token]) : known;
    },
  };
}

export interface TokenArgs {
  readonly token: Token;
}

export interface RetryArgs extends TokenArgs {
  /** Ticks until the job is due again. */
  readonly wait: number;
}

/** One instance per token: the domain of every action that names one. */
export const eachToken = (scope: Scope): readonly TokenArgs[] =>
  allTokens(scope).map((token) => ({ token }));

const eachTokenAndWait = (scope: Scope): readonly RetryArgs[] =>
  allTokens(scope).flatMap((token) => waits(scope).map((wait) => ({ token, wait })));

/** The attempt failed; the job comes back after a wait. */
export const Retry: Action<RetryArgs> = ending(
  eachTokenAndWait,
  "retried",
  (db, receipts, { wait }) => defer(db, receipts, wait, 0),
);

/** The worker puts the job off; the attempt does not count towards the limit of attempts. */
export const Snooze: Action<RetryArgs> = ending(
  eachTokenAndWait,
  "snoozed",
  (db, receipts, { wait }) => defer(db, receipts, wait, 1),
);

/** The attempt failed and the job with it; the fact stays in its slot. */
export const Fail: Action<TokenArgs> = ending(eachToken, "failed", (db, receipts) =>
  conclude(db, receipts, "failed"),
);

/** The attempt failed for good; the job is kept aside for an administrator. */
export const FailToDlq: Action<TokenArgs> = ending(eachToken, "deadLettered", bury);
