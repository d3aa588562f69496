-- Rescue: attempts whose workers were silent for too long are ended and their jobs re-appended.

-- Closes the stale open attempts of one claim slot, at most p_limit receipts of them, and appends
-- their jobs again. Receipts that somebody is finishing right now are passed over.
-- @action RescueStaleReceipts
create or replace function ringproof.rescue_stale_receipts(
  p_slot int, p_cutoff timestamptz, p_limit int, p_now timestamptz)
returns table (job_id bigint, run_lease int)
language plpgsql as $$
#variable_conflict use_column
declare
  v_tokens ringproof.token[];
  v_jobs   bigint[];
  v_leases int[];
  v_lanes  int[];
  v_bodies jsonb[];
begin
  --@ lock_receipts
  select array_agg(row(m.job_id, m.run_lease, c.slot, c.lane_id, c.receipt_seq)::ringproof.token
                   order by c.lane_id, c.receipt_seq, m.place)
  into v_tokens
  from (
    select * from ringproof.lease_claims s
    where s.slot = p_slot and s.claimed_at < p_cutoff and exists (
      select from ringproof.open_receipts o
      where o.slot = p_slot and o.lane_id = s.lane_id and o.receipt_seq = s.receipt_seq)
    order by s.lane_id, s.receipt_seq
    limit p_limit
    for update skip locked) c
  cross join lateral unnest(c.job_ids, c.run_leases)
    with ordinality as m (job_id, run_lease, place);
  if v_tokens is null then return; end if;
  --@ close_stale
  select array_agg(e.job_id order by e.place), array_agg(e.run_lease order by e.place),
         array_agg(e.lane_id order by e.place), array_agg(e.payload order by e.place)
  into v_jobs, v_leases, v_lanes, v_bodies
  from ringproof.end_attempts(v_tokens, 'rescued', p_now) e;
  perform ringproof.append_ready(v_lanes, v_jobs, v_leases, v_bodies, p_now);
  return query select * from unnest(v_jobs, v_leases);
end
$$;
