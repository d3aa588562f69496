-- Terminal: an administrator takes back the public fact that a job ended.

-- Terminal deletes take the mutexes of the attempts, and then the terminal rows of these jobs.
create or replace function ringproof.lock_terminal(p_job_ids bigint[]) returns void
language plpgsql as $$
declare
  v_tokens ringproof.token[];
begin
  --@ find_receipts
  select array_agg(row(f.job_id, f.run_lease, c.slot, c.lane_id, c.receipt_seq)::ringproof.token)
  into v_tokens
  from ringproof.compact_facts f
  join ringproof.lease_claims c using (lane_id, receipt_seq)
  where f.job_id = any (p_job_ids);
  perform ringproof.lock_receipts(v_tokens);
  --@ lock_done
  perform from ringproof.done_entries where job_id = any (p_job_ids)
  order by slot, job_id, run_lease for update;
end
$$;

-- While a receipt of an ended attempt still exists, its terminal fact must not go before it has an
-- explicit closure, or it would look open again.
create or replace function ringproof.close_orphans(
  p_job_ids bigint[], p_states text[], p_now timestamptz)
returns void
language plpgsql as $$
begin
  --@ close_orphans
  insert into ringproof.lease_claim_closures (slot, job_id, run_lease, outcome, closed_at)
  select r.slot, r.job_id, r.run_lease, 'terminalRemoved', p_now
  from ringproof.terminal_facts f
  join ringproof.unclosed_receipts r using (job_id, run_lease)
  where f.job_id = any (p_job_ids) and f.state = any (p_states)
  order by r.slot, r.job_id, r.run_lease
  on conflict do nothing;
end
$$;

-- @action DiscardTerminal
create or replace function ringproof.discard_terminal(p_job_ids bigint[], p_now timestamptz)
returns text[]
language plpgsql as $$
declare
  v_gone bigint[];
begin
  perform ringproof.lock_terminal(p_job_ids);
  perform ringproof.close_orphans(p_job_ids, '{completed,failed,cancelled}', p_now);
  --@ remove_facts
  with found as materialized (
    select slot, lane_id, job_id, run_lease from ringproof.compact_facts
    where job_id = any (p_job_ids)),
  compact as (
    insert into ringproof.receipt_completion_tombstones (slot, job_id, run_lease)
    select slot, job_id, run_lease from found order by slot, job_id, run_lease
    on conflict do nothing
    returning slot, job_id, run_lease),
  explicit as (
    delete from ringproof.done_entries where job_id = any (p_job_ids)
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

-- Removes the terminal rows of these jobs that are in one of these states, and returns what their
-- ready rows still say of the jobs.
create or replace function ringproof.remove_done(p_job_ids bigint[], p_states text[])
returns setof ringproof.arrival
language plpgsql as $$
begin
  --@ remove_done
  return query
    with gone as (
      delete from ringproof.done_entries
      where job_id = any (p_job_ids) and state = any (p_states)
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
language plpgsql as $$
declare
  v_states constant text[] := '{failed,cancelled}';
  v_over   bigint[];
  v_keys   text[];
  v_back   bigint[];
begin
  perform ringproof.lock_terminal(p_job_ids);
  --@ find_done
  select array_agg(d.job_id order by array_position(p_job_ids, d.job_id)),
         array_agg(r.unique_key order by array_position(p_job_ids, d.job_id))
  into v_over, v_keys
  from ringproof.done_entries d
  join ringproof.ready_entries r using (slot, lane_id, lane_seq)
  where d.job_id = any (p_job_ids) and d.state = any (v_states);
  --@ take_keys
  v_back := ringproof.take_keys(v_over, v_keys);
  perform ringproof.close_orphans(v_back, v_states, p_now);
  perform ringproof.append_ready(array(
    select d::ringproof.arrival from ringproof.remove_done(v_back, v_states) d
    order by array_position(p_job_ids, d.job_id)), p_now);
  return ringproof.answers_for(p_job_ids, v_back, 'readmitted', 'notRetryable',
    array(select unnest(v_over) except select unnest(v_back)));
end
$$;

-- Failed jobs are put aside, out of their slots.
-- @action FailedToDlq
create or replace function ringproof.failed_to_dlq(p_job_ids bigint[], p_now timestamptz)
returns text[]
language plpgsql as $$
declare
  v_gone bigint[];
begin
  perform ringproof.lock_terminal(p_job_ids);
  perform ringproof.close_orphans(p_job_ids, '{failed}', p_now);
  --@ insert_dead
  with dead as (
    insert into ringproof.dlq_entries
      (job_id, run_lease, snoozes, lane_id, dead_at, unique_key, payload)
    select job_id, run_lease, snoozes, lane_id, p_now, unique_key, payload
    from ringproof.remove_done(p_job_ids, '{failed}') order by job_id
    returning job_id)
  select array_agg(job_id) into v_gone from dead;
  return ringproof.answers_for(p_job_ids, v_gone, 'deadLettered', 'notFailed');
end
$$;
