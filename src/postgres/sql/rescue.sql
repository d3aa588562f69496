-- Rescue: attempts that nobody will end are ended, and their jobs go on. Each pass looks at one
-- slot, locks what nobody else is ending right now, and decides on what it then sees.

-- Those of the tokens whose receipts could be locked without waiting.
create or replace function ringproof.try_lock_receipts(p_tokens ringproof.token[])
returns ringproof.token[]
language plpgsql as $$
declare
  v_slot int;
  v_some ringproof.token[];
  v_all  ringproof.token[] := '{}';
begin
  perform ringproof.need_own_snapshots();
  for v_slot in select distinct claim_slot from unnest(p_tokens) order by claim_slot loop
    --@ lock_receipts
    v_some := array(
      select t::ringproof.token
      from (
        select lane_id, receipt_seq from ringproof.lease_claims c
        where c.slot = v_slot and (c.lane_id, c.receipt_seq) in (
          select lane_id, receipt_seq from unnest(p_tokens) where claim_slot = v_slot)
        order by c.lane_id, c.receipt_seq
        for update skip locked) l
      join unnest(p_tokens) t
        on t.claim_slot = v_slot and t.lane_id = l.lane_id and t.receipt_seq = l.receipt_seq);
    v_all := v_all || v_some;
  end loop;
  return v_all;
end
$$;

-- Ends these attempts and appends their jobs to the tails of their lanes.
create or replace function ringproof.reappend_attempts(
  p_attempts ringproof.attempt[], p_outcome text, p_now timestamptz)
returns void
language plpgsql as $$
begin
  --@ end_attempts
  perform ringproof.append_ready(array(
    select row(lane_id, job_id, run_lease, snoozes, unique_key, payload)::ringproof.arrival
    from ringproof.end_attempts(p_attempts, p_outcome, p_now)
    order by lane_id, lane_seq), p_now);
end
$$;

-- Receipt-only attempts of a claim slot, for rows of a queue slot, that a pass is after: silent
-- since before p_at, or with a deadline that is not later.
create or replace function ringproof.receipts_due(
  p_pass text, p_slot int, p_ready_slot int, p_at timestamptz)
returns table (slot int, lane_id int, receipt_seq bigint, ready_slot int, claimed_at timestamptz,
               deadline_at timestamptz, lane_seq bigint, job_id bigint, run_lease int)
language sql stable as $$
  select o.*
  from ringproof.open_in(p_slot, p_ready_slot) o
  left join ringproof.attempt_state a on a.job_id = o.job_id and a.run_lease = o.run_lease
  where a.lease_slot is null and case p_pass
    when 'stale' then coalesce(a.heartbeat_at, o.claimed_at) < p_at
    when 'deadline' then o.deadline_at <= p_at
  end
$$;

-- Tokens of the receipt-only attempts of a claim slot that have been silent since before p_cutoff.
create or replace function ringproof.stale_receipts(p_slot int, p_cutoff timestamptz)
returns setof ringproof.token
language sql stable as $$
  select o.job_id, o.run_lease, o.slot, o.lane_id, o.receipt_seq
  from ringproof.ring_slots q
  cross join lateral ringproof.receipts_due('stale', p_slot, q.slot, p_cutoff) o
  where q.ring = 'queue'
  order by o.lane_id, o.lane_seq
$$;

-- Closes at most p_limit stale receipt-only attempts of one claim slot and appends their jobs.
-- @action RescueStaleReceipts
create or replace function ringproof.rescue_stale_receipts(
  p_slot int, p_cutoff timestamptz, p_limit int, p_now timestamptz)
returns table (job_id bigint, run_lease int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  v_tokens   ringproof.token[];
  v_attempts ringproof.attempt[];
begin
  --@ find_stale
  v_tokens := ringproof.try_lock_receipts(array(
    select t::ringproof.token from ringproof.stale_receipts(p_slot, p_cutoff) t limit p_limit));
  --@ decide
  v_attempts := ringproof.find_attempts(array(
    select t::ringproof.token from (
      select * from ringproof.stale_receipts(p_slot, p_cutoff)
      intersect select * from unnest(v_tokens)) t));
  perform ringproof.reappend_attempts(v_attempts, 'rescued', p_now);
  return query select job_id, run_lease from unnest(v_attempts);
end
$$;

-- Tokens of the receipt-only attempts of a claim slot whose deadline is not in the future.
create or replace function ringproof.expired_receipts(p_slot int, p_now timestamptz)
returns setof ringproof.token
language sql stable as $$
  select o.job_id, o.run_lease, o.slot, o.lane_id, o.receipt_seq
  from ringproof.ring_slots q
  cross join lateral ringproof.receipts_due('deadline', p_slot, q.slot, p_now) o
  where q.ring = 'queue'
  order by o.lane_id, o.lane_seq
$$;

-- Closes at most p_limit receipt-only attempts of one claim slot whose deadline has passed.
-- @action RescueExpiredDeadlines
create or replace function ringproof.rescue_expired_deadlines(
  p_slot int, p_limit int, p_now timestamptz)
returns table (job_id bigint, run_lease int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  v_tokens   ringproof.token[];
  v_attempts ringproof.attempt[];
begin
  --@ find_expired
  v_tokens := ringproof.try_lock_receipts(array(
    select t::ringproof.token from ringproof.expired_receipts(p_slot, p_now) t limit p_limit));
  --@ decide
  v_attempts := ringproof.find_attempts(array(
    select t::ringproof.token from (
      select * from ringproof.expired_receipts(p_slot, p_now)
      intersect select * from unnest(v_tokens)) t));
  perform ringproof.reappend_attempts(v_attempts, 'deadlineExpired', p_now);
  return query select job_id, run_lease from unnest(v_attempts);
end
$$;

-- Tokens of the leases of one slot that a pass is after; what it is after is up to p_pass.
create or replace function ringproof.leases_due(
  p_pass text, p_slot int, p_cutoff timestamptz, p_now timestamptz)
returns setof ringproof.token
language sql stable as $$
  select job_id, run_lease, claim_slot, lane_id, receipt_seq
  from ringproof.leases
  where slot = p_slot and case p_pass
    when 'stale' then state = 'running' and heartbeat_at < p_cutoff
    when 'deadline' then deadline_at <= p_now
    when 'timeout' then state = 'waiting' and timeout_at <= p_now
  end
  order by job_id, run_lease
$$;

-- The attempts behind those leases, at most p_limit of them, under their mutex.
create or replace function ringproof.attempts_due(
  p_pass text, p_slot int, p_cutoff timestamptz, p_limit int, p_now timestamptz)
returns ringproof.attempt[]
language plpgsql as $$
declare
  v_tokens ringproof.token[];
begin
  --@ find_due
  v_tokens := ringproof.try_lock_receipts(array(
    select t::ringproof.token from ringproof.leases_due(p_pass, p_slot, p_cutoff, p_now) t
    limit p_limit));
  --@ decide
  return ringproof.find_attempts(array(
    select t::ringproof.token from (
      select * from ringproof.leases_due(p_pass, p_slot, p_cutoff, p_now)
      intersect select * from unnest(v_tokens)) t));
end
$$;

-- Ends at most p_limit running leases of one slot that have been silent since before p_cutoff.
-- @action RescueStaleLeases
create or replace function ringproof.rescue_stale_leases(
  p_slot int, p_cutoff timestamptz, p_limit int, p_now timestamptz)
returns table (job_id bigint, run_lease int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  v_attempts ringproof.attempt[] :=
    ringproof.attempts_due('stale', p_slot, p_cutoff, p_limit, p_now);
begin
  perform ringproof.reappend_attempts(v_attempts, 'rescued', p_now);
  return query select job_id, run_lease from unnest(v_attempts);
end
$$;

-- Ends at most p_limit leases of one slot whose deadline has passed, parked or not.
-- @action RescueExpiredLeaseDeadlines
create or replace function ringproof.rescue_expired_lease_deadlines(
  p_slot int, p_limit int, p_now timestamptz)
returns table (job_id bigint, run_lease int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  v_attempts ringproof.attempt[] :=
    ringproof.attempts_due('deadline', p_slot, p_now, p_limit, p_now);
begin
  perform ringproof.reappend_attempts(v_attempts, 'deadlineExpired', p_now);
  return query select job_id, run_lease from unnest(v_attempts);
end
$$;

-- Ends at most p_limit parked leases of one slot whose callback is overdue. A job whose counted
-- attempts have reached p_max_attempts is given up; the others come back at p_run_at, or at once.
-- @action RescueCallbackTimeouts
create or replace function ringproof.rescue_callback_timeouts(
  p_slot int, p_limit int, p_max_attempts int, p_run_at timestamptz, p_now timestamptz)
returns table (job_id bigint, run_lease int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  v_attempts ringproof.attempt[] :=
    ringproof.attempts_due('timeout', p_slot, p_now, p_limit, p_now);
  v_given    ringproof.attempt[];
  v_again    ringproof.attempt[];
begin
  --@ count_attempts
  v_given := array(
    select a::ringproof.attempt
    from unnest(v_attempts) a
    join ringproof.ready_entries r
      on r.slot = a.ready_slot and r.lane_id = a.lane_id and r.lane_seq = a.lane_seq
    where a.run_lease - r.snoozes >= p_max_attempts);
  v_again := array(
    select a::ringproof.attempt from unnest(v_attempts) a
    where a::ringproof.attempt <> all (v_given));
  perform ringproof.bury_attempts(v_given, 'callbackTimedOut', p_now);
  if p_run_at > p_now then
    perform ringproof.defer_attempts(v_again, 'callbackTimedOut', 0, p_run_at, p_now);
  else
    perform ringproof.reappend_attempts(v_again, 'callbackTimedOut', p_now);
  end if;
  return query select job_id, run_lease from unnest(v_attempts);
end
$$;
