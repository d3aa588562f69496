-- Producers: jobs enter a lane, at once or after a wait.

-- The id of the lane, created on first use.
create or replace function ringproof.ensure_lane(p_queue text, p_priority int, p_shard int)
returns int
language plpgsql security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
  v_lane int;
begin
  --@ find_lane
  select lane_id into v_lane from ringproof.lanes
  where queue = p_queue and priority = p_priority and enqueue_shard = p_shard;
  if found then return v_lane; end if;
  --@ insert_lane
  insert into ringproof.lanes (queue, priority, enqueue_shard)
  values (p_queue, p_priority, p_shard)
  on conflict do nothing;
  --@ read_lane
  select lane_id into strict v_lane from ringproof.lanes
  where queue = p_queue and priority = p_priority and enqueue_shard = p_shard;
  --@ insert_enqueue_head
  insert into ringproof.lane_enqueue_heads (lane_id) values (v_lane) on conflict do nothing;
  --@ insert_claim_head
  insert into ringproof.lane_claim_heads (lane_id) values (v_lane) on conflict do nothing;
  return v_lane;
end
$$;

-- Appends jobs to the tails of their lanes, in the current slot, in the order of the array, and
-- returns how many. Whoever is planned anew for each call assigns that number: the plan of a
-- PERFORM would hold the payloads, and Postgres shows plans to those who ask for them.
create or replace function ringproof.append_ready(
  p_arrivals ringproof.arrival[], p_now timestamptz)
returns int
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_slot     int;
  v_lane     int;
  v_count    int;
  v_first    bigint;
  v_before   bigint := 0;
  v_lanes    int[] := '{}';
  v_offsets  bigint[] := '{}';
  v_arrivals ringproof.arrival[] := p_arrivals;
begin
  if coalesce(cardinality(p_arrivals), 0) = 0 then return 0; end if;
  for v_lane, v_count in
    select lane_id, count(*) from unnest(p_arrivals) group by lane_id order by lane_id
  loop
    --@ advance_enqueue_head
    update ringproof.lane_enqueue_heads set next_seq = next_seq + v_count where lane_id = v_lane
    returning next_seq - v_count into v_first;
    if not found then
      raise exception 'lane % does not exist', v_lane using errcode = 'foreign_key_violation';
    end if;
    v_lanes := v_lanes || v_lane;
    v_offsets := v_offsets || v_first - v_before - 1;
    v_before := v_before + v_count;
  end loop;
  if cardinality(v_lanes) > 1 then
    v_arrivals := array(
      select row(lane_id, job_id, run_lease, snoozes, unique_key, payload)::ringproof.arrival
      from unnest(p_arrivals) with ordinality
      order by lane_id, ordinality);
  end if;
  v_slot := ringproof.pin_slot('queue');
  --@ insert_ready
  insert into ringproof.ready_entries
    (slot, lane_id, lane_seq, job_id, run_lease, snoozes, enqueued_at, unique_key, payload)
  select v_slot, a.lane_id, h.lane_offset + a.ordinality, a.job_id, a.run_lease, a.snoozes, p_now,
         a.unique_key, a.payload
  from unnest(v_arrivals) with ordinality as a
  join unnest(v_lanes, v_offsets) as h (lane_id, lane_offset) using (lane_id);
  return v_before;
end
$$;

-- A batch of new jobs goes to the tail of one lane, or waits among the deferred ones. Returns their
-- ids in the order of the call, null for those that are turned away because their key is taken.
-- @action Enqueue
create or replace function ringproof.enqueue(
  p_lane_id int, p_payloads jsonb[], p_run_at timestamptz, p_now timestamptz,
  p_unique_keys text[] default '{}')
returns bigint[]
language plpgsql security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
  v_job_ids  bigint[];
  v_arrivals ringproof.arrival[];
begin
  --@ allocate_ids
  v_job_ids := array(select nextval('ringproof.job_ids') from unnest(p_payloads));
  v_job_ids := ringproof.take_keys(v_job_ids, p_unique_keys);
  v_arrivals := array(
    select row(p_lane_id, job_id, 0, 0, unique_key, payload)::ringproof.arrival
    from unnest(v_job_ids, p_unique_keys, p_payloads) as j (job_id, unique_key, payload)
    where job_id is not null);
  if p_run_at > p_now then
    --@ insert_deferred
    insert into ringproof.deferred_jobs
      (job_id, run_lease, snoozes, lane_id, run_at, unique_key, payload)
    select job_id, run_lease, snoozes, lane_id, p_run_at, unique_key, payload
    from unnest(v_arrivals);
  else
    perform ringproof.append_ready(v_arrivals, p_now);
  end if;
  return v_job_ids;
end
$$;

-- Deferred jobs whose time has come move to their lanes' tails, in the order of the call.
-- @action PromoteDeferred
create or replace function ringproof.promote_deferred(p_job_ids bigint[], p_now timestamptz)
returns text[]
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_locked  bigint[];
  v_run_ats timestamptz[];
  v_answers text[];
  v_due     ringproof.arrival[];
  v_count   int;
begin
  --@ lock_deferred
  select array_agg(job_id), array_agg(run_at) into v_locked, v_run_ats
  from (
    select job_id, run_at from ringproof.deferred_jobs where job_id = any (p_job_ids)
    order by job_id for update) d;
  --@ decide
  select array_agg(case when d.job_id is null then 'notDeferred'
                        when d.run_at > p_now then 'notDue'
                        when array_position(p_job_ids, j.job_id) < j.place then 'notDeferred'
                        else 'promoted' end order by j.place)
  into v_answers
  from unnest(p_job_ids) with ordinality as j (job_id, place)
  left join unnest(v_locked, v_run_ats) as d (job_id, run_at) using (job_id);
  --@ delete_deferred
  with gone as (
    delete from ringproof.deferred_jobs where job_id = any (v_locked) and run_at <= p_now
    returning lane_id, job_id, run_lease, snoozes, unique_key, payload)
  select array_agg(g::ringproof.arrival order by array_position(p_job_ids, job_id))
  into v_due
  from gone g;
  v_count := ringproof.append_ready(v_due, p_now);
  return coalesce(v_answers, '{}');
end
$$;
