-- Encoding C: receipts and completions are multiranges over lane_seq; who a lane_seq is comes
-- from the ready row, so identity lives only as long as the queue slot.

create table lease_claims (
  slot        int            not null,
  lane_id     int            not null,
  receipt_seq bigint         not null,
  ready_slot  int            not null,
  claimed_at  timestamptz    not null,
  seqs        int8multirange not null,
  primary key (slot, lane_id, receipt_seq)
) partition by list (slot);
call partition_by_slot('lease_claims', 8);

create table lease_claim_closures (
  slot        int         not null,
  lane_id     int         not null,
  receipt_seq bigint      not null,
  lane_seq    bigint      not null,
  outcome     text        not null,
  closed_at   timestamptz not null,
  primary key (slot, lane_id, receipt_seq, lane_seq)
) partition by list (slot);
call partition_by_slot('lease_claim_closures', 8);

create table receipt_completion_batches (
  slot         int            not null,
  lane_id      int            not null,
  receipt_seq  bigint         not null,
  claim_slot   int            not null,
  seqs         int8multirange not null,
  completed_at timestamptz    not null
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
           range_agg(int8range(t.lane_seq, t.lane_seq, '[]'))
      from unnest(p_taken) t;
end $$;

create function complete_fast(
  p_job_ids bigint[], p_run_leases int[], p_claim_slots int[], p_lane_ids int[],
  p_receipt_seqs bigint[], p_lane_seqs bigint[], p_now timestamptz, p_mutex text
) returns table (job_id bigint, run_lease int)
language plpgsql set plan_cache_mode = force_custom_plan as $$
declare
  v_slot    int;
  v_receipt lease_claims;
  v_seqs    int8multirange;
begin
  for v_slot in select distinct s from unnest(p_claim_slots) s order by s loop
    foreach v_receipt in array lock_receipts(v_slot, p_lane_ids, p_receipt_seqs, p_mutex) loop
      select coalesce(range_agg(int8range(t.lane_seq, t.lane_seq, '[]')), '{}') * v_receipt.seqs
        into v_seqs
        from unnest(p_claim_slots, p_lane_ids, p_receipt_seqs, p_lane_seqs, p_job_ids, p_run_leases)
             t(claim_slot, lane, receipt, lane_seq, job, lease)
       cross join lateral (select from ready_entries r where r.slot = v_receipt.ready_slot
                            and r.lane_id = v_receipt.lane_id and r.lane_seq = t.lane_seq
                            and r.job_id = t.job and r.run_lease = t.lease offset 0) r
       where (t.claim_slot, t.lane, t.receipt)
           = (v_slot, v_receipt.lane_id, v_receipt.receipt_seq);
      v_seqs := v_seqs - (
        select coalesce(range_agg(x.closed), '{}') from (
          select int8multirange(int8range(k.lane_seq, k.lane_seq, '[]')) as closed
            from lease_claim_closures k
           where k.slot = v_slot and k.lane_id = v_receipt.lane_id
             and k.receipt_seq = v_receipt.receipt_seq
          union all
          select d.seqs from receipt_completion_batches d
           where d.slot = v_receipt.ready_slot and d.lane_id = v_receipt.lane_id
             and d.receipt_seq = v_receipt.receipt_seq) x);
      if isempty(v_seqs) then
        continue;
      end if;
      insert into receipt_completion_batches
        values (v_receipt.ready_slot, v_receipt.lane_id, v_receipt.receipt_seq, v_slot,
                v_seqs, p_now);
      return query
        select r.job_id, r.run_lease
          from unnest(v_seqs) s(seqs)
         cross join generate_series(lower(s.seqs), upper(s.seqs) - 1) q(lane_seq)
         cross join lateral (select e.* from ready_entries e
                              where e.slot = v_receipt.ready_slot
                                and e.lane_id = v_receipt.lane_id
                                and e.lane_seq = q.lane_seq offset 0) r;
    end loop;
  end loop;
end $$;
