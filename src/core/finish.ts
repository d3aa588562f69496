/** Finish: a worker ends the attempts whose tokens it presents, and is told which were stale. */

import type { Action } from "./action.js";
import { openReceipt } from "./evidence.js";
import { hasToken, range, tokenOf, unionTokens } from "./sets.js";
import type { ClosureOutcome, Db, Env, LeaseClaim, Scope, Token } from "./state.js";
import { acknowledge, closeReceipts, learnStale } from "./transformers.js";
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

/** One compact row in the slot of the ready rows is the closed evidence of the whole batch. */
export const CompleteFast: Action<TokensArgs> = {
  family: "finish",
  answers: ["completed", "stale", "empty"],
  candidates: tokenBatches,
  possible: (env, { tokens }) => tokens.every((t) => hasToken(env.held, t)),
  refuse: (_db, { tokens }) => (tokens.length === 0 ? { result: "empty" } : null),
  apply: (db, { tokens }) => {
    const receipts = tokens.map((t, i) =>
      hasToken(tokens.slice(0, i), t) ? undefined : openReceipt(db, t),
    );
    const members = receipts
      .filter((c): c is LeaseClaim => c !== undefined)
      .map(({ ready: slot, job, lease }) => ({ slot, job, lease }));
    const batches = [...db.receiptCompletionBatches, ...members];
    return {
      db: members.length === 0 ? db : { ...db, receiptCompletionBatches: batches },
      outcome: {
        result: "answered",
        each: receipts.map((c) => (c ? "completed" : "stale")),
      },
    };
  },
  learn: (env, { tokens }, { each = [] }) => {
    const ended = tokens.filter((_, i) => each[i] === "completed");
    const stale = tokens.filter((_, i) => each[i] === "stale");
    const known = acknowledge(learnStale(env, stale), ended);
    return { ...known, finished: unionTokens(env.finished, ended) };
  },
};

/** Ends one attempt with an explicit closure; what else happens is up to the caller. */
function ending<Args extends { readonly token: Token }>(
  candidates: (scope: Scope) => readonly Args[],
  outcome: ClosureOutcome,
  effect: (db: Db, receipt: LeaseClaim, args: Args) => Db,
): Action<Args> {
  return {
    family: "finish",
    answers: [outcome, "stale"],
    candidates,
    possible: (env, { token }) => hasToken(env.held, token),
    refuse: (db, { token }) => (openReceipt(db, token) ? null : { result: "stale" }),
    apply: (db, args) => {
      const receipt = openReceipt(db, args.token)!;
      return {
        db: effect(closeReceipts(db, [receipt], outcome), receipt, args),
        outcome: { result: outcome },
      };
    },
    learn: (env: Env, { token }, { result }) =>
      result === "stale" ? learnStale(env, [token]) : acknowledge(env, [token]),
  };
}

export interface TokenArgs {
  readonly token: Token;
}

export interface RetryArgs extends TokenArgs {
  /** Ticks until the job is due again. */
  readonly wait: number;
}

/** The attempt failed; the job comes back after a wait. */
export const Retry: Action<RetryArgs> = ending(
  (scope) => allTokens(scope).flatMap((token) => waits(scope).map((wait) => ({ token, wait }))),
  "retried",
  (db, { job, lease, lane }, { wait }) => ({
    ...db,
    deferredJobs: [...db.deferredJobs, { job, lease, lane, wait }],
  }),
);

/** The attempt failed for good; the job is kept aside for an administrator. */
export const FailToDlq: Action<TokenArgs> = ending(
  (scope) => allTokens(scope).map((token) => ({ token })),
  "deadLettered",
  (db, { job, lease, lane }) => ({
    ...db,
    dlqEntries: [...db.dlqEntries, { ...tokenOf({ job, lease }), lane }],
  }),
);
