-- Finish: a worker ends the attempts whose tokens it presents, and is told which were stale, and
-- which wait for a callback.

-- Completes a receipt as a whole: true, if the tokens are all of its attempts in their order, and
-- nothing else was heard of one of them. That is what workers do most of the time, and one look at
-- all jobs from the least id to the greatest decides it. False leaves everything as it was.
create or replace function ringproof.complete_receipt(
  p_tokens ringproof.token[], p_now timestamptz)
returns boolean
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_slot    int := p_tokens[1].claim_slot;
  v_lane    int := p_tokens[1].lane_id;
  v_seq     bigint := p_tokens[1].receipt_seq;
  v_job_ids bigint[];
  v_leases  int[];
  v_least   bigint;
  v_most    bigint;
  v_ready   int;
begin
  perform ringproof.need_own_snapshots();
  --@ read_tokens
  select array_agg(job_id), array_agg(run_lease), min(job_id), max(job_id)
  into v_job_ids, v_leases, v_least, v_most
  from unnest(p_tokens);
  --@ lock_receipt
  -- @per v_slot claim
  select ready_slot into v_ready from ringproof.lease_claims
  where slot = v_slot and lane_id = v_lane and receipt_seq = v_seq
    and job_ids = v_job_ids and run_leases = v_leases
  for update;
  if not found then return false; end if;
  --@ find_closures
  -- @per v_slot claim
  perform from ringproof.lease_claim_closures
  where slot = v_slot and job_id between v_least and v_most limit 1;
  if found then return false; end if;
  --@ find_completions
  -- @per v_ready queue
  perform from ringproof.receipt_completion_batches
  where slot = v_ready and lane_id = v_lane and receipt_seq = v_seq limit 1;
  if found then return false; end if;
  --@ find_states
  perform from ringproof.attempt_state where job_id between v_least and v_most limit 1;
  if found then return false; end if;
  --@ insert_completion
  with batch as (
    insert into ringproof.receipt_completion_batches
      (slot, lane_id, receipt_seq, job_ids, run_leases, completed_at)
    values (v_ready, v_lane, v_seq, v_job_ids, v_leases, p_now))
  insert into ringproof.queue_terminal_count_deltas (slot, lane_id, state, bucket, delta)
  select v_ready, v_lane, 'completed', ringproof.count_bucket(job_id), count(*)
  from unnest(v_job_ids) job_id
  group by 4;
  perform ringproof.release_keys(v_job_ids);
  return true;
end
$$;

-- One compact row per receipt, in the slot of the ready rows, is the closed evidence of the batch.
-- Lease-managed attempts are left to the slow path.
-- @action CompleteFast
create or replace function ringproof.complete_fast(
  p_tokens ringproof.token[], p_now timestamptz)
returns text[]
language plpgsql security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
  v_attempts ringproof.attempt[];
  v_job_ids  bigint[];
begin
  if ringproof.complete_receipt(p_tokens, p_now) then
    return array_fill('completed'::text, array[cardinality(p_tokens)]);
  end if;
  v_attempts := ringproof.find_open(p_tokens);
  --@ insert_completions
  with ended as materialized (
    select * from unnest(v_attempts) where lease_slot is null),
  batches as (
    insert into ringproof.receipt_completion_batches
      (slot, lane_id, receipt_seq, job_ids, run_leases, completed_at)
    select ready_slot, lane_id, receipt_seq, array_agg(job_id), array_agg(run_lease), p_now
    from ended
    group by ready_slot, lane_id, receipt_seq),
  counts as (
    insert into ringproof.queue_terminal_count_deltas (slot, lane_id, state, bucket, delta)
    select ready_slot, lane_id, 'completed', ringproof.count_bucket(job_id), count(*)
    from ended
    group by 1, 2, 4),
  states as (
    delete from ringproof.attempt_state s using ended e
    where s.job_id = e.job_id and s.run_lease = e.run_lease)
  select array_agg(job_id) into v_job_ids from ended;
  perform ringproof.release_keys(v_job_ids);
  return ringproof.answers_of(p_tokens, v_attempts, '{leaseManaged}', 'completed', 'stale');
end
$$;

-- Ends these attempts with explicit closures; what they kept in rows that may be updated goes with
-- them. Returns their ready rows; what becomes of the jobs is up to the caller.
create or replace function ringproof.end_attempts(
  p_attempts ringproof.attempt[], p_outcome text, p_now timestamptz)
returns table (place bigint, job_id bigint, run_lease int, slot int, lane_id int, lane_seq bigint,
               snoozes int, unique_key text, payload jsonb)
language plpgsql as $$
#variable_conflict use_column
declare
  v_ready int;
begin
  --@ insert_closures
  insert into ringproof.lease_claim_closures (slot, job_id, run_lease, outcome, closed_at)
  select slot, job_id, run_lease, p_outcome, p_now from unnest(p_attempts)
  order by slot, job_id, run_lease;
  if exists (select from unnest(p_attempts) where lease_slot is not null) then
    --@ delete_leases
    delete from ringproof.leases l using unnest(p_attempts) a
    where l.slot = a.lease_slot and l.job_id = a.job_id and l.run_lease = a.run_lease;
  end if;
  --@ delete_states
  delete from ringproof.attempt_state s using unnest(p_attempts) a
  where s.job_id = a.job_id and s.run_lease = a.run_lease;
  for v_ready in select distinct ready_slot from unnest(p_attempts) order by ready_slot loop
    --@ read_bodies
    return query
      select a.place, a.job_id, a.run_lease, r.slot, r.lane_id, r.lane_seq, r.snoozes,
             r.unique_key, r.payload
      from unnest(p_attempts) a
      join ringproof.ready_entries r
        on r.slot = v_ready and r.lane_id = a.lane_id and r.lane_seq = a.lane_seq
      where a.ready_slot = v_ready;
  end loop;
end
$$;

-- Ends these attempts with a terminal row each, beside the ready row that keeps the body.
create or replace function ringproof.conclude_attempts(
  p_attempts ringproof.attempt[], p_state text, p_now timestamptz)
returns void
language plpgsql as $$
begin
  perform ringproof.release_keys(array(select job_id from unnest(p_attempts)));
  --@ insert_done
  with done as (
    insert into ringproof.done_entries
      (slot, lane_id, lane_seq, job_id, run_lease, state, finalized_at)
    select slot, lane_id, lane_seq, job_id, run_lease, p_state, p_now
    from ringproof.end_attempts(p_attempts, p_state, p_now)
    order by slot, job_id, run_lease
    returning slot, lane_id, job_id)
  insert into ringproof.queue_terminal_count_deltas (slot, lane_id, state, bucket, delta)
  select slot, lane_id, p_state, ringproof.count_bucket(job_id), count(*)
  from done
  group by 1, 2, 4;
end
$$;

-- Lease-managed attempts, with a terminal row and a closure each.
-- @action CompleteSlow
create or replace function ringproof.complete_slow(
  p_tokens ringproof.token[], p_now timestamptz)
returns text[]
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_attempts ringproof.attempt[] := ringproof.find_attempts(p_tokens);
begin
  perform ringproof.conclude_attempts(
    array(select a::ringproof.attempt from unnest(v_attempts) a where a.state = 'running'),
    'completed', p_now);
  return ringproof.answers_of(
    p_tokens, v_attempts, '{waiting,receiptOnly}', 'completed', 'stale');
end
$$;

-- What workers call: what the fast path refuses as lease-managed takes the slow one.
-- @focused RescueCursor Finish
-- @action Complete
create or replace function ringproof.complete(p_tokens ringproof.token[], p_now timestamptz)
returns text[]
language plpgsql security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
  v_words text[] := ringproof.complete_fast(p_tokens, p_now);
  v_slow  int[] := array_positions(v_words, 'leaseManaged');
  v_some  text[];
begin
  if v_slow = '{}' then return v_words; end if;
  v_some := ringproof.complete_slow(array(
    select row(job_id, run_lease, claim_slot, lane_id, receipt_seq)::ringproof.token
    from unnest(p_tokens, v_words) with ordinality
           as t (job_id, run_lease, claim_slot, lane_id, receipt_seq, word, place)
    where word = 'leaseManaged' order by place), p_now);
  for i in 1 .. cardinality(v_slow) loop
    v_words[v_slow[i]] := v_some[i];
  end loop;
  return v_words;
end
$$;

-- Ends attempts whose jobs come back at p_run_at.
create or replace function ringproof.defer_attempts(
  p_attempts ringproof.attempt[], p_outcome text, p_more int, p_run_at timestamptz,
  p_now timestamptz)
returns void
language plpgsql as $$
begin
  --@ insert_deferred
  insert into ringproof.deferred_jobs
    (job_id, run_lease, snoozes, lane_id, run_at, unique_key, payload)
  select job_id, run_lease, snoozes + p_more, lane_id, p_run_at, unique_key, payload
  from ringproof.end_attempts(p_attempts, p_outcome, p_now)
  order by job_id;
end
$$;

-- Ends attempts whose jobs are kept aside for an administrator.
create or replace function ringproof.bury_attempts(
  p_attempts ringproof.attempt[], p_outcome text, p_now timestamptz)
returns void
language plpgsql as $$
begin
  perform ringproof.release_keys(array(select job_id from unnest(p_attempts)));
  --@ insert_dead
  insert into ringproof.dlq_entries
    (job_id, run_lease, snoozes, lane_id, dead_at, unique_key, payload)
  select job_id, run_lease, snoozes, lane_id, p_now, unique_key, payload
  from ringproof.end_attempts(p_attempts, p_outcome, p_now)
  order by job_id;
end
$$;

-- The attempts failed; their jobs come back at p_run_at.
-- @action Retry
create or replace function ringproof.retry(
  p_tokens ringproof.token[], p_run_at timestamptz, p_now timestamptz)
returns text[]
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_attempts ringproof.attempt[] := ringproof.find_attempts(p_tokens);
begin
  perform ringproof.defer_attempts(
    ringproof.not_waiting(v_attempts), 'retried', 0, p_run_at, p_now);
  return ringproof.answers_of(p_tokens, v_attempts, '{waiting}', 'retried', 'stale');
end
$$;

-- The jobs are put off until p_run_at; these attempts do not count.
-- @action Snooze
create or replace function ringproof.snooze(
  p_tokens ringproof.token[], p_run_at timestamptz, p_now timestamptz)
returns text[]
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_attempts ringproof.attempt[] := ringproof.find_attempts(p_tokens);
begin
  perform ringproof.defer_attempts(
    ringproof.not_waiting(v_attempts), 'snoozed', 1, p_run_at, p_now);
  return ringproof.answers_of(p_tokens, v_attempts, '{waiting}', 'snoozed', 'stale');
end
$$;

-- The attempts failed and their jobs with them; the facts stay in their slots.
-- @action Fail
create or replace function ringproof.fail(p_tokens ringproof.token[], p_now timestamptz)
returns text[]
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_attempts ringproof.attempt[] := ringproof.find_attempts(p_tokens);
begin
  perform ringproof.conclude_attempts(ringproof.not_waiting(v_attempts), 'failed', p_now);
  return ringproof.answers_of(p_tokens, v_attempts, '{waiting}', 'failed', 'stale');
end
$$;

-- The attempts failed for good; their jobs are kept aside for an administrator.
-- @action FailToDlq
create or replace function ringproof.fail_to_dlq(
  p_tokens ringproof.token[], p_now timestamptz)
returns text[]
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_attempts ringproof.attempt[] := ringproof.find_attempts(p_tokens);
begin
  perform ringproof.bury_attempts(ringproof.not_waiting(v_attempts), 'deadLettered', p_now);
  return ringproof.answers_of(p_tokens, v_attempts, '{waiting}', 'deadLettered', 'stale');
end
$$;
