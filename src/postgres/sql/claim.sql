-- Claim: hand-out of the first unspent rows of a lane, and the lossy advance of its cursor.

-- Since when the first pending row of a lane has waited, from the cursor of the lane on to the
-- generation that the ring is in; null where none is pending.
create or replace function ringproof.waiting_since(
  p_lane_id int, p_cursor_seq bigint, p_cursor_generation bigint, p_generation bigint,
  p_slot_count int)
returns timestamptz
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  v_slot  int;
  v_since timestamptz;
begin
  for v_generation in
    greatest(p_cursor_generation, p_generation - p_slot_count + 1) .. p_generation
  loop
    v_slot := v_generation % p_slot_count;
    --@ find_pending
    -- @per v_slot queue
    select r.enqueued_at into v_since
    from ringproof.pending_in(v_slot, p_lane_id) r
    where r.lane_seq >= p_cursor_seq
    order by r.lane_seq limit 1;
    exit when found;
  end loop;
  return v_since;
end
$$;

-- Receipts go to the current claim slot, evidence to the rows' own slot, tokens to the worker. A
-- lane that somebody else is claiming from is passed over. Slots are looked at one after the other,
-- so rows appended meanwhile are left alone, or a later one could be seen and an earlier one not;
-- and if the ring turns meanwhile, what a slot holds then is such rows. Who asks for very many gets
-- a thousand: the arrays of a receipt are read as a whole.
create or replace function ringproof.hand_out(
  p_lane_id int, p_limit int, p_deadline_at timestamptz, p_now timestamptz)
returns table (
  job_id bigint, run_lease int, claim_slot int, lane_id int, receipt_seq bigint, payload jsonb)
language plpgsql set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  v_head       ringproof.lane_claim_heads;
  v_tail       bigint;
  v_last       bigint;
  v_slots      int;
  v_claim_slot int;
  v_ready_slot int;
  v_seqs       bigint[];
  v_job_ids    bigint[];
  v_leases     int[];
  v_bodies     jsonb[];
begin
  --@ lock_claim_head
  select * into v_head from ringproof.lane_claim_heads h
  where h.lane_id = p_lane_id for update skip locked;
  if not found then return; end if;
  --@ read_tail
  select h.next_seq, r.generation, r.slot_count into strict v_tail, v_last, v_slots
  from ringproof.lane_enqueue_heads h
  cross join ringproof.rings r
  where h.lane_id = p_lane_id and r.ring = 'queue';
  for v_generation in greatest(v_head.cursor_generation, v_last - v_slots + 1) .. v_last loop
    v_ready_slot := v_generation % v_slots;
    --@ choose_rows
    -- @per v_ready_slot queue
    select array_agg(c.lane_seq), array_agg(c.job_id), array_agg(c.run_lease + 1),
           array_agg(c.payload)
    into v_seqs, v_job_ids, v_leases, v_bodies
    from (
      select * from ringproof.pending_in(v_ready_slot, p_lane_id) r
      where r.lane_seq >= v_head.cursor_seq and r.lane_seq < v_tail
      order by r.lane_seq limit least(p_limit, 1000)) c;
    exit when v_seqs is not null;
  end loop;
  if v_seqs is null then return; end if;
  v_claim_slot := ringproof.pin_slot('claim');
  --@ insert_evidence
  insert into ringproof.attempt_evidence (slot, lane_id, through_seq)
  values (v_ready_slot, p_lane_id, v_seqs[cardinality(v_seqs)]);
  --@ insert_receipt
  insert into ringproof.lease_claims
    (slot, lane_id, receipt_seq, ready_slot, claimed_at, deadline_at, lane_seqs, job_ids,
     run_leases)
  values (v_claim_slot, p_lane_id, v_seqs[cardinality(v_seqs)], v_ready_slot, p_now,
          p_deadline_at, v_seqs, v_job_ids, v_leases);
  return query
    select j.job_id, j.run_lease, v_claim_slot, p_lane_id, v_seqs[cardinality(v_seqs)], j.payload
    from unnest(v_job_ids, v_leases, v_bodies) as j (job_id, run_lease, payload);
end
$$;

-- A lane without a pending row is left unlocked: row locks are written to the log, and polls are
-- many.
-- @focused RescueCursor Claim
-- @action Claim
create or replace function ringproof.claim(
  p_lane_id int, p_limit int, p_deadline_at timestamptz, p_now timestamptz)
returns table (
  job_id bigint, run_lease int, claim_slot int, lane_id int, receipt_seq bigint, payload jsonb)
language plpgsql security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  v_since timestamptz;
begin
  --@ read_heads
  select ringproof.waiting_since(
    p_lane_id, cursor_seq, cursor_generation, generation, slot_count)
  into v_since
  from ringproof.lane_claim_heads h
  cross join ringproof.rings
  where h.lane_id = p_lane_id and ring = 'queue';
  if v_since is null then return; end if;
  return query select * from ringproof.hand_out(p_lane_id, p_limit, p_deadline_at, p_now);
end
$$;

-- Moves the cursor over the spent prefix, after the claim has committed. An advance that never
-- comes loses nothing. The tail is read before the rows, and rows at or behind it are left alone: a
-- row appended meanwhile is never passed over, whether it is in a slot that was truncated meanwhile
-- or not, and its generation is that of the last row seen, or a later one.
-- @action AdvanceClaimCursor
create or replace function ringproof.advance_claim_cursor(p_lane_id int, p_now timestamptz)
returns bigint
language plpgsql security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
  v_head ringproof.lane_claim_heads;
  v_ring ringproof.rings;
  v_tail bigint;
  v_slot int;
  v_seq  bigint;
  v_seen bigint;
  v_here bigint;
begin
  --@ lock_claim_head
  select * into v_head from ringproof.lane_claim_heads
  where lane_id = p_lane_id for update skip locked;
  if not found then return null; end if;
  --@ read_tail
  select next_seq into strict v_tail from ringproof.lane_enqueue_heads where lane_id = p_lane_id;
  --@ read_queue_ring
  select * into strict v_ring from ringproof.rings where ring = 'queue';
  for v_generation in
    greatest(v_head.cursor_generation, v_ring.generation - v_ring.slot_count + 1)
    .. v_ring.generation
  loop
    v_slot := v_generation % v_ring.slot_count;
    --@ find_pending
    -- @per v_slot queue
    select p.lane_seq into v_seq from ringproof.pending_in(v_slot, p_lane_id) p
    where p.lane_seq >= v_head.cursor_seq and p.lane_seq < v_tail
    order by p.lane_seq limit 1;
    --@ find_rows
    -- @per v_slot queue
    select v_generation into v_here
    from ringproof.ready_entries r
    where r.slot = v_slot and r.lane_id = p_lane_id
      and r.lane_seq >= v_head.cursor_seq and r.lane_seq < v_tail limit 1;
    v_seen := coalesce(v_here, v_seen);
    exit when v_seq is not null;
  end loop;
  --@ advance
  update ringproof.lane_claim_heads
  set cursor_seq = coalesce(v_seq, v_tail),
      cursor_generation = coalesce(v_seen, cursor_generation)
  where lane_id = p_lane_id and coalesce(v_seq, v_tail) > cursor_seq
  returning cursor_seq into v_seq;
  return case when found then v_seq end;
end
$$;
