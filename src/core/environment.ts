/** Environment: what happens around the database and cannot be refused by it. */

import type { Action } from "./action.js";
import { allTokens, type TokenArgs } from "./finish.js";
import { once, type NoArgs } from "./rings.js";
import { hasToken, withoutTokens } from "./sets.js";

/** Time passes: every receipt gets older, every deferred job's wait gets shorter. */
export const PassTime: Action<NoArgs> = {
  family: "environment",
  answers: ["passed", "noop"],
  candidates: once,
  refuse: (db, _args, scope) =>
    db.leaseClaims.some((c) => c.age < scope.staleAfter) || db.deferredJobs.some((d) => d.wait > 0)
      ? null
      : { result: "noop" },
  apply: (db, _args, scope) => ({
    db: {
      ...db,
      leaseClaims: db.leaseClaims.map((c) => ({
        ...c,
        age: Math.min(c.age + 1, scope.staleAfter),
      })),
      deferredJobs: db.deferredJobs.map((d) => ({ ...d, wait: Math.max(d.wait - 1, 0) })),
    },
    outcome: { result: "passed" },
  }),
};

/** A worker crashes, or never learns the answer to its last call. */
export const ForgetToken: Action<TokenArgs> = {
  family: "environment",
  answers: ["forgotten"],
  candidates: (scope) => allTokens(scope).map((token) => ({ token })),
  possible: (env, { token }) => hasToken(env.held, token),
  refuse: () => null,
  apply: (db) => ({ db, outcome: { result: "forgotten" } }),
  learn: (env, { token }) => ({ ...env, held: withoutTokens(env.held, [token]) }),
};
