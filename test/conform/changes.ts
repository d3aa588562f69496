/** Planted bugs for one call each: the shipped definition of a function with one text replaced. */

import { changedSql } from "../../correctness/mutants/changed-sql.js";

/** The rows of a lane as if nobody had ever cancelled one. */
const untombstoned = `(
        select e.* from ringproof.ready_entries e
        where e.slot = v_ready_slot and e.lane_id = p_lane_id and not exists (
          select from ringproof.attempt_evidence a
          where a.slot = e.slot and a.lane_id = e.lane_id and a.through_seq >= e.lane_seq)) r`;

/** The attempts of receipts, whether they have closures or not. */
const everIssued = `(
          select c.*, m.lane_seq, m.job_id, m.run_lease
          from ringproof.lease_claims c
          cross join lateral unnest(c.lane_seqs, c.job_ids, c.run_leases)
            as m (lane_seq, job_id, run_lease)
          where c.slot = v_slot) u`;

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
    "ringproof.pending_in(v_ready_slot, p_lane_id) r",
    untombstoned,
  ),
  "complete_fast takes tokens that are over": changedSql(
    "attempt",
    "open_among",
    "ringproof.unclosed_in(v_slot) u",
    everIssued,
  ),
  "complete_fast takes tokens that a batch completed": changedSql(
    "attempt",
    "find_open",
    "ringproof.completed_of(v_receipts)",
    "'{}'",
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
    "(select job_id from unnest(v_locked)) and run_at <= p_now",
    "(select job_id from unnest(v_locked))",
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
    "claim",
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
    "complete_fast",
    "array_agg(run_lease), p_now",
    "array_agg(run_lease), p_now + interval '1 us'",
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
    "a.snoozes, p_now, a.unique_key",
    "a.snoozes, p_now - interval '1 s', a.unique_key",
  ),
  "receipts are dated back": changedSql(
    "claim",
    "claim",
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
  "claim fails": changedSql("claim", "claim", "--@ insert_evidence", "perform 1 / 0;"),
} as const;

export type Change = keyof typeof changes;
