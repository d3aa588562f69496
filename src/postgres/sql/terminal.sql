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
  with compact as (
    insert into ringproof.receipt_completion_tombstones (slot, job_id, run_lease)
    select slot, job_id, run_lease from ringproof.compact_facts where job_id = any (p_job_ids)
    order by slot, job_id, run_lease
    on conflict do nothing
    returning job_id),
  explicit as (
    delete from ringproof.done_entries where job_id = any (p_job_ids)
    returning job_id)
  select array_agg(job_id) into v_gone
  from (select job_id from compact union all select job_id from explicit) g;
  return ringproof.answers_for(p_job_ids, v_gone, 'discarded', 'notTerminal');
end
$$;

-- Removes the terminal rows of these jobs that are in one of these states, and returns what their
-- ready rows still say of the jobs.
create or replace function ringproof.remove_done(p_job_ids bigint[], p_states text[])
returns table (place int, job_id bigint, run_lease int, snoozes int, lane_id int, payload jsonb)
language plpgsql as $$
#variable_conflict use_column
begin
  --@ remove_done
  return query
    with gone as (
      delete from ringproof.done_entries
      where job_id = any (p_job_ids) and state = any (p_states)
      returning slot, lane_id, lane_seq, job_id, run_lease)
    select array_position(p_job_ids, g.job_id), g.job_id, g.run_lease, r.snoozes, r.lane_id,
           r.payload
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
  v_gone    bigint[];
  v_lanes   int[];
  v_leases  int[];
  v_snoozes int[];
  v_bodies  jsonb[];
begin
  perform ringproof.lock_terminal(p_job_ids);
  perform ringproof.close_orphans(p_job_ids, '{failed,cancelled}', p_now);
  --@ remove_done
  select array_agg(job_id order by place), array_agg(lane_id order by place),
         array_agg(run_lease order by place), array_agg(snoozes order by place),
         array_agg(payload order by place)
  into v_gone, v_lanes, v_leases, v_snoozes, v_bodies
  from ringproof.remove_done(p_job_ids, '{failed,cancelled}');
  perform ringproof.append_ready(v_lanes, v_gone, v_leases, v_snoozes, v_bodies, p_now);
  return ringproof.answers_for(p_job_ids, v_gone, 'readmitted', 'notRetryable');
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
    insert into ringproof.dlq_entries (job_id, run_lease, snoozes, lane_id, dead_at, payload)
    select job_id, run_lease, snoozes, lane_id, p_now, payload
    from ringproof.remove_done(p_job_ids, '{failed}') order by job_id
    returning job_id)
  select array_agg(job_id) into v_gone from dead;
  return ringproof.answers_for(p_job_ids, v_gone, 'deadLettered', 'notFailed');
end
$$;
