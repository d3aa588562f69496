-- Admin: what an administrator may do to jobs that nobody is running.

-- One answer per job of the call: `p_yes` at the first mention of each job in p_done, else `p_no`.
create or replace function ringproof.answers_for(
  p_job_ids bigint[], p_done bigint[], p_yes text, p_no text)
returns text[]
language sql immutable as $$
  select coalesce(array_agg(
    case when job_id = any (p_done) and array_position(p_job_ids, job_id) = place
         then p_yes else p_no end order by place), '{}')
  from unnest(p_job_ids) with ordinality as j (job_id, place)
$$;

-- Cancelling a pending job spends its lane row and leaves a terminal fact. The claim heads of the
-- lanes are locked first, so that nobody is handing the rows out meanwhile; a job that reaches
-- another lane after that was not ready yet.
-- @action CancelReady
create or replace function ringproof.cancel_ready(p_job_ids bigint[], p_now timestamptz)
returns text[]
language plpgsql as $$
declare
  v_lanes int[];
  v_gone  bigint[];
begin
  --@ find_lanes
  v_lanes := array(
    select distinct lane_id from ringproof.ready_entries where job_id = any (p_job_ids));
  --@ lock_claim_heads
  perform from ringproof.lane_claim_heads where lane_id = any (v_lanes) order by lane_id for update;
  --@ insert_tombstones
  with cancelled as materialized (
    select * from ringproof.pending_entries
    where job_id = any (p_job_ids) and lane_id = any (v_lanes)),
  tombstones as (
    insert into ringproof.ready_tombstones (slot, lane_id, lane_seq)
    select slot, lane_id, lane_seq from cancelled order by slot, lane_id, lane_seq),
  done as (
    insert into ringproof.done_entries (slot, job_id, run_lease, state, finalized_at)
    select slot, job_id, run_lease, 'cancelled', p_now from cancelled
    order by slot, job_id, run_lease)
  select array_agg(job_id) into v_gone from cancelled;
  return ringproof.answers_for(p_job_ids, v_gone, 'cancelled', 'notReady');
end
$$;

-- @action PurgeDlq
create or replace function ringproof.purge_dlq(p_job_ids bigint[], p_now timestamptz)
returns text[]
language plpgsql as $$
declare
  v_locked bigint[];
  v_gone   bigint[];
begin
  --@ lock_dead
  v_locked := array(
    select job_id from ringproof.dlq_entries where job_id = any (p_job_ids)
    order by job_id for update);
  --@ delete_dead
  with gone as (
    delete from ringproof.dlq_entries where job_id = any (v_locked) returning job_id)
  select array_agg(job_id) into v_gone from gone;
  return ringproof.answers_for(p_job_ids, v_gone, 'purged', 'notInDlq');
end
$$;

-- Dead jobs get another chance, in the order of the call; their run leases go on where they were.
-- @action RetryFromDlq
create or replace function ringproof.retry_from_dlq(p_job_ids bigint[], p_now timestamptz)
returns text[]
language plpgsql as $$
declare
  v_locked bigint[];
  v_gone   bigint[];
  v_lanes  int[];
  v_leases int[];
  v_bodies jsonb[];
begin
  --@ lock_dead
  v_locked := array(
    select job_id from ringproof.dlq_entries where job_id = any (p_job_ids)
    order by job_id for update);
  --@ delete_dead
  with gone as (
    delete from ringproof.dlq_entries where job_id = any (v_locked)
    returning array_position(p_job_ids, job_id) as place, job_id, lane_id, run_lease, payload)
  select array_agg(job_id order by place), array_agg(lane_id order by place),
         array_agg(run_lease order by place), array_agg(payload order by place)
  into v_gone, v_lanes, v_leases, v_bodies
  from gone;
  perform ringproof.append_ready(v_lanes, v_gone, v_leases, v_bodies, p_now);
  return ringproof.answers_for(p_job_ids, v_gone, 'readmitted', 'notInDlq');
end
$$;
