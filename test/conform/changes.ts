/** Planted bugs for one call each: the shipped definition of a function with one text replaced. */

import { changedSql } from "../changed-sql.js";

/** The rows of a lane as if nobody had ever cancelled one. */
const untombstoned = `(
        select e.* from ringproof.ready_entries e where e.slot = v_ready_slot and not exists (
          select from ringproof.attempt_evidence a
          where a.slot = e.slot and a.lane_id = e.lane_id and a.through_seq >= e.lane_seq)) r`;

/** The attempts of the tokens, whether they run or not. */
const everIssued = `(
      select t.place, c.lane_id, c.receipt_seq, m.* from ringproof.lease_claims c
      cross join lateral unnest(c.lane_seqs, c.job_ids, c.run_leases)
        as m (lane_seq, job_id, run_lease)
      join unnest(p_tokens) with ordinality
             as t (job_id, run_lease, claim_slot, lane_id, receipt_seq, place)
        on t.claim_slot = c.slot and t.lane_id = c.lane_id and t.receipt_seq = c.receipt_seq
           and t.job_id = m.job_id and t.run_lease = m.run_lease
      where c.slot = v_slot and c.ready_slot = v_ready) t`;

export const changes = {
  "prune_queue ignores receipts that nothing closes": changedSql(
    "rings",
    "queue_slot_pinned",
    "return 'queueUnclosedClaimRefs';",
    "null;",
  ),
  "claim hands out cancelled jobs": changedSql(
    "claim",
    "claim",
    "ringproof.pending_in(v_ready_slot) r",
    untombstoned,
  ),
  "complete_fast takes tokens that are over": changedSql(
    "finish",
    "complete_fast",
    "ringproof.open_among(p_tokens, v_slot, v_ready)",
    everIssued,
  ),
  "retry leaves the receipt open": changedSql(
    "finish",
    "end_attempts",
    "from ended order by place)",
    "from ended where p_outcome <> 'retried' order by place)",
  ),
  "discard leaves the receipt open": changedSql(
    "terminal",
    "discard_terminal",
    "order by r.slot, r.job_id, r.run_lease\n",
    "and false\n",
  ),
  "rotate does not look into the next slot": changedSql(
    "rings",
    "rotate",
    "if v_which <> '{}' then",
    "if false then",
  ),
  "promote_deferred refuses an early job and moves it": changedSql(
    "producers",
    "promote_deferred",
    "where job_id = any (v_locked) and run_at <= p_now",
    "where job_id = any (v_locked)",
  ),
  "discard_terminal says notReady for notTerminal": changedSql(
    "terminal",
    "discard_terminal",
    "'notTerminal'",
    "'notReady'",
  ),
  "retry_from_dlq starts at lease 0": changedSql(
    "admin",
    "retry_from_dlq",
    "job_id, lane_id, run_lease, payload)",
    "job_id, lane_id, 0 as run_lease, payload)",
  ),
  "retry_from_dlq loses the body": changedSql(
    "admin",
    "retry_from_dlq",
    "array_agg(payload order by place)",
    "array_agg('{}'::jsonb order by place)",
  ),
  "purge_dlq fails once it finds a dead job": changedSql(
    "admin",
    "purge_dlq",
    "--@ delete_dead",
    "if v_locked <> '{}' then raise 'planted' using errcode = 'XX001'; end if;",
  ),
  "claim fails": changedSql("claim", "claim", "--@ insert_evidence", "perform 1 / 0;"),
} as const;

export type Change = keyof typeof changes;
