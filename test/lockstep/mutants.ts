/** Planted bugs: each is one change to the core or to one SQL function, named by what is wrong. */

import { actions, type Action, type ActionTable, type Db } from "../../src/core/index.js";
import { changedSql } from "../../correctness/mutants/changed-sql.js";

type Apply<Args> = Action<Args>["apply"];

/** The action with its effect followed by one more change to the database. */
function then<Args>(action: Action<Args>, change: (after: Db, before: Db) => Db): Action<Args> {
  const apply: Apply<Args> = (db, args, scope) => {
    const done = action.apply(db, args, scope);
    return { ...done, db: change(done.db, db) };
  };
  return { ...action, apply };
}

/** The action without one of its reasons to refuse. */
const without = <Args>(action: Action<Args>, reason: string): Action<Args> => ({
  ...action,
  refuse: (db, args, scope) => {
    const refusal = action.refuse(db, args, scope);
    return refusal?.reason === reason ? null : refusal;
  },
});

const core = (change: Partial<ActionTable>): ActionTable => ({ ...actions, ...change });

const evidenceOneRowShort = (after: Db): Db => {
  const last = after.attemptEvidence.at(-1)!;
  const short = { ...last, through: last.through - 1 };
  return { ...after, attemptEvidence: [...after.attemptEvidence.slice(0, -1), short] };
};

const leasesStartAgain = (after: Db, before: Db): Db => {
  const old = new Set(before.readyEntries);
  const rows = after.readyEntries.map((r) => (old.has(r) ? r : { ...r, lease: 0 }));
  return { ...after, readyEntries: rows };
};

export const coreMutants: Readonly<Record<string, ActionTable>> = {
  "claim leaves its last row unspent": core({ Claim: then(actions.Claim, evidenceOneRowShort) }),
  "cancel forgets the tombstone": core({
    CancelReady: then(actions.CancelReady, (after, { readyTombstones }) => ({
      ...after,
      readyTombstones,
    })),
  }),
  "queue prune ignores pending rows": core({
    PruneQueue: without(actions.PruneQueue, "queuePendingReady"),
  }),
  "claim prune ignores open receipts": core({
    PruneClaims: without(actions.PruneClaims, "claimOpen"),
  }),
  "discard leaves the receipt open": core({
    DiscardTerminal: then(actions.DiscardTerminal, (after, { leaseClaimClosures }) => ({
      ...after,
      leaseClaimClosures,
    })),
  }),
  "retry from the DLQ starts at lease 0": core({
    RetryFromDlq: then(actions.RetryFromDlq, leasesStartAgain),
  }),
};

export const sqlMutants: Readonly<Record<string, string>> = {
  "queue prune ignores unclosed receipts": changedSql(
    "rings",
    "queue_slot_pinned",
    "return 'queueUnclosedClaimRefs';",
    "null;",
  ),
  "queue prune ignores pending rows": changedSql(
    "rings",
    "queue_slot_pinned",
    "return 'queuePendingReady';",
    "null;",
  ),
  "a heartbeat answers twice": changedSql(
    "attempt",
    "heartbeat",
    "return ringproof.answers_of(p_tokens, v_attempts, '{waiting}', 'recorded', 'recorded')",
    "return ringproof.answers_of(p_tokens || p_tokens, v_attempts, '{}', 'recorded', 'recorded')",
  ),
  "of two equal tokens the second completes": changedSql(
    "attempt",
    "open_among",
    "min(place) as place",
    "max(place) as place",
  ),
  "rescue takes fresh receipts too": changedSql(
    "rescue",
    "receipts_due",
    "then coalesce(a.heartbeat_at, o.claimed_at) < p_at",
    "then true",
  ),
  "receipt rescue takes lease-managed attempts": changedSql(
    "rescue",
    "receipts_due",
    "a.lease_slot is null",
    "true",
  ),
  "the end of an attempt leaves its lease": changedSql(
    "finish",
    "end_attempts",
    "where lease_slot is not null",
    "where false",
  ),
  "a snooze counts as an attempt": changedSql("finish", "snooze", "'snoozed', 1,", "'snoozed', 0,"),
  "the lease ring is pruned under a lease": changedSql(
    "rings",
    "lease_slot_pinned",
    "return 'leaseLive';",
    "null;",
  ),
  "moved jobs change their order": changedSql(
    "admin",
    "move_ready",
    "::ringproof.arrival order by place)",
    "::ringproof.arrival order by place desc)",
  ),
  "closures are late": changedSql(
    "finish",
    "end_attempts",
    "p_outcome, p_now from unnest",
    "p_outcome, p_now + interval '1 s' from unnest",
  ),
  "the view does not show dead jobs": changedSql(
    "evidence",
    "unended_jobs",
    "from ringproof.dlq_entries",
    "from ringproof.dlq_entries where false",
  ),
  "rebuild counts what deltas will add": changedSql(
    "counts",
    "rebuild_terminal_counts",
    "-d.delta",
    "0",
  ),
  "a lane that is there draws a number": changedSql(
    "producers",
    "ensure_lane",
    "if found then",
    "if false then",
  ),
  "a claim looks at the first lane only": changedSql(
    "lanes",
    "choose_lane",
    "for update of h skip locked",
    "",
  ),
  "a lane waits since its last job came": changedSql(
    "claim",
    "waiting_since",
    "order by r.lane_seq limit 1",
    "order by r.lane_seq desc limit 1",
  ),
  "moved by name, jobs are told each other's answers": changedSql(
    "lanes",
    "change_lanes",
    "v_answers[v_places[i]] := v_some[i]",
    "v_answers[i] := v_some[i]",
  ),
  "a parked attempt counts as a silent one": changedSql(
    "health",
    "open_pins",
    "when l.state = 'waiting' then 'callbackWait'",
    "",
  ),
  "who waits for a lock counts as a reader": changedSql(
    "health",
    "slot_readers",
    "and l.granted",
    "",
  ),
  "a queue has the dead jobs of all": changedSql(
    "health",
    "queue_metrics",
    `from ringproof.dlq_entries d
        join ringproof.lanes x using (lane_id) where x.queue = l.queue`,
    "from ringproof.dlq_entries d",
  ),
};
