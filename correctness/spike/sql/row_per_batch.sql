-- Encoding B: one receipt, one watermark and one completion row per batch, members in arrays.

create table lease_claims (
  slot        int         not null,
  lane_id     int         not null,
  receipt_seq bigint      not null,
  ready_slot  int         not null,
  claimed_at  timestamptz not null,
  job_ids     bigint[]    not null,
  run_leases  int[]       not null,
  lane_seqs   bigint[]    not null,
  primary key (slot, lane_id, receipt_seq)
) partition by list (slot);
call partition_by_slot('lease_claims', 8);

create table lease_claim_closures (
  slot        int         not null,
  lane_id     int         not null,
  receipt_seq bigint      not null,
  job_id      bigint      not null,
  run_lease   int         not null,
  outcome     text        not null,
  closed_at   timestamptz not null,
  primary key (slot, lane_id, receipt_seq, job_id, run_lease)
) partition by list (slot);
call partition_by_slot('lease_claim_closures', 8);

create table receipt_completion_batches (
  slot         int         not null,
  lane_id      int         not null,
  receipt_seq  bigint      not null,
  claim_slot   int         not null,
  job_ids      bigint[]    not null,
  run_leases   int[]       not null,
  lane_seqs    bigint[]    not null,
  completed_at timestamptz not null
) partition by list (slot);
create index on receipt_completion_batches (slot, lane_id, receipt_seq);
call partition_by_slot('receipt_completion_batches', 16);

create function append_receipt(
  p_claim_slot int, p_lane int, p_receipt_seq bigint, p_ready_slot int, p_now timestamptz,
  p_taken ready_entries[]
) returns void language plpgsql as $$
begin
  insert into lease_claims
    select p_claim_slot, p_lane, p_receipt_seq, p_ready_slot, p_now,
           array_agg(t.job_id), array_agg(t.run_lease), array_agg(t.lane_seq)
      from unnest(p_taken) t;
end $$;

create function complete_fast(
  p_job_ids bigint[], p_run_leases int[], p_claim_slots int[], p_lane_ids int[],
  p_receipt_seqs bigint[], p_now timestamptz, p_mutex text
) returns table (job_id bigint, run_lease int)
language plpgsql set plan_cache_mode = force_custom_plan as $$
declare
  v_slot  int;
  v_ready int;
  v_held  lease_claims[];
begin
  -- offset 0 keeps index probes, `is true` a hashed lookup: a slot has no statistics to choose by.
  for v_slot in select distinct s from unnest(p_claim_slots) s order by s loop
    v_held := lock_receipts(v_slot, p_lane_ids, p_receipt_seqs, p_mutex);
    for v_ready in select distinct h.ready_slot from unnest(v_held) h loop
      return query
        with closed as (
          select h.lane_id, h.receipt_seq, k.job_id
            from unnest(v_held) h
           cross join lateral (select c.job_id from lease_claim_closures c
                                where c.slot = v_slot and c.lane_id = h.lane_id
                                  and c.receipt_seq = h.receipt_seq offset 0) k
          union all
          select h.lane_id, h.receipt_seq, unnest(d.job_ids)
            from unnest(v_held) h
           cross join lateral (select c.job_ids from receipt_completion_batches c
                                where c.slot = v_ready and c.lane_id = h.lane_id
                                  and c.receipt_seq = h.receipt_seq offset 0) d
        ), ended as (
          insert into receipt_completion_batches as done
            select v_ready, h.lane_id, h.receipt_seq, v_slot,
                   array_agg(m.job), array_agg(m.lease), array_agg(m.lane_seq), p_now
              from unnest(v_held) h
             cross join unnest(h.job_ids, h.run_leases, h.lane_seqs) m(job, lease, lane_seq)
             where h.ready_slot = v_ready
               and ((v_slot, h.lane_id, h.receipt_seq, m.job, m.lease) in
                    (select * from unnest(p_claim_slots, p_lane_ids, p_receipt_seqs,
                                          p_job_ids, p_run_leases))) is true
               and (h.lane_id, h.receipt_seq, m.job) not in (select * from closed)
             group by h.lane_id, h.receipt_seq
          returning done.job_ids, done.run_leases
        )
        select unnest(e.job_ids), unnest(e.run_leases) from ended e;
    end loop;
  end loop;
end $$;
