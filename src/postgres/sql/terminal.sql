-- Terminal: an administrator takes back the public fact that a job ended.

-- Terminal deletes take the mutexes of the ended attempts of these jobs, and their terminal rows,
-- and return those attempts. What ends after that is left alone: a fact that is removed by one
-- statement, and was not there for the one before, would leave its receipt open.
create or replace function ringproof.lock_ended(p_job_ids bigint[]) returns ringproof.token[]
language plpgsql as $$
declare
  v_compact ringproof.token[];
  v_done    ringproof.token[];
begin
  --@ find_facts
  v_compact := array(
    select row(f.job_id, f.run_lease, c.slot, f.lane_id, f.receipt_seq)::ringproof.token
    from ringproof.compact_facts f
    left join ringproof.lease_claims c using (lane_id, receipt_seq)
    where f.job_id = any (p_job_ids));
  perform ringproof.lock_receipts(v_compact);
  --@ lock_done
  v_done := array(
    select row(d.job_id, d.run_lease, null, d.lane_id, null)::ringproof.token
    from (
      select job_id, run_lease, lane_id from ringproof.done_entries
      where job_id = any (p_job_ids)
      order by slot, job_id, run_lease for update) d);
  return v_compact || v_done;
end
$$;

-- While a receipt of an ended attempt still exists, its terminal fact must not go before it has an
-- explicit closure, or it would look open again.
create or replace function ringproof.close_orphans(
  p_ended ringproof.token[], p_states text[], p_now timestamptz)
returns void
language plpgsql as $$
begin
  --@ close_orphans
  insert into ringproof.lease_claim_closures (slot, job_id, run_lease, outcome, closed_at)
  select r.slot, r.job_id, r.run_lease, 'terminalRemoved', p_now
  from unnest(p_ended) e
  join ringproof.terminal_facts f using (job_id, run_lease)
  join ringproof.unclosed_receipts r using (job_id, run_lease)
  where f.state = any (p_states)
  order by r.slot, r.job_id, r.run_lease;
end
$$;

-- @action DiscardTerminal
create or replace function ringproof.discard_terminal(p_job_ids bigint[], p_now timestamptz)
returns text[]
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_ended ringproof.token[] := ringproof.lock_ended(p_job_ids);
  v_gone  bigint[];
begin
  perform ringproof.close_orphans(v_ended, '{completed,failed,cancelled}', p_now);
  --@ remove_facts
  with found as materialized (
    select f.slot, f.lane_id, f.job_id, f.run_lease
    from ringproof.compact_facts f
    join unnest(v_ended) e using (job_id, run_lease)),
  compact as (
    insert into ringproof.receipt_completion_tombstones (slot, job_id, run_lease)
    select slot, job_id, run_lease from found order by slot, job_id, run_lease
    on conflict do nothing
    returning slot, job_id, run_lease),
  explicit as (
    delete from ringproof.done_entries
    where (job_id, run_lease) in (select job_id, run_lease from unnest(v_ended))
    returning slot, lane_id, state, job_id),
  gone as (
    select slot, lane_id, 'completed' as state, job_id
    from compact join found using (slot, job_id, run_lease)
    union all
    select slot, lane_id, state, job_id from explicit),
  counts as (
    insert into ringproof.queue_terminal_count_deltas (slot, lane_id, state, bucket, delta)
    select slot, lane_id, state, ringproof.count_bucket(job_id), -count(*)
    from gone
    group by 1, 2, 3, 4)
  select array_agg(job_id) into v_gone from gone;
  return ringproof.answers_for(p_job_ids, v_gone, 'discarded', 'notTerminal');
end
$$;

-- Removes the terminal rows of these attempts that are in one of these states, and returns what
-- their ready rows still say of the jobs.
create or replace function ringproof.remove_done(p_ended ringproof.token[], p_states text[])
returns setof ringproof.arrival
language plpgsql as $$
begin
  --@ remove_done
  return query
    with gone as (
      delete from ringproof.done_entries
      where (job_id, run_lease) in (select job_id, run_lease from unnest(p_ended))
        and state = any (p_states)
      returning slot, lane_id, lane_seq, job_id, run_lease, state),
    counts as (
      insert into ringproof.queue_terminal_count_deltas (slot, lane_id, state, bucket, delta)
      select slot, lane_id, state, ringproof.count_bucket(job_id), -count(*)
      from gone
      group by 1, 2, 3, 4)
    select r.lane_id, g.job_id, g.run_lease, r.snoozes, r.unique_key, r.payload
    from gone g
    join ringproof.ready_entries r using (slot, lane_id, lane_seq);
end
$$;

-- Failed and cancelled jobs get another chance, in the order of the call; their run leases go on
-- where they were.
-- @action RetryFromTerminal
create or replace function ringproof.retry_from_terminal(p_job_ids bigint[], p_now timestamptz)
returns text[]
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_states constant text[] := '{failed,cancelled}';
  v_ended  ringproof.token[] := ringproof.lock_ended(p_job_ids);
  v_over   bigint[];
  v_keys   text[];
  v_back   bigint[];
begin
  --@ find_done
  select array_agg(job_id), array_agg(unique_key)
  into v_over, v_keys
  from (
    select d.job_id, r.unique_key
    from ringproof.done_entries d
    join ringproof.ready_entries r using (slot, lane_id, lane_seq)
    where (d.job_id, d.run_lease) in (select job_id, run_lease from unnest(v_ended))
      and d.state = any (v_states)
    order by array_position(p_job_ids, d.job_id)) o;
  --@ take_keys
  v_back := ringproof.take_keys(v_over, v_keys);
  v_ended := array(select e::ringproof.token from unnest(v_ended) e where job_id = any (v_back));
  perform ringproof.close_orphans(v_ended, v_states, p_now);
  perform ringproof.append_ready(array(
    select d::ringproof.arrival from ringproof.remove_done(v_ended, v_states) d
    order by array_position(p_job_ids, d.job_id)), p_now);
  return ringproof.answers_for(p_job_ids, v_back, 'readmitted', 'notRetryable',
    array(select unnest(v_over) except select unnest(v_back)));
end
$$;

-- Failed jobs are put aside, out of their slots.
-- @action FailedToDlq
create or replace function ringproof.failed_to_dlq(p_job_ids bigint[], p_now timestamptz)
returns text[]
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_ended ringproof.token[] := ringproof.lock_ended(p_job_ids);
  v_gone  bigint[];
begin
  perform ringproof.close_orphans(v_ended, '{failed}', p_now);
  --@ insert_dead
  with dead as (
    insert into ringproof.dlq_entries
      (job_id, run_lease, snoozes, lane_id, dead_at, unique_key, payload)
    select job_id, run_lease, snoozes, lane_id, p_now, unique_key, payload
    from ringproof.remove_done(v_ended, '{failed}') order by job_id
    returning job_id)
  select array_agg(job_id) into v_gone from dead;
  return ringproof.answers_for(p_job_ids, v_gone, 'deadLettered', 'notFailed');
end
$$;
