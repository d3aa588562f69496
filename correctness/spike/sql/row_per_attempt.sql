-- Encoding A: one receipt, one evidence row and one completion row per attempt.

create table lease_claims (
  slot       int         not null,
  job_id     bigint      not null,
  run_lease  int         not null,
  ready_slot int         not null,
  lane_id    int         not null,
  lane_seq   bigint      not null,
  claimed_at timestamptz not null,
  primary key (slot, job_id, run_lease)
) partition by list (slot);
call partition_by_slot('lease_claims', 8);

create table lease_claim_closures (
  slot      int         not null,
  job_id    bigint      not null,
  run_lease int         not null,
  outcome   text        not null,
  closed_at timestamptz not null,
  primary key (slot, job_id, run_lease)
) partition by list (slot);
call partition_by_slot('lease_claim_closures', 8);

create table attempt_evidence (
  slot     int    not null,
  lane_id  int    not null,
  lane_seq bigint not null,
  primary key (slot, lane_id, lane_seq)
) partition by list (slot);
call partition_by_slot('attempt_evidence', 16);

create table receipt_completions (
  slot         int         not null,
  job_id       bigint      not null,
  run_lease    int         not null,
  completed_at timestamptz not null,
  primary key (slot, job_id, run_lease)
) partition by list (slot);
call partition_by_slot('receipt_completions', 16);

create function claim(p_lane int, p_limit int, p_now timestamptz)
returns table (job_id bigint, run_lease int, claim_slot int, lane_id int, lane_seq bigint,
               payload jsonb)
language plpgsql set plan_cache_mode = force_custom_plan as $$
declare
  v_claim_slot int;
  v_ready_slot int;
  v_cursor     bigint;
  v_taken      ready_entries[];
begin
  perform from claim_heads h where h.lane_id = p_lane for update skip locked;
  if not found then
    return;
  end if;
  select c.current_slot, q.current_slot into v_claim_slot, v_ready_slot
    from claim_ring c, queue_ring q;
  v_cursor := coalesce(pg_sequence_last_value('claim_cursor_' || p_lane), 0);
  -- offset 0 keeps a probe a probe: a slot has no statistics after TRUNCATE to plan a join with.
  select array_agg(t) into v_taken from (
    select r.* from ready_entries r
     where r.slot = v_ready_slot and r.lane_id = p_lane and r.lane_seq > v_cursor
       and not exists (select from ready_tombstones d
                        where d.slot = v_ready_slot and d.lane_id = p_lane
                          and d.lane_seq = r.lane_seq offset 0)
       and not exists (select from attempt_evidence e
                        where e.slot = v_ready_slot and e.lane_id = p_lane
                          and e.lane_seq = r.lane_seq offset 0)
     order by r.lane_seq limit p_limit) t;
  if v_taken is null then
    return;
  end if;
  insert into lease_claims
    select v_claim_slot, t.job_id, t.run_lease, v_ready_slot, p_lane, t.lane_seq, p_now
      from unnest(v_taken) t;
  perform refuse_moved_claim_slot(v_claim_slot);
  insert into attempt_evidence select v_ready_slot, p_lane, t.lane_seq from unnest(v_taken) t;
  return query
    select t.job_id, t.run_lease, v_claim_slot, p_lane, t.lane_seq, t.payload
      from unnest(v_taken) t;
end $$;

-- Takes the mutex of every token named, in key order, and returns the receipts.
create function lock_receipts(
  p_slot int, p_job_ids bigint[], p_run_leases int[], p_mutex text
) returns lease_claims[] language plpgsql set plan_cache_mode = force_custom_plan as $$
begin
  if p_mutex = 'row' then
    return array(
      select c
        from (select distinct * from unnest(p_job_ids, p_run_leases) order by 1, 2) t(job, lease)
       cross join lateral (select * from lease_claims r where r.slot = p_slot
                            and r.job_id = t.job and r.run_lease = t.lease for update) c);
  end if;
  if p_mutex = 'advisory' then
    perform pg_advisory_xact_lock(k.key) from (
      select distinct hashint8extended(t.job, t.lease) as key
        from unnest(p_job_ids, p_run_leases) t(job, lease) order by key) k;
  end if;
  return array(
    select c from (select distinct * from unnest(p_job_ids, p_run_leases)) t(job, lease)
     cross join lateral (select * from lease_claims r where r.slot = p_slot
                          and r.job_id = t.job and r.run_lease = t.lease offset 0) c);
end $$;

create function complete_fast(
  p_job_ids bigint[], p_run_leases int[], p_claim_slots int[], p_now timestamptz, p_mutex text
) returns table (job_id bigint, run_lease int)
language plpgsql set plan_cache_mode = force_custom_plan as $$
declare
  v_slot  int;
  v_ready int;
  v_held  lease_claims[];
begin
  for v_slot in select distinct s from unnest(p_claim_slots) s order by s loop
    v_held := lock_receipts(v_slot, p_job_ids, p_run_leases, p_mutex);
    for v_ready in select distinct h.ready_slot from unnest(v_held) h loop
      return query
        insert into receipt_completions as done
          select v_ready, h.job_id, h.run_lease, p_now
            from unnest(v_held) h
            join unnest(p_job_ids, p_run_leases, p_claim_slots) t(job_id, run_lease, claim_slot)
              on (t.claim_slot, t.job_id, t.run_lease) = (v_slot, h.job_id, h.run_lease)
           where h.ready_slot = v_ready
             and not exists (select from lease_claim_closures k where k.slot = v_slot
                              and k.job_id = h.job_id and k.run_lease = h.run_lease offset 0)
             and not exists (select from receipt_completions d where d.slot = v_ready
                              and d.job_id = h.job_id and d.run_lease = h.run_lease offset 0)
           group by h.job_id, h.run_lease
        returning done.job_id, done.run_lease;
    end loop;
  end loop;
end $$;
