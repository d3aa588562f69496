/** Environment: what happens around the database and cannot be refused by it. */

import type { Action } from "./action.js";
import { young } from "./evidence.js";
import { eachToken, type TokenArgs } from "./finish.js";
import { once, type NoArgs } from "./rings.js";
import { hasToken, withoutTokens } from "./sets.js";
import type { Scope } from "./scope.js";
import { NONE, type Db } from "./state.js";

/** Rows after one more tick; those that it does not change stay the same objects. */
function aged<T extends object>(rows: readonly T[], tick: (row: T) => Partial<T>): readonly T[] {
  const next = rows.map((row) => {
    const after = tick(row);
    const same = (Object.keys(after) as (keyof T)[]).every((k) => after[k] === row[k]);
    return same ? row : { ...row, ...after };
  });
  return next.every((row, i) => row === rows[i]) ? rows : next;
}

const sooner = (n: number): number => (n > 0 && n !== NONE ? n - 1 : n);

/** Time passes: every silence gets longer, every wait and every deadline comes nearer. */
function later(db: Db, scope: Scope): Db {
  const { staleAfter } = scope;
  const older = (n: number): number => (n < staleAfter ? n + 1 : n);
  const next: Partial<Db> = {
    leaseClaims: aged(db.leaseClaims, (c) => ({ age: older(c.age), left: sooner(c.left) })),
    leases: aged(db.leases, (l) => ({ beat: older(l.beat), left: sooner(l.left) })),
    attemptState: aged(db.attemptState, (a) => ({ beat: older(a.beat) })),
    deferredJobs: aged(db.deferredJobs, (d) => ({ wait: sooner(d.wait) })),
    doneEntries: aged(db.doneEntries, (d) => ({ age: young(d, scope) ? d.age + 1 : d.age })),
  };
  const same = (Object.keys(next) as (keyof Db)[]).every((t) => next[t] === db[t]);
  return same ? db : { ...db, ...next };
}

export const PassTime: Action<NoArgs> = {
  family: "environment",
  answers: ["passed", "noop"],
  candidates: once,
  refuse: (db, _args, scope) => (later(db, scope) === db ? { result: "noop" } : null),
  apply: (db, _args, scope) => ({ db: later(db, scope), outcome: { result: "passed" } }),
};

/** A worker crashes, or never learns the answer to its last call. */
export const ForgetToken: Action<TokenArgs> = {
  family: "environment",
  answers: ["forgotten"],
  candidates: eachToken,
  possible: (env, { token }) => hasToken(env.held, token),
  refuse: () => null,
  apply: (db) => ({ db, outcome: { result: "forgotten" } }),
  learn: (env, { token }) => ({ ...env, held: withoutTokens(env.held, [token]) }),
};
