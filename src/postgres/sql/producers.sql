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

-- Appends jobs to the tails of their lanes, in the current slot, in the order of the array.
create or replace function ringproof.append_ready(
  p_arrivals ringproof.arrival[], p_now timestamptz)
returns void
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_slot   int;
  v_lane   int;
  v_count  int;
  v_first  bigint;
  v_lanes  int[] := '{}';
  v_firsts bigint[] := '{}';
begin
  if coalesce(cardinality(p_arrivals), 0) = 0 then return; end if;
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
    v_firsts := v_firsts || v_first;
  end loop;
  v_slot := ringproof.pin_slot('queue');
  --@ insert_ready
  insert into ringproof.ready_entries
    (slot, lane_id, lane_seq, job_id, run_lease, snoozes, enqueued_at, unique_key, payload)
  select v_slot, a.lane_id,
         h.first_seq - 1 + row_number() over (partition by a.lane_id order by a.ordinality),
         a.job_id, a.run_lease, a.snoozes, p_now, a.unique_key, a.payload
  from unnest(p_arrivals) with ordinality as a
  join unnest(v_lanes, v_firsts) as h (lane_id, first_seq) using (lane_id);
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
  v_welcome  bigint[];
  v_arrivals ringproof.arrival[];
begin
  --@ allocate_ids
  v_job_ids := array(select nextval('ringproof.job_ids') from unnest(p_payloads));
  v_welcome := ringproof.take_keys(v_job_ids, p_unique_keys);
  v_arrivals := array(
    select row(p_lane_id, job_id, 0, 0, unique_key, payload)::ringproof.arrival
    from unnest(v_job_ids, p_unique_keys, p_payloads) as j (job_id, unique_key, payload)
    join unnest(v_welcome) as w (job_id) using (job_id)
    order by job_id);
  if p_run_at > p_now then
    --@ insert_deferred
    insert into ringproof.deferred_jobs
      (job_id, run_lease, snoozes, lane_id, run_at, unique_key, payload)
    select job_id, run_lease, snoozes, lane_id, p_run_at, unique_key, payload
    from unnest(v_arrivals);
  else
    perform ringproof.append_ready(v_arrivals, p_now);
  end if;
  return array(
    select w.job_id
    from unnest(v_job_ids) as j (job_id)
    left join unnest(v_welcome) as w (job_id) using (job_id)
    order by j.job_id);
end
$$;

-- Deferred jobs whose time has come move to their lanes' tails, in the order of the call.
-- @action PromoteDeferred
create or replace function ringproof.promote_deferred(p_job_ids bigint[], p_now timestamptz)
returns text[]
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_locked  ringproof.deferred_jobs[];
  v_answers text[];
  v_due     ringproof.arrival[];
begin
  --@ lock_deferred
  v_locked := array(
    select d from ringproof.deferred_jobs d where job_id = any (p_job_ids)
    order by job_id for update);
  --@ decide
  select array_agg(case when d.job_id is null then 'notDeferred'
                        when d.run_at > p_now then 'notDue'
                        when array_position(p_job_ids, j.job_id) < j.place then 'notDeferred'
                        else 'promoted' end order by j.place)
  into v_answers
  from unnest(p_job_ids) with ordinality as j (job_id, place)
  left join unnest(v_locked) d using (job_id);
  --@ delete_deferred
  with gone as (
    delete from ringproof.deferred_jobs
    where job_id in (select job_id from unnest(v_locked)) and run_at <= p_now
    returning lane_id, job_id, run_lease, snoozes, unique_key, payload)
  select array_agg(g::ringproof.arrival order by array_position(p_job_ids, job_id))
  into v_due
  from gone g;
  perform ringproof.append_ready(v_due, p_now);
  return coalesce(v_answers, '{}');
end
$$;
