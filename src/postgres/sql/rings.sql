-- Rings: the cursor moves into an empty slot; the oldest slot is truncated once nothing needs it.
-- Maintenance never waits for a relation lock: what it cannot lock at once it reports as blocked.

-- The oldest generation that still has a slot of its own.
create or replace function ringproof.oldest_generation(p_ring ringproof.rings) returns bigint
language sql immutable as $$
  select coalesce(p_ring.tail_generation, greatest(p_ring.generation - p_ring.slot_count + 1, 0))
$$;

-- The oldest initialised slot, or null while only one slot is initialised.
create or replace function ringproof.oldest_slot(p_ring text) returns int
language sql stable as $$
  select (ringproof.oldest_generation(r) % r.slot_count)::int
  from ringproof.rings r
  where r.ring = p_ring and r.generation > ringproof.oldest_generation(r)
$$;

-- One at a time: two that read the same cursor would both move it, or one would wait for the other
-- and then be told something that is true of no order of the two.
create or replace function ringproof.rotate(p_ring text) returns jsonb
language plpgsql as $$
declare
  v_ring  ringproof.rings;
  v_next  int;
  v_which text[];
begin
  perform ringproof.need_own_snapshots();
  --@ lock_ring
  perform from ringproof.rings where ring = p_ring for update skip locked;
  if not found then return jsonb_build_object('result', 'blocked'); end if;
  --@ read_ring
  select * into strict v_ring from ringproof.rings where ring = p_ring;
  v_next := (v_ring.current_slot + 1) % v_ring.slot_count;
  -- Whoever still writes into the slot from its last time round must be seen: a share lock is
  -- not to be had while there is an uncommitted row in it.
  if not ringproof.try_lock_slot(p_ring, v_next, 'share') then
    return jsonb_build_object('result', 'blocked');
  end if;
  v_which := case when v_ring.tail_generation is null then ringproof.occupied(p_ring, v_next)
                  when v_ring.generation - v_ring.tail_generation + 1 < v_ring.slot_count then '{}'
                  else ringproof.ring_tables(p_ring) end;
  if v_which <> '{}' then
    return jsonb_build_object('result', 'skippedBusy', 'which', v_which);
  end if;
  --@ advance_ring
  update ringproof.rings
  set current_slot = v_next, generation = generation + 1
  where ring = p_ring;
  return jsonb_build_object('result', 'rotated');
end
$$;

-- @action RotateQueue
create or replace function ringproof.rotate_queue(p_now timestamptz) returns jsonb
language sql security definer set search_path = pg_catalog, pg_temp
as $$ select ringproof.rotate('queue') $$;

-- @focused RescueCursor RotateClaims
-- @action RotateClaims
create or replace function ringproof.rotate_claims(p_now timestamptz) returns jsonb
language sql security definer set search_path = pg_catalog, pg_temp
as $$ select ringproof.rotate('claim') $$;

-- Only a slot that was truncated since it was current is used again.
-- @action RotateLeases
create or replace function ringproof.rotate_leases(p_now timestamptz) returns jsonb
language sql security definer set search_path = pg_catalog, pg_temp
as $$ select ringproof.rotate('lease') $$;

-- Why this slot must not be truncated now: the first reason, or null.
create or replace function ringproof.queue_slot_pinned(p_slot int) returns text
language plpgsql as $$
begin
  --@ check_leases
  if exists (
    select from ringproof.leases l
    join ringproof.lease_claims c
      on c.slot = l.claim_slot and c.lane_id = l.lane_id and c.receipt_seq = l.receipt_seq
    where c.ready_slot = p_slot) then
    return 'queueActiveLeases';
  end if;
  --@ check_unclosed
  if exists (select from ringproof.unclosed_receipts where ready_slot = p_slot) then
    return 'queueUnclosedClaimRefs';
  end if;
  --@ check_pending
  if exists (select from ringproof.pending_entries where slot = p_slot) then
    return 'queuePendingReady';
  end if;
  return null;
end
$$;

create or replace function ringproof.claim_slot_pinned(p_slot int) returns text
language plpgsql as $$
begin
  --@ check_open
  if exists (select from ringproof.open_receipts where slot = p_slot) then
    return 'claimOpen';
  end if;
  return null;
end
$$;

create or replace function ringproof.lease_slot_pinned(p_slot int) returns text
language plpgsql as $$
begin
  --@ check_live
  if exists (select from ringproof.leases where slot = p_slot) then
    return 'leaseLive';
  end if;
  return null;
end
$$;

create or replace function ringproof.slot_pinned(p_ring text, p_slot int) returns text
language sql as $$
  select case p_ring when 'queue' then ringproof.queue_slot_pinned(p_slot)
                     when 'claim' then ringproof.claim_slot_pinned(p_slot)
                     when 'lease' then ringproof.lease_slot_pinned(p_slot) end
$$;

-- Moves the jobs of a locked queue slot that failed after p_since to the tails of their lanes in
-- the current slot: the row with the body, spent from the beginning, and the fact beside it. They
-- are counted already. What it cannot lock at once is an error.
create or replace function ringproof.carry_forward(p_slot int, p_since timestamptz) returns void
language plpgsql as $$
declare
  v_kept ringproof.done_entries[];
  v_slot int;
begin
  --@ find_kept
  v_kept := array(
    select d from ringproof.done_entries d
    where slot = p_slot and state = 'failed' and finalized_at > p_since);
  if v_kept = '{}' then return; end if;
  --@ read_slot
  select current_slot into strict v_slot from ringproof.rings where ring = 'queue';
  if not ringproof.try_lock_slot('queue', v_slot, 'row exclusive') then
    raise exception using errcode = 'lock_not_available';
  end if;
  --@ lock_enqueue_heads
  perform from ringproof.lane_enqueue_heads
  where lane_id in (select lane_id from unnest(v_kept)) order by lane_id for update nowait;
  --@ move_kept
  with taken as (
    delete from ringproof.done_entries
    where slot = p_slot and (job_id, run_lease) in (select job_id, run_lease from unnest(v_kept))),
  kept as materialized (
    select *, row_number() over (partition by lane_id order by lane_seq) as nth
    from unnest(v_kept)),
  heads as (
    update ringproof.lane_enqueue_heads h set next_seq = next_seq + k.count
    from (select lane_id, count(*) from kept group by lane_id) k
    where h.lane_id = k.lane_id
    returning h.lane_id, h.next_seq - k.count - 1 as last_seq),
  moved as materialized (
    select k.*, h.last_seq + k.nth as new_seq from kept k join heads h using (lane_id)),
  bodies as (
    insert into ringproof.ready_entries
      (slot, lane_id, lane_seq, job_id, run_lease, snoozes, enqueued_at, unique_key, payload)
    select v_slot, r.lane_id, m.new_seq, r.job_id, r.run_lease, r.snoozes, r.enqueued_at,
           r.unique_key, r.payload
    from moved m
    join ringproof.ready_entries r
      on r.slot = p_slot and r.lane_id = m.lane_id and r.lane_seq = m.lane_seq),
  spent as (
    insert into ringproof.ready_tombstones (slot, lane_id, lane_seq)
    select v_slot, lane_id, new_seq from moved)
  insert into ringproof.done_entries
    (slot, lane_id, lane_seq, job_id, run_lease, state, finalized_at)
  select v_slot, lane_id, new_seq, job_id, run_lease, state, finalized_at from moved;
end
$$;

-- Truncates every partition of a locked slot, once the jobs that failed after p_since are out of it
-- and its counts have moved. TRUNCATE also locks their TOAST tables, which have no NOWAIT and which
-- autovacuum visits by themselves: it gives up at once, takes everything back, and says false. At
-- once is a millisecond, or what the session says in prune.lock_timeout: whoever extends a catalog
-- is waited for as well.
create or replace function ringproof.try_truncate_slot(
  p_ring text, p_slot int, p_since timestamptz)
returns boolean
language plpgsql as $$
declare
  v_timeout text := current_setting('lock_timeout');
  v_limit   text := coalesce(nullif(current_setting('prune.lock_timeout', true), ''), '1ms');
  v_tables  text;
begin
  select string_agg(format('ringproof.%I', name || '_' || p_slot), ', ' order by place)
  into v_tables
  from unnest(ringproof.ring_tables(p_ring)) with ordinality as t (name, place);
  if p_ring = 'queue' then
    perform ringproof.fold_deltas(p_slot);
    perform ringproof.carry_forward(p_slot, p_since);
    perform ringproof.retire_facts(p_slot);
  end if;
  perform set_config('lock_timeout', v_limit, true);
  --@ truncate
  execute 'truncate table only ' || v_tables;
  perform set_config('lock_timeout', v_timeout, true);
  return true;
exception
  when lock_not_available then return false;
end
$$;

-- The row of a claim slot, without waiting for a pass of rescue that is in the slot.
create or replace function ringproof.try_lock_cursors(p_ring text, p_slot int) returns boolean
language plpgsql as $$
begin
  if p_ring <> 'claim' then return true; end if;
  --@ lock_cursors
  perform from ringproof.claim_slots where slot = p_slot order by slot for update skip locked;
  return found;
end
$$;

-- Looks first, so that a slot that cannot be pruned is not locked; locks without waiting; looks
-- again under the locks, because that answer is the one that stays true. The evidence is in the
-- other ring, which somebody else may be pruning: that too is tried, and not waited for.
create or replace function ringproof.prune(p_ring text, p_since timestamptz default null)
returns jsonb
language plpgsql as $$
declare
  v_slot   int;
  v_reason text;
begin
  perform ringproof.need_own_snapshots();
  --@ lock_ring
  perform from ringproof.rings where ring = p_ring for update skip locked;
  if not found then return jsonb_build_object('result', 'blocked'); end if;
  v_slot := ringproof.oldest_slot(p_ring);
  if v_slot is null then return jsonb_build_object('result', 'noop'); end if;
  if not ringproof.try_lock_ring('queue', 'access share')
     or not ringproof.try_lock_ring('claim', 'access share')
     or not ringproof.try_lock_ring('lease', 'access share')
     or p_ring = 'queue' and not ringproof.try_lock_counts() then
    return jsonb_build_object('result', 'blocked');
  end if;
  if p_ring <> 'lease' and ringproof.occupied(p_ring, v_slot) = '{}' then
    return jsonb_build_object('result', 'noop');
  end if;
  v_reason := ringproof.slot_pinned(p_ring, v_slot);
  if v_reason is null then
    if not ringproof.try_lock_cursors(p_ring, v_slot)
       or not ringproof.try_lock_slot(p_ring, v_slot, 'access exclusive') then
      return jsonb_build_object('result', 'blocked');
    end if;
    v_reason := ringproof.slot_pinned(p_ring, v_slot);
  end if;
  if v_reason is not null then
    return jsonb_build_object('result', 'skippedActive', 'reason', v_reason);
  end if;
  if not ringproof.try_truncate_slot(p_ring, v_slot, p_since) then
    return jsonb_build_object('result', 'blocked');
  end if;
  --@ move_tail
  update ringproof.rings set tail_generation = tail_generation + 1
  where ring = p_ring and tail_generation is not null;
  --@ reset_cursors
  update ringproof.claim_slots set stale_cursor = null, deadline_cursor = null
  where p_ring = 'claim' and slot = v_slot;
  return jsonb_build_object('result', 'pruned');
end
$$;

-- Jobs that failed less than p_failed_floor ago outlive their slot.
-- @action PruneQueue
create or replace function ringproof.prune_queue(
  p_now timestamptz, p_failed_floor interval default '0')
returns jsonb
language sql security definer set search_path = pg_catalog, pg_temp
as $$ select ringproof.prune('queue', p_now - p_failed_floor) $$;

-- @focused RescueCursor PruneClaims
-- @action PruneClaims
create or replace function ringproof.prune_claims(p_now timestamptz) returns jsonb
language sql security definer set search_path = pg_catalog, pg_temp
as $$ select ringproof.prune('claim') $$;

-- @action PruneLeases
create or replace function ringproof.prune_leases(p_now timestamptz) returns jsonb
language sql security definer set search_path = pg_catalog, pg_temp
as $$ select ringproof.prune('lease') $$;
