/** Planted bugs for one call each: the shipped definition of a function with one text replaced. */

import { changedSql } from "../../correctness/mutants/changed-sql.js";

/** The attempts of the tokens, whether they run or not. */
const everIssued = `array(
    select distinct on (m.job_id, m.run_lease)
           row(t.place, c.slot, c.lane_id, c.receipt_seq, c.ready_slot, m.lane_seq, m.job_id,
               m.run_lease, null, 'receiptOnly')::ringproof.attempt
    from ringproof.lease_claims c
    cross join lateral unnest(c.lane_seqs, c.job_ids, c.run_leases)
      as m (lane_seq, job_id, run_lease)
    join unnest(p_tokens) with ordinality
           as t (job_id, run_lease, claim_slot, lane_id, receipt_seq, place)
      on t.claim_slot = c.slot and t.lane_id = c.lane_id and t.receipt_seq = c.receipt_seq
         and t.job_id = m.job_id and t.run_lease = m.run_lease
    order by m.job_id, m.run_lease, t.place)`;

export const changes = {
  "prune_queue ignores receipts that nothing closes": changedSql(
    "rings",
    "queue_slot_pinned",
    "return 'queueUnclosedClaimRefs';",
    "null;",
  ),
  "claim hands out cancelled jobs": changedSql(
    "evidence",
    "pending_in",
    "t.slot = p_slot and t.lane_id",
    "false and t.lane_id",
  ),
  "complete_fast takes tokens that are over": changedSql(
    "finish",
    "complete_fast",
    "ringproof.find_open(p_tokens)",
    everIssued,
  ),
  "retry leaves the receipt open": changedSql(
    "finish",
    "end_attempts",
    "from unnest(p_attempts)\n  order by",
    "from unnest(p_attempts)\n  where p_outcome <> 'retried' order by",
  ),
  "discard leaves the receipt open": changedSql(
    "terminal",
    "close_orphans",
    "order by r.slot, r.job_id, r.run_lease;\n",
    "and false;\n",
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
    "job_id = any (v_locked) and run_at <= p_now",
    "job_id = any (v_locked)",
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
    "returning lane_id, job_id, run_lease,",
    "returning lane_id, job_id, 0 as run_lease,",
  ),
  "retry_from_dlq loses the body": changedSql(
    "admin",
    "retry_from_dlq",
    "unique_key, payload)",
    "unique_key, '{}'::jsonb)",
  ),
  "purge_dlq fails once it finds a dead job": changedSql(
    "admin",
    "purge_dlq",
    "--@ delete_dead",
    "if v_locked <> '{}' then raise 'planted' using errcode = 'XX001'; end if;",
  ),
  "rescue takes what was claimed at the cutoff": changedSql(
    "rescue",
    "receipts_due",
    "o.claimed_at) < p_at",
    "o.claimed_at) <= p_at",
  ),
  "the cursor takes the generation of the ring": changedSql(
    "claim",
    "advance_claim_cursor",
    "cursor_generation = coalesce(v_seen, cursor_generation)",
    "cursor_generation = v_ring.generation",
  ),
  "the cursor moves one too far": changedSql(
    "claim",
    "advance_claim_cursor",
    "set cursor_seq = coalesce(v_seq, v_tail),",
    "set cursor_seq = coalesce(v_seq, v_tail) + 1,",
  ),
  "behind a moved cursor, claim begins one slot too late": changedSql(
    "claim",
    "hand_out",
    "greatest(v_head.cursor_generation,",
    "greatest(v_head.cursor_generation + (v_head.cursor_seq > 1)::int,",
  ),
  "closures are late": changedSql(
    "finish",
    "end_attempts",
    "p_outcome, p_now from unnest",
    "p_outcome, p_now + interval '1 s' from unnest",
  ),
  "completions are late": changedSql(
    "finish",
    "complete_receipt",
    "v_leases, p_now)",
    "v_leases, p_now + interval '1 us')",
  ),
  "cancelled jobs end at midnight": changedSql(
    "admin",
    "cancel_ready",
    "'cancelled', p_now from",
    "'cancelled', date_trunc('day', p_now - interval '1 day') from",
  ),
  "dead jobs are dated ahead": changedSql(
    "finish",
    "bury_attempts",
    "lane_id, p_now, unique_key, payload",
    "lane_id, p_now + interval '1 day', unique_key, payload",
  ),
  "ready rows are dated back": changedSql(
    "producers",
    "append_ready",
    "a.snoozes, p_now,\n",
    "a.snoozes, p_now - interval '1 s',\n",
  ),
  "receipts are dated back": changedSql(
    "claim",
    "hand_out",
    "v_ready_slot, p_now,\n",
    "v_ready_slot, p_now - interval '1 s',\n",
  ),
  "retried jobs are due a second ago": changedSql(
    "finish",
    "defer_attempts",
    "lane_id, p_run_at, unique_key, payload\n",
    "lane_id, p_run_at - interval '1 s', unique_key, payload\n",
  ),
  "removed facts are closed late": changedSql(
    "terminal",
    "close_orphans",
    "'terminalRemoved', p_now",
    "'terminalRemoved', p_now + interval '1 s'",
  ),
  "claim fails": changedSql("claim", "hand_out", "--@ insert_evidence", "perform 1 / 0;"),
} as const;

export type Change = keyof typeof changes;
