-- Counts: how many jobs of each queue have ended in which state, without a look at the facts.
-- Whoever adds or removes terminal facts appends deltas to their slot, in the same transaction;
-- maintenance adds the deltas to the live counts. What a queue slot loses when it is pruned leaves
-- the live counts for the rollups. Live counts and rollups are written under one lock, which nobody
-- waits for, and which no worker takes.

-- On every path: what one counts in a bucket, another takes back from it.
create or replace function ringproof.count_bucket(p_job_id bigint) returns int
language sql immutable as $$ select (p_job_id % 256)::int $$;

-- The terminal facts that are there, exactly: live counts and deltas, in one snapshot. It must not
-- be older than the last rollup, whose truncation every snapshot shows: a later statement of a
-- REPEATABLE READ transaction may miss deltas, unless their table was locked first.
create or replace view ringproof.terminal_counts as
select queue, state, bucket, sum(jobs)::bigint as jobs
from (
  select queue, state, bucket, jobs from ringproof.queue_terminal_live_counts
  union all
  select l.queue, d.state, d.bucket, d.delta
  from ringproof.queue_terminal_count_deltas d
  join ringproof.lanes l using (lane_id)) c
group by queue, state, bucket;

-- The mutex of those who write live counts, or truncate what they are counted from.
create or replace function ringproof.try_lock_counts() returns boolean
language plpgsql as $$
begin
  perform ringproof.need_own_snapshots();
  --@ lock_counts
  lock table ringproof.queue_terminal_live_counts in share update exclusive mode nowait;
  return true;
exception
  when lock_not_available then return false;
end
$$;

create or replace function ringproof.try_lock_deltas(p_slot int, p_mode text) returns boolean
language plpgsql as $$
begin
  --@ lock_deltas
  execute format('lock table only ringproof.%I in %s mode nowait',
    'queue_terminal_count_deltas_' || p_slot, p_mode);
  return true;
exception
  when lock_not_available then return false;
end
$$;

-- Deltas are relative: a sum may be less than zero, for facts that a rollup has counted before.
create or replace function ringproof.fold_deltas(p_slot int) returns void
language plpgsql as $$
begin
  --@ fold_deltas
  insert into ringproof.queue_terminal_live_counts as c (queue, state, bucket, jobs)
  select l.queue, d.state, d.bucket, sum(d.delta)
  from ringproof.queue_terminal_count_deltas d
  join ringproof.lanes l using (lane_id)
  where d.slot = p_slot
  group by 1, 2, 3 having sum(d.delta) <> 0
  order by 1, 2, 3
  on conflict (queue, state, bucket) do update set jobs = c.jobs + excluded.jobs;
end
$$;

-- The facts of a slot that goes: no longer live, and history from now on.
create or replace function ringproof.retire_facts(p_slot int) returns void
language plpgsql as $$
begin
  --@ retire_facts
  with gone as (
    select l.queue, f.state, ringproof.count_bucket(f.job_id) as bucket, count(*) as jobs
    from (
      select lane_id, 'completed' as state, job_id from ringproof.compact_in(p_slot)
      union all
      select lane_id, state, job_id from ringproof.done_entries where slot = p_slot) f
    join ringproof.lanes l using (lane_id)
    group by 1, 2, 3),
  history as (
    insert into ringproof.queue_terminal_rollups as c (queue, state, bucket, jobs)
    select queue, state, bucket, jobs from gone order by 1, 2, 3
    on conflict (queue, state, bucket) do update set jobs = c.jobs + excluded.jobs)
  insert into ringproof.queue_terminal_live_counts as c (queue, state, bucket, jobs)
  select queue, state, bucket, -jobs from gone order by 1, 2, 3
  on conflict (queue, state, bucket) do update set jobs = c.jobs + excluded.jobs;
end
$$;

-- Adds up the deltas of a slot and truncates them. Not in the current slot, where workers append:
-- those who append to this one wait until the transaction of this call ends.
create or replace function ringproof.rollup_terminal_counts(p_slot int, p_now timestamptz)
returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_ring ringproof.rings;
begin
  --@ read_ring
  select * into strict v_ring from ringproof.rings where ring = 'queue';
  if p_slot = v_ring.current_slot then
    return jsonb_build_object('result', 'skippedActive', 'reason', 'queueCurrent');
  end if;
  if p_slot not between 0 and v_ring.slot_count - 1 then
    return jsonb_build_object('result', 'noop');
  end if;
  if not ringproof.try_lock_counts()
     or not ringproof.try_lock_deltas(p_slot, 'access share') then
    return jsonb_build_object('result', 'blocked');
  end if;
  --@ probe_deltas
  if not exists (select from ringproof.queue_terminal_count_deltas where slot = p_slot) then
    return jsonb_build_object('result', 'noop');
  end if;
  if not ringproof.try_lock_deltas(p_slot, 'access exclusive') then
    return jsonb_build_object('result', 'blocked');
  end if;
  perform ringproof.fold_deltas(p_slot);
  --@ truncate
  execute format('truncate table only ringproof.%I', 'queue_terminal_count_deltas_' || p_slot);
  return jsonb_build_object('result', 'rolledUp');
end
$$;

-- Counts anew. One statement, so one snapshot, reads facts and deltas; what the deltas it sees will
-- add is left out of the live counts, and deltas that it does not see are of facts that it does not
-- see. So writers go on meanwhile; rollup and prune, after which no snapshot shows what they
-- truncated, do not.
create or replace function ringproof.rebuild_terminal_counts(p_now timestamptz) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not ringproof.try_lock_counts() then
    return jsonb_build_object('result', 'blocked');
  end if;
  --@ recount
  insert into ringproof.queue_terminal_live_counts as c (queue, state, bucket, jobs)
  select queue, state, bucket, sum(jobs)
  from (
    select l.queue, f.state, ringproof.count_bucket(f.job_id) as bucket, 1 as jobs
    from ringproof.terminal_facts f
    join ringproof.lanes l using (lane_id)
    union all
    select l.queue, d.state, d.bucket, -d.delta
    from ringproof.queue_terminal_count_deltas d
    join ringproof.lanes l using (lane_id)
    union all
    select queue, state, bucket, 0 from ringproof.queue_terminal_live_counts) n
  group by 1, 2, 3
  order by 1, 2, 3
  on conflict (queue, state, bucket) do update set jobs = excluded.jobs
  where c.jobs <> excluded.jobs;
  return jsonb_build_object('result', 'rebuilt');
end
$$;
