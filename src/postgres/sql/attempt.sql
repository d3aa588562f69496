-- Attempt: what every call on an attempt begins with, and the calls that let it go on.

-- The mutex of these tokens: the row locks of their receipts, in key order. Decisions come in a
-- later statement, which sees everything that an earlier holder of the lock has committed; a
-- receipt itself never changes.
create or replace function ringproof.lock_receipts(p_tokens ringproof.token[])
returns ringproof.receipt[]
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_slot int;
  v_some ringproof.receipt[];
  v_all  ringproof.receipt[] := '{}';
begin
  perform ringproof.need_own_snapshots();
  for v_slot in select distinct claim_slot from unnest(p_tokens) order by claim_slot loop
    --@ lock_receipts
    -- @per v_slot claim
    v_some := array(
      select row(c.slot, c.lane_id, c.receipt_seq, c.ready_slot)::ringproof.receipt
      from ringproof.lease_claims c
      where c.slot = v_slot and (c.lane_id, c.receipt_seq) in (
        select lane_id, receipt_seq from unnest(p_tokens) where claim_slot = v_slot)
      order by c.lane_id, c.receipt_seq
      for update);
    v_all := v_all || v_some;
  end loop;
  return v_all;
end
$$;

-- What compact batches have completed of these receipts, and was not taken back.
create or replace function ringproof.completed_of(p_receipts ringproof.receipt[])
returns ringproof.token[]
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_ready int;
  v_some  ringproof.token[];
  v_all   ringproof.token[] := '{}';
begin
  for v_ready in select distinct ready_slot from unnest(p_receipts) order by ready_slot loop
    --@ find_completed
    -- @per v_ready queue
    v_some := array(
      select row(f.job_id, f.run_lease, k.slot, k.lane_id, k.receipt_seq)::ringproof.token
      from unnest(p_receipts) k
      cross join lateral (
        select * from ringproof.compact_in(v_ready) c
        where c.lane_id = k.lane_id and c.receipt_seq = k.receipt_seq offset 0) f
      where k.ready_slot = v_ready);
    v_all := v_all || v_some;
  end loop;
  return v_all;
end
$$;

-- The attempts of these receipts that the tokens name, each at its first place, without those that
-- have been completed or closed. A plan takes arrays for short, and would compare each with each.
create or replace function ringproof.open_among(
  p_tokens ringproof.token[], p_receipts ringproof.receipt[], p_completed ringproof.token[])
returns ringproof.attempt[]
language plpgsql set plan_cache_mode = force_generic_plan set enable_nestloop = off as $$
declare
  v_slot int;
  v_some ringproof.attempt[];
  v_all  ringproof.attempt[] := '{}';
begin
  for v_slot in select distinct slot from unnest(p_receipts) order by slot loop
    --@ find_open
    -- @per v_slot claim
    v_some := array(
      select row(t.place, r.slot, r.lane_id, r.receipt_seq, r.ready_slot, r.lane_seq, r.job_id,
                 r.run_lease, r.lease_slot,
                 case when r.lease_slot is null then 'receiptOnly' else 'leaseManaged' end
             )::ringproof.attempt
      from unnest(p_receipts) k
      cross join lateral (
        select u.*, (
          select a.lease_slot from ringproof.attempt_state a
          where a.job_id = u.job_id and a.run_lease = u.run_lease) as lease_slot
        from ringproof.unclosed_in(v_slot) u
        where u.lane_id = k.lane_id and u.receipt_seq = k.receipt_seq offset 0) r
      join (
        select job_id, run_lease, min(place) as place
        from unnest(p_tokens) with ordinality
               as t (job_id, run_lease, claim_slot, lane_id, receipt_seq, place)
        group by job_id, run_lease) t
        on t.job_id = r.job_id and t.run_lease = r.run_lease
      where k.slot = v_slot and (r.job_id, r.run_lease) not in (
        select job_id, run_lease from unnest(p_completed)));
    v_all := v_all || v_some;
  end loop;
  return v_all;
end
$$;

-- The open attempts among the tokens, under their mutex.
create or replace function ringproof.find_open(p_tokens ringproof.token[])
returns ringproof.attempt[]
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_receipts ringproof.receipt[] := ringproof.lock_receipts(p_tokens);
begin
  return ringproof.open_among(p_tokens, v_receipts, ringproof.completed_of(v_receipts));
end
$$;

-- The same with the states of their leases. Only what is lease-managed is looked for in the lease
-- ring.
create or replace function ringproof.find_attempts(p_tokens ringproof.token[])
returns ringproof.attempt[]
language plpgsql as $$
declare
  v_all ringproof.attempt[] := ringproof.find_open(p_tokens);
begin
  if exists (select from unnest(v_all) where lease_slot is not null) then
    --@ find_leases
    v_all := array(
      select row(a.place, a.slot, a.lane_id, a.receipt_seq, a.ready_slot, a.lane_seq, a.job_id,
                 a.run_lease, a.lease_slot, coalesce(l.state, a.state))::ringproof.attempt
      from unnest(v_all) a
      left join ringproof.leases l
        on l.slot = a.lease_slot and l.job_id = a.job_id and l.run_lease = a.run_lease);
  end if;
  return v_all;
end
$$;

-- One answer per token of a call: an attempt in one of the states p_kept is answered with that
-- state; any other with p_word where it is first named, and p_again where it is named once more.
create or replace function ringproof.answers_of(
  p_tokens ringproof.token[], p_attempts ringproof.attempt[], p_kept text[], p_word text,
  p_again text)
returns text[]
language plpgsql set plan_cache_mode = force_generic_plan set enable_nestloop = off as $$
begin
  if cardinality(p_attempts) = cardinality(p_tokens)
     and not exists (select from unnest(p_attempts) where state = any (p_kept)) then
    return array_fill(p_word, array[cardinality(p_tokens)]);
  end if;
  return array(
    select case when a.place is null then 'stale'
                when a.state = any (p_kept) then a.state
                when a.place = t.place then p_word
                else p_again end
    from unnest(p_tokens) with ordinality
           as t (job_id, run_lease, claim_slot, lane_id, receipt_seq, place)
    left join unnest(p_attempts) a
      on a.job_id = t.job_id and a.run_lease = t.run_lease
    order by t.place);
end
$$;

create or replace function ringproof.not_waiting(p_attempts ringproof.attempt[])
returns ringproof.attempt[]
language sql immutable as $$
  select array(select a::ringproof.attempt from unnest(p_attempts) a where a.state <> 'waiting')
$$;

-- Heard of now: in the lease of a lease-managed attempt, else in the attempt's state.
-- @action Heartbeat
create or replace function ringproof.heartbeat(p_tokens ringproof.token[], p_now timestamptz)
returns text[]
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_attempts ringproof.attempt[] := ringproof.find_attempts(p_tokens);
begin
  --@ record_state
  insert into ringproof.attempt_state as s (job_id, run_lease, heartbeat_at)
  select job_id, run_lease, p_now from unnest(v_attempts)
  where state = 'receiptOnly' order by job_id, run_lease
  on conflict (job_id, run_lease) do update set heartbeat_at = excluded.heartbeat_at;
  if exists (select from unnest(v_attempts) where state = 'running') then
    --@ record_lease
    update ringproof.leases l set heartbeat_at = p_now
    from unnest(v_attempts) a
    where a.state = 'running' and l.slot = a.lease_slot and l.job_id = a.job_id
      and l.run_lease = a.run_lease;
  end if;
  return ringproof.answers_of(p_tokens, v_attempts, '{waiting}', 'recorded', 'recorded');
end
$$;

-- How far each attempt has come; it says nothing about when.
-- @action FlushProgress
create or replace function ringproof.flush_progress(
  p_tokens ringproof.token[], p_progress jsonb[], p_now timestamptz)
returns text[]
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_attempts ringproof.attempt[] := ringproof.find_attempts(p_tokens);
begin
  --@ record_state
  insert into ringproof.attempt_state as s (job_id, run_lease, progress)
  select job_id, run_lease, p.progress
  from unnest(v_attempts) a
  join (
    select job_id, run_lease, max(place) as last_place
    from unnest(p_tokens) with ordinality
           as t (job_id, run_lease, claim_slot, lane_id, receipt_seq, place)
    group by job_id, run_lease) l using (job_id, run_lease)
  left join unnest(p_progress) with ordinality as p (progress, last_place) using (last_place)
  where a.state <> 'waiting' order by job_id, run_lease
  on conflict (job_id, run_lease) do update set progress = excluded.progress;
  return ringproof.answers_of(p_tokens, v_attempts, '{waiting}', 'flushed', 'flushed');
end
$$;

-- Parks attempts until p_timeout_at. A wait needs a row that may be updated: an attempt without a
-- lease gets one in the current lease slot, and says in its state where that is.
-- @focused RescueCursor Materialise
-- @action ParkForCallback
create or replace function ringproof.park_for_callback(
  p_tokens ringproof.token[], p_timeout_at timestamptz, p_now timestamptz)
returns text[]
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_attempts ringproof.attempt[] := ringproof.find_attempts(p_tokens);
  v_slot     int;
begin
  if exists (select from unnest(v_attempts) where state = 'running') then
    --@ park_leases
    update ringproof.leases l set state = 'waiting', heartbeat_at = null, timeout_at = p_timeout_at
    from unnest(v_attempts) a
    where a.state = 'running' and l.slot = a.lease_slot and l.job_id = a.job_id
      and l.run_lease = a.run_lease;
  end if;
  if exists (select from unnest(v_attempts) where state = 'receiptOnly') then
    v_slot := ringproof.pin_slot('lease');
    --@ insert_leases
    insert into ringproof.leases (slot, job_id, run_lease, state, timeout_at, deadline_at,
                                  claim_slot, lane_id, receipt_seq)
    select v_slot, a.job_id, a.run_lease, 'waiting', p_timeout_at, c.deadline_at,
           a.slot, a.lane_id, a.receipt_seq
    from unnest(v_attempts) a
    join ringproof.lease_claims c using (slot, lane_id, receipt_seq)
    where a.state = 'receiptOnly'
    order by a.job_id, a.run_lease;
  end if;
  --@ record_state
  insert into ringproof.attempt_state as s (job_id, run_lease, lease_slot)
  select job_id, run_lease, coalesce(lease_slot, v_slot) from unnest(v_attempts)
  where state <> 'waiting' order by job_id, run_lease
  on conflict (job_id, run_lease)
    do update set heartbeat_at = null, lease_slot = excluded.lease_slot;
  return ringproof.answers_of(p_tokens, v_attempts, '{waiting}', 'parked', 'waiting');
end
$$;

-- The callbacks came: parked attempts go on under the same run leases.
-- @action ResumeCallback
create or replace function ringproof.resume_callback(p_tokens ringproof.token[], p_now timestamptz)
returns text[]
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_attempts ringproof.attempt[] := ringproof.find_attempts(p_tokens);
  v_places   bigint[];
begin
  --@ resume_leases
  with resumed as (
    update ringproof.leases l set state = 'running', heartbeat_at = p_now, timeout_at = null
    from unnest(v_attempts) a
    where a.state = 'waiting' and l.slot = a.lease_slot and l.job_id = a.job_id
      and l.run_lease = a.run_lease
    returning a.place)
  select array_agg(place) into v_places from resumed;
  return array(
    select case when i = any (v_places) then 'resumed' else 'notWaiting' end
    from generate_series(1::bigint, cardinality(p_tokens)) i order by i);
end
$$;
