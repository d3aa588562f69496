-- Admin: what an administrator may do to jobs that have not ended, and to dead ones.

-- One answer per job of the call: `p_yes` at the first mention of each job in p_done, else `p_no`,
-- except for those that somebody else's key keeps out.
create or replace function ringproof.answers_for(
  p_job_ids bigint[], p_done bigint[], p_yes text, p_no text, p_kept_out bigint[] default '{}')
returns text[]
language sql immutable as $$
  select coalesce(array_agg(
    case when job_id = any (p_kept_out) then 'uniqueConflict'
         when job_id = any (p_done) and array_position(p_job_ids, job_id) = place
         then p_yes else p_no end order by place), '{}')
  from unnest(p_job_ids) with ordinality as j (job_id, place)
$$;

-- Locks the claim heads of the lanes of these jobs' ready rows, so that nobody is handing them out
-- meanwhile; a job that reaches another lane after that was not ready yet. One that was moved while
-- this waited is in a lane that was not locked: the locks are given back, so that they are always
-- taken in one order, and taken again. Returns the lanes.
create or replace function ringproof.lock_lanes_of(p_job_ids bigint[]) returns int[]
language plpgsql as $$
declare
  v_lanes int[];
begin
  perform ringproof.need_own_snapshots();
  loop
    --@ find_lanes
    v_lanes := array(
      select distinct lane_id from ringproof.ready_entries where job_id = any (p_job_ids));
    begin
      --@ lock_claim_heads
      perform from ringproof.lane_claim_heads
      where lane_id = any (v_lanes) order by lane_id for update;
      --@ find_moved
      exit when not exists (
        select from ringproof.ready_entries
        where job_id = any (p_job_ids) and lane_id <> all (v_lanes));
      raise exception using errcode = 'RP001';
    exception
      when sqlstate 'RP001' then null;
    end;
  end loop;
  return v_lanes;
end
$$;

-- Cancelling a pending job spends its lane row and leaves a terminal fact.
-- @action CancelReady
create or replace function ringproof.cancel_ready(p_job_ids bigint[], p_now timestamptz)
returns text[]
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_lanes int[] := ringproof.lock_lanes_of(p_job_ids);
  v_gone  bigint[];
begin
  --@ insert_tombstones
  with cancelled as materialized (
    select * from ringproof.pending_entries
    where job_id = any (p_job_ids) and lane_id = any (v_lanes)),
  tombstones as (
    insert into ringproof.ready_tombstones (slot, lane_id, lane_seq)
    select slot, lane_id, lane_seq from cancelled order by slot, lane_id, lane_seq),
  done as (
    insert into ringproof.done_entries
      (slot, lane_id, lane_seq, job_id, run_lease, state, finalized_at)
    select slot, lane_id, lane_seq, job_id, run_lease, 'cancelled', p_now from cancelled
    order by slot, job_id, run_lease),
  counts as (
    insert into ringproof.queue_terminal_count_deltas (slot, lane_id, state, bucket, delta)
    select slot, lane_id, 'cancelled', ringproof.count_bucket(job_id), count(*)
    from cancelled
    group by 1, 2, 4)
  select array_agg(job_id) into v_gone from cancelled;
  perform ringproof.release_keys(v_gone);
  return ringproof.answers_for(p_job_ids, v_gone, 'cancelled', 'notReady');
end
$$;

-- Cancelling a running attempt, parked or not; its worker will find its token stale.
-- @action CancelRunning
create or replace function ringproof.cancel_running(p_job_ids bigint[], p_now timestamptz)
returns text[]
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_attempts ringproof.attempt[];
begin
  --@ find_receipts
  v_attempts := ringproof.find_attempts(array(
    select row(job_id, run_lease, slot, lane_id, receipt_seq)::ringproof.token
    from ringproof.open_receipts where job_id = any (p_job_ids)));
  perform ringproof.conclude_attempts(v_attempts, 'cancelled', p_now);
  return ringproof.answers_for(p_job_ids, array(select job_id from unnest(v_attempts)),
    'cancelled', 'notRunning');
end
$$;

-- Reprioritise, or move to another queue: the old lane rows are spent, new ones appended to the
-- other lane in the order of the call.
-- @action MoveReady
create or replace function ringproof.move_ready(
  p_job_ids bigint[], p_lane_id int, p_now timestamptz)
returns text[]
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_lanes    int[] := ringproof.lock_lanes_of(p_job_ids);
  v_same     bigint[];
  v_moved    bigint[];
  v_arrivals ringproof.arrival[];
  v_count    int;
begin
  --@ find_same
  v_same := array(
    select job_id from ringproof.pending_entries
    where job_id = any (p_job_ids) and lane_id = p_lane_id);
  --@ insert_tombstones
  with moved as materialized (
    select *, array_position(p_job_ids, job_id) as place from ringproof.pending_entries
    where job_id = any (p_job_ids) and lane_id = any (v_lanes) and lane_id <> p_lane_id),
  tombstones as (
    insert into ringproof.ready_tombstones (slot, lane_id, lane_seq)
    select slot, lane_id, lane_seq from moved order by slot, lane_id, lane_seq)
  select array_agg(job_id),
         array_agg(row(p_lane_id, job_id, run_lease, snoozes, unique_key, payload)
                   ::ringproof.arrival order by place)
  into v_moved, v_arrivals
  from moved;
  v_count := ringproof.append_ready(v_arrivals, p_now);
  return array(
    select case when job_id = any (v_moved) and array_position(p_job_ids, job_id) = place
                then 'moved'
                when job_id = any (v_moved) or job_id = any (v_same) then 'sameLane'
                else 'notReady' end
    from unnest(p_job_ids) with ordinality as j (job_id, place) order by place);
end
$$;

-- @action PurgeDlq
create or replace function ringproof.purge_dlq(p_job_ids bigint[], p_now timestamptz)
returns text[]
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
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
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_locked   bigint[];
  v_keys     text[];
  v_back     bigint[];
  v_arrivals ringproof.arrival[];
  v_count    int;
begin
  --@ lock_dead
  select array_agg(job_id), array_agg(unique_key)
  into v_locked, v_keys
  from (
    select job_id, unique_key
    from (
      select job_id, unique_key from ringproof.dlq_entries where job_id = any (p_job_ids)
      order by job_id for update) l
    order by array_position(p_job_ids, job_id)) d;
  --@ take_keys
  v_back := ringproof.take_keys(v_locked, v_keys);
  --@ delete_dead
  with gone as (
    delete from ringproof.dlq_entries where job_id = any (v_back)
    returning lane_id, job_id, run_lease, snoozes, unique_key, payload)
  select array_agg(g::ringproof.arrival order by array_position(p_job_ids, job_id))
  into v_arrivals
  from gone g;
  v_count := ringproof.append_ready(v_arrivals, p_now);
  return ringproof.answers_for(p_job_ids, v_back, 'readmitted', 'notInDlq',
    array(select unnest(v_locked) except select unnest(v_back)));
end
$$;
