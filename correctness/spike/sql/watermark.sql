-- What encodings B and C share: a claim appends one receipt and one watermark per batch, so
-- "is this ready row spent" is one backward index probe of its own slot.

create table attempt_evidence (
  slot        int    not null,
  lane_id     int    not null,
  through_seq bigint not null,
  primary key (slot, lane_id, through_seq)
) partition by list (slot);
call partition_by_slot('attempt_evidence', 16);

-- Takes the mutex of every receipt named, in key order, and returns them. A receipt never changes,
-- so it may be read under the lock's own snapshot; closures and completions may not.
create function lock_receipts(
  p_slot int, p_lane_ids int[], p_receipt_seqs bigint[], p_mutex text
) returns lease_claims[] language plpgsql set plan_cache_mode = force_custom_plan as $$
begin
  if p_mutex = 'row' then
    return array(
      select c
        from (select distinct * from unnest(p_lane_ids, p_receipt_seqs) order by 1, 2) t(lane, seq)
       cross join lateral (select * from lease_claims r where r.slot = p_slot
                            and r.lane_id = t.lane and r.receipt_seq = t.seq for update) c);
  end if;
  if p_mutex = 'advisory' then
    perform pg_advisory_xact_lock(k.key) from (
      select distinct hashint8extended(t.seq, t.lane) as key
        from unnest(p_lane_ids, p_receipt_seqs) t(lane, seq) order by key) k;
  end if;
  return array(
    select c from (select distinct * from unnest(p_lane_ids, p_receipt_seqs)) t(lane, seq)
     cross join lateral (select * from lease_claims r where r.slot = p_slot
                          and r.lane_id = t.lane and r.receipt_seq = t.seq offset 0) c);
end $$;

create function claim(p_lane int, p_limit int, p_now timestamptz)
returns table (job_id bigint, run_lease int, claim_slot int, lane_id int, receipt_seq bigint,
               lane_seq bigint, payload jsonb)
language plpgsql set plan_cache_mode = force_custom_plan as $$
declare
  v_claim_slot int;
  v_ready_slot int;
  v_spent      bigint;
  v_last       bigint;
  v_taken      ready_entries[];
begin
  perform from claim_heads h where h.lane_id = p_lane for update skip locked;
  if not found then
    return;
  end if;
  select c.current_slot, q.current_slot into v_claim_slot, v_ready_slot
    from claim_ring c, queue_ring q;
  select coalesce(max(e.through_seq), 0) into v_spent from attempt_evidence e
   where e.slot = v_ready_slot and e.lane_id = p_lane;
  -- offset 0 keeps the probe a probe: a slot has no statistics after TRUNCATE to plan a join with.
  select array_agg(t), max(t.lane_seq) into v_taken, v_last from (
    select r.* from ready_entries r
     where r.slot = v_ready_slot and r.lane_id = p_lane and r.lane_seq > v_spent
       and not exists (select from ready_tombstones d
                        where d.slot = v_ready_slot and d.lane_id = p_lane
                          and d.lane_seq = r.lane_seq offset 0)
     order by r.lane_seq limit p_limit) t;
  if v_taken is null then
    return;
  end if;
  perform append_receipt(v_claim_slot, p_lane, v_last, v_ready_slot, p_now, v_taken);
  perform refuse_moved_claim_slot(v_claim_slot);
  insert into attempt_evidence values (v_ready_slot, p_lane, v_last);
  return query
    select t.job_id, t.run_lease, v_claim_slot, p_lane, v_last, t.lane_seq, t.payload
      from unnest(v_taken) t;
end $$;
