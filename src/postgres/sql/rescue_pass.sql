-- Rescue over the whole claim ring: a pass goes from the oldest slot to the current one with one
-- budget; in each slot it looks at a window of receipts after its cursor, ends the attempts that
-- are due, and moves the cursor on. The order is by claimed_at, or by deadline_at; then by the
-- receipt's first attempt. A pass waits for no slot, and for no attempt that somebody holds; only,
-- like all who append jobs, for the lanes to which it does.

-- At most p_limit receipts of a claim slot, in the order of a pass, after one place and up to
-- another. A slot that was truncated has no statistics: the planner may only follow the index.
create or replace function ringproof.receipts_between(
  p_pass text, p_slot int, p_after ringproof.rescue_cursor, p_to ringproof.rescue_cursor,
  p_limit int)
returns ringproof.lease_claims[]
language plpgsql stable
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off as $$
begin
  if p_pass = 'stale' then
    --@ read_claimed
    return array(
      select c from ringproof.lease_claims c
      where c.slot = p_slot
        and (c.claimed_at, c.job_ids[1], c.run_leases[1])
          > ((p_after).at, (p_after).job_id, (p_after).run_lease)
        and (c.claimed_at, c.job_ids[1], c.run_leases[1])
          <= ((p_to).at, (p_to).job_id, (p_to).run_lease)
      order by c.claimed_at, c.job_ids[1], c.run_leases[1]
      limit p_limit);
  end if;
  --@ read_deadlines
  return array(
    select c from ringproof.lease_claims c
    where c.slot = p_slot and c.deadline_at is not null
      and (c.deadline_at, c.job_ids[1], c.run_leases[1])
        > ((p_after).at, (p_after).job_id, (p_after).run_lease)
      and (c.deadline_at, c.job_ids[1], c.run_leases[1])
        <= ((p_to).at, (p_to).job_id, (p_to).run_lease)
    order by c.deadline_at, c.job_ids[1], c.run_leases[1]
    limit p_limit);
end
$$;

-- The receipts after the cursor and, round the end, those up to it: no more than p_window of them,
-- and no more than p_window attempts, unless the first receipt alone has more.
create or replace function ringproof.rescue_window(
  p_pass text, p_slot int, p_cursor ringproof.rescue_cursor, p_window int)
returns ringproof.lease_claims[]
language plpgsql stable as $$
declare
  v_first  constant ringproof.rescue_cursor := row('-infinity', 0, 0);
  v_last   constant ringproof.rescue_cursor := row('infinity', 0, 0);
  v_window ringproof.lease_claims[];
  v_count  int;
begin
  v_window := ringproof.receipts_between(
    p_pass, p_slot, coalesce(p_cursor, v_first), v_last, p_window);
  v_window := v_window || ringproof.receipts_between(
    p_pass, p_slot, v_first, p_cursor, p_window - cardinality(v_window));
  --@ count_attempts
  select count(*) into v_count
  from (
    select sum(cardinality(job_ids)) over (order by ordinality) as attempts
    from unnest(v_window) with ordinality) r
  where attempts <= p_window;
  return v_window[:greatest(v_count, 1)];
end
$$;

-- The attempts of these receipts that a pass is after, with the places of the receipts.
create or replace function ringproof.due_among(
  p_pass text, p_slot int, p_receipts ringproof.lease_claims[], p_at timestamptz)
returns ringproof.attempt[]
language plpgsql as $$
declare
  v_ready int;
  v_some  ringproof.attempt[];
  v_all   ringproof.attempt[] := '{}';
begin
  for v_ready in select distinct ready_slot from unnest(p_receipts) order by ready_slot loop
    --@ find_due
    v_some := array(
      select row(r.ordinality, p_slot, d.lane_id, d.receipt_seq, v_ready, d.lane_seq, d.job_id,
                 d.run_lease, null, 'receiptOnly')::ringproof.attempt
      from unnest(p_receipts) with ordinality r
      cross join lateral (
        select * from ringproof.receipts_due(p_pass, p_slot, v_ready, p_at) d
        where d.lane_id = r.lane_id and d.receipt_seq = r.receipt_seq offset 0) d
      where r.ready_slot = v_ready);
    v_all := v_all || v_some;
  end loop;
  return v_all;
end
$$;

-- The first p_limit of these attempts whose receipts could be locked without waiting, as tokens.
create or replace function ringproof.try_lock_first(p_attempts ringproof.attempt[], p_limit int)
returns ringproof.token[]
language plpgsql as $$
declare
  v_rest   ringproof.token[] := array(
    select row(job_id, run_lease, slot, lane_id, receipt_seq)::ringproof.token
    from unnest(p_attempts) order by place, lane_seq);
  v_count  int;
  v_tokens ringproof.token[] := '{}';
begin
  loop
    v_count := least(p_limit - cardinality(v_tokens), cardinality(v_rest));
    exit when v_count <= 0;
    v_tokens := v_tokens || ringproof.try_lock_receipts(v_rest[:v_count]);
    v_rest := v_rest[v_count + 1:];
  end loop;
  return v_tokens;
end
$$;

-- What a pass does in one slot: it takes the attempts that it is about to end, and moves the cursor
-- to the last receipt before one that it must come back to. That is one with an attempt that is due
-- and stays open; in the order of deadlines also an open one whose deadline is in the future.
create or replace function ringproof.visit_claim_slot(
  p_pass text, p_slot int, p_at timestamptz, p_budget int, p_window int)
returns ringproof.attempt[]
language plpgsql as $$
declare
  v_slot   ringproof.claim_slots;
  v_cursor ringproof.rescue_cursor;
  v_window ringproof.lease_claims[];
  v_due    ringproof.attempt[];
  v_tokens ringproof.token[];
  v_ends   ringproof.attempt[];
  v_stop   bigint;
  v_last   ringproof.lease_claims;
begin
  --@ lock_cursors
  select * into v_slot from ringproof.claim_slots
  where slot = p_slot order by slot for update skip locked;
  if not found then return '{}'; end if;
  v_cursor := case p_pass when 'stale' then v_slot.stale_cursor else v_slot.deadline_cursor end;
  v_window := ringproof.rescue_window(p_pass, p_slot, v_cursor, p_window);
  if v_window = '{}' then return '{}'; end if;
  v_due := ringproof.due_among(p_pass, p_slot, v_window, p_at);
  v_tokens := ringproof.try_lock_first(v_due, p_budget);
  v_due := ringproof.due_among(
    p_pass, p_slot, v_window, case p_pass when 'stale' then p_at else 'infinity' end);
  --@ decide
  v_ends := array(
    select a::ringproof.attempt from unnest(v_due) a
    where (a.job_id, a.run_lease) in (select job_id, run_lease from unnest(v_tokens)));
  --@ find_stop
  select min(place) into v_stop from unnest(v_due)
  where (job_id, run_lease) not in (select job_id, run_lease from unnest(v_ends));
  v_last := v_window[coalesce(v_stop - 1, cardinality(v_window))];
  if v_last.slot is null then return v_ends; end if;
  v_cursor := row(case p_pass when 'stale' then v_last.claimed_at else v_last.deadline_at end,
                  v_last.job_ids[1], v_last.run_leases[1]);
  --@ move_cursor
  update ringproof.claim_slots
  set stale_cursor = case p_pass when 'stale' then v_cursor else stale_cursor end,
      deadline_cursor = case p_pass when 'stale' then deadline_cursor else v_cursor end
  where slot = p_slot
    and v_cursor is distinct from case p_pass when 'stale' then stale_cursor
                                              else deadline_cursor end;
  return v_ends;
end
$$;

-- From the oldest slot on, so that the current one, which alone gets new receipts, comes last. The
-- jobs are appended in one go at the end: two passes take the locks of the lanes in one order.
-- @focused RescueCursor Rescue
create or replace function ringproof.rescue_pass(
  p_pass text, p_at timestamptz, p_budget int, p_window int, p_outcome text, p_now timestamptz)
returns ringproof.attempt[]
language plpgsql as $$
declare
  v_ring ringproof.rings;
  v_ends ringproof.attempt[] := '{}';
begin
  --@ read_ring
  select * into strict v_ring from ringproof.rings where ring = 'claim';
  for v_generation in ringproof.oldest_generation(v_ring) .. v_ring.generation loop
    exit when cardinality(v_ends) >= p_budget;
    v_ends := v_ends || ringproof.visit_claim_slot(
      p_pass, (v_generation % v_ring.slot_count)::int, p_at, p_budget - cardinality(v_ends),
      p_window);
  end loop;
  perform ringproof.reappend_attempts(v_ends, p_outcome, p_now);
  return v_ends;
end
$$;

-- Ends at most p_budget receipt-only attempts that have been silent since before p_cutoff.
create or replace function ringproof.rescue_stale_receipts_pass(
  p_cutoff timestamptz, p_budget int, p_window int, p_now timestamptz)
returns table (job_id bigint, run_lease int)
language sql security definer set search_path = pg_catalog, pg_temp as $$
  select job_id, run_lease
  from unnest(ringproof.rescue_pass('stale', p_cutoff, p_budget, p_window, 'rescued', p_now))
$$;

-- Ends at most p_budget receipt-only attempts whose deadline has passed.
create or replace function ringproof.rescue_expired_deadlines_pass(
  p_budget int, p_window int, p_now timestamptz)
returns table (job_id bigint, run_lease int)
language sql security definer set search_path = pg_catalog, pg_temp as $$
  select job_id, run_lease
  from unnest(
    ringproof.rescue_pass('deadline', p_now, p_budget, p_window, 'deadlineExpired', p_now))
$$;
