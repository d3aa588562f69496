/** Small sets as arrays: the operations that the spec writes as `\cup`, `\cap`, `\` and `\in`. */

import type { Token } from "./state.js";

export const tokenOf = (row: Token): Token => ({ job: row.job, lease: row.lease });

export const sameToken = (a: Token, b: Token): boolean => a.job === b.job && a.lease === b.lease;

export const hasToken = (tokens: readonly Token[], token: Token): boolean =>
  tokens.some((t) => sameToken(t, token));

/** Tokens of `more` that are not yet in `tokens` are added. */
export function unionTokens(tokens: readonly Token[], more: readonly Token[]): readonly Token[] {
  const added = more.filter((t, i) => !hasToken(tokens, t) && more.findIndex(is(t)) === i);
  return added.length === 0 ? tokens : [...tokens, ...added.map(tokenOf)];
}

export const withoutTokens = (tokens: readonly Token[], less: readonly Token[]) =>
  less.length === 0 ? tokens : tokens.filter((t) => !hasToken(less, t));

export const commonTokens = (a: readonly Token[], b: readonly Token[]): readonly Token[] =>
  a.filter((t) => hasToken(b, t));

/** Callers are told of them in no order: as the model writes them. */
export const byName = (tokens: readonly Token[]): readonly Token[] =>
  [...tokens].sort((a, b) => (a.job === b.job ? a.lease - b.lease : a.job < b.job ? -1 : 1));

/** All integers from `low` up to and including `high`. */
export const range = (low: number, high: number): number[] =>
  Array.from({ length: Math.max(0, high - low + 1) }, (_, i) => low + i);

const is = (token: Token) => (other: Token) => sameToken(token, other);
