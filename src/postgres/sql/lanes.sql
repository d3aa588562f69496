-- Lanes of a queue: which of them a claim takes, and how jobs change theirs.

-- The lane of a queue whose turn it is, its claim head locked: the lowest priority number first,
-- which every full p_ageing of waiting lowers by one more; then who waits longest. Lanes without a
-- pending row are left out, and so are those that somebody else is claiming from.
create or replace function ringproof.choose_lane(
  p_queue text, p_ageing interval, p_now timestamptz)
returns int
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_lane int;
begin
  if p_ageing <= interval '0' then
    raise exception 'p_ageing is %, and must be positive', p_ageing
      using errcode = 'invalid_parameter_value';
  end if;
  --@ lock_claim_head
  select l.lane_id into v_lane
  from ringproof.lanes l
  join ringproof.lane_claim_heads h using (lane_id)
  cross join ringproof.rings r
  cross join lateral (
    select since, floor(extract(epoch from p_now - since) / extract(epoch from p_ageing)) as aged
    from ringproof.waiting_since(
      l.lane_id, h.cursor_seq, h.cursor_generation, r.generation, r.slot_count) since) w
  where l.queue = p_queue and r.ring = 'queue' and w.since is not null
  order by l.priority - w.aged, w.since, l.lane_id
  limit 1
  for update of h skip locked;
  return v_lane;
end
$$;

-- Hands out jobs of the one lane of a queue whose turn it is.
create or replace function ringproof.claim_from_queue(
  p_queue text, p_limit int, p_deadline_at timestamptz, p_ageing interval, p_now timestamptz)
returns table (
  job_id bigint, run_lease int, claim_slot int, lane_id int, receipt_seq bigint, payload jsonb)
language plpgsql security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
  v_lane int := ringproof.choose_lane(p_queue, p_ageing, p_now);
begin
  if v_lane is null then return; end if;
  return query select * from ringproof.hand_out(v_lane, p_limit, p_deadline_at, p_now);
end
$$;

-- Moves pending jobs to the lanes of another queue or priority, null for their own; each keeps its
-- enqueue shard. All their lanes are locked before the first of them moves. Lanes that are new are
-- created in the order of their names: somebody else may be creating the same.
create or replace function ringproof.change_lanes(
  p_job_ids bigint[], p_queue text, p_priority int, p_now timestamptz)
returns text[]
language plpgsql as $$
declare
  v_lanes   int[] := ringproof.lock_lanes_of(p_job_ids);
  v_answers text[] := array_fill('notReady'::text, array[cardinality(p_job_ids)]);
  v_some    text[];
  v_target  int;
  v_places  int[];
begin
  for v_target, v_places in
    with targets as materialized (
      select lane_id, ringproof.ensure_lane(queue, priority, enqueue_shard) as target
      from (
        select lane_id, coalesce(p_queue, queue) as queue,
               coalesce(p_priority, priority) as priority, enqueue_shard
        from ringproof.lanes where lane_id = any (v_lanes)
        order by 2, 3, 4 offset 0) l)
    select t.target, array_agg(j.place order by j.place)
    from unnest(p_job_ids) with ordinality as j (job_id, place)
    join ringproof.pending_entries p using (job_id)
    join targets t using (lane_id)
    group by t.target
    order by t.target
  loop
    v_some := ringproof.move_ready(
      array(select p_job_ids[place] from unnest(v_places) with ordinality as p (place, i)
            order by i), v_target, p_now);
    for i in 1 .. cardinality(v_places) loop
      v_answers[v_places[i]] := v_some[i];
    end loop;
  end loop;
  return v_answers;
end
$$;

-- Pending jobs get another priority in their queues.
create or replace function ringproof.reprioritise(
  p_job_ids bigint[], p_priority int, p_now timestamptz)
returns text[]
language sql security definer set search_path = pg_catalog, pg_temp
as $$ select ringproof.change_lanes(p_job_ids, null, p_priority, p_now) $$;

-- Pending jobs go to another queue, with the priority that they have.
create or replace function ringproof.move_queue(
  p_job_ids bigint[], p_queue text, p_now timestamptz)
returns text[]
language sql security definer set search_path = pg_catalog, pg_temp
as $$ select ringproof.change_lanes(p_job_ids, p_queue, null, p_now) $$;
