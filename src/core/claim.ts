/** Claim: hand-out of the first unspent rows of a lane, and the lossy advance of its cursor. */

import type { Action } from "./action.js";
import { pending } from "./evidence.js";
import { hasToken, range, tokenOf, unionTokens } from "./sets.js";
import type { Db, Lane, LeaseClaim, ReadyEntry } from "./state.js";

export interface ClaimArgs {
  readonly lane: Lane;
  /** The most jobs to hand out, at least 1. */
  readonly n: number;
  /** Ticks until the attempts must have ended; `NONE` for no deadline. */
  readonly deadline: number;
}

/** What a claim takes: the first unspent rows at or after the cursor, all of one slot. */
export function claimable(
  db: Db,
  { lane, n }: Pick<ClaimArgs, "lane" | "n">,
): readonly ReadyEntry[] {
  const cursor = db.laneHeads[lane]!.cursor;
  const rows = pending(db)
    .filter((r) => r.lane === lane && r.seq >= cursor)
    .sort((a, b) => a.seq - b.seq);
  return rows.filter((r) => r.slot === rows[0]!.slot).slice(0, n);
}

/** Receipts go to the current claim slot, evidence to the rows' slot, tokens to the worker. */
export const Claim: Action<ClaimArgs> = {
  family: "claim",
  answers: ["claimed", "empty"],
  candidates: (scope) =>
    scope.lanes.flatMap((lane) =>
      range(1, scope.maxBatch).flatMap((n) =>
        scope.deadlines.map((deadline) => ({ lane, n, deadline })),
      ),
    ),
  refuse: (db, args) => (claimable(db, args).length === 0 ? { result: "empty" } : null),
  apply: (db, args) => {
    const rows = claimable(db, args);
    const receipts = rows.map(({ slot: ready, lane, seq, job, lease }): LeaseClaim => ({
      slot: db.rings.claim.cur,
      ready,
      lane,
      seq,
      job,
      lease: lease + 1,
      age: 0,
      left: args.deadline,
    }));
    const { slot, lane, seq: through } = rows.at(-1)!;
    return {
      db: {
        ...db,
        leaseClaims: [...db.leaseClaims, ...receipts],
        attemptEvidence: [...db.attemptEvidence, { slot, lane, through }],
      },
      outcome: { result: "claimed", tokens: receipts.map(tokenOf) },
    };
  },
  learn: (env, _args, { tokens = [] }) => ({
    ...env,
    held: unionTokens(env.held, tokens),
    handed: unionTokens(env.handed, tokens),
    rehanded: unionTokens(
      env.rehanded,
      tokens.filter((t) => hasToken(env.handed, t)),
    ),
  }),
};

export interface LaneArgs {
  readonly lane: Lane;
}

/** The first lane_seq that may still be unspent. */
export function firstUnspent(db: Db, lane: Lane): number {
  const seqs = pending(db)
    .filter((r) => r.lane === lane)
    .map((r) => r.seq);
  return seqs.length === 0 ? db.laneHeads[lane]!.next : Math.min(...seqs);
}

/** Best effort, after the claim has committed: an advance that never comes loses nothing. */
export const AdvanceClaimCursor: Action<LaneArgs> = {
  family: "claim",
  answers: ["advanced", "noop"],
  candidates: (scope) => scope.lanes.map((lane) => ({ lane })),
  refuse: (db, { lane }) =>
    firstUnspent(db, lane) > db.laneHeads[lane]!.cursor ? null : { result: "noop" },
  apply: (db, { lane }) => {
    const head = { next: db.laneHeads[lane]!.next, cursor: firstUnspent(db, lane) };
    return {
      db: { ...db, laneHeads: { ...db.laneHeads, [lane]: head } },
      outcome: { result: "advanced", cursor: head.cursor },
    };
  },
};
