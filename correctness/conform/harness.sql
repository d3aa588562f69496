-- What the checks add to an installed schema: every row in the model's terms, and calls that are
-- made, looked at and taken back.

-- Every table as the model sees it: rows as arrays in the model's column order, times in ticks.
create or replace function ringproof.snapshot() returns jsonb
language sql stable as $$
  select jsonb_build_object(
    'rings', (
      select jsonb_object_agg(ring, jsonb_build_array(current_slot,
               least(generation + 1, slot_count))) from ringproof.rings),
    'laneHeads', (
      select jsonb_agg(jsonb_build_array(lane_id, next_seq, cursor_seq) order by lane_id)
      from ringproof.lane_enqueue_heads join ringproof.lane_claim_heads using (lane_id)),
    'readyEntries', (
      select jsonb_agg(jsonb_build_array(slot, lane_id, lane_seq, job_id, run_lease)
               order by slot, lane_id, lane_seq) from ringproof.ready_entries),
    'readyTombstones', (
      select jsonb_agg(jsonb_build_array(slot, lane_id, lane_seq)
               order by slot, lane_id, lane_seq) from ringproof.ready_tombstones),
    'attemptEvidence', (
      select jsonb_agg(jsonb_build_array(slot, lane_id, through_seq)
               order by slot, lane_id, through_seq) from ringproof.attempt_evidence),
    'doneEntries', (
      select jsonb_agg(jsonb_build_array(slot, job_id, run_lease, state)
               order by slot, job_id, run_lease) from ringproof.done_entries),
    'receiptCompletionBatches', (
      select jsonb_agg(jsonb_build_array(slot, j, l) order by slot, j, l)
      from ringproof.receipt_completion_batches, unnest(job_ids, run_leases) as m (j, l)),
    'receiptCompletionTombstones', (
      select jsonb_agg(jsonb_build_array(slot, job_id, run_lease)
               order by slot, job_id, run_lease) from ringproof.receipt_completion_tombstones),
    'leaseClaims', (
      select jsonb_agg(jsonb_build_array(slot, ready_slot, lane_id, lane_seq, job_id, run_lease,
               extract(epoch from claimed_at)::bigint / 3600) order by slot, lane_id, lane_seq)
      from ringproof.receipts),
    'leaseClaimClosures', (
      select jsonb_agg(jsonb_build_array(slot, job_id, run_lease, outcome)
               order by slot, job_id, run_lease) from ringproof.lease_claim_closures),
    'deferredJobs', (
      select jsonb_agg(jsonb_build_array(job_id, run_lease, lane_id,
               extract(epoch from run_at)::bigint / 3600) order by job_id)
      from ringproof.deferred_jobs),
    'dlqEntries', (
      select jsonb_agg(jsonb_build_array(job_id, run_lease, lane_id) order by job_id)
      from ringproof.dlq_entries))
$$;

-- The rows as they are, and then for each call: it is made and taken back again; what it returned,
-- and the rows it left where they differ from the rows before. An error comes with its SQLSTATE.
create or replace function ringproof.probe(p_calls text[])
returns table (answer jsonb, after jsonb, error text)
language plpgsql as $$
declare
  v_before jsonb := ringproof.snapshot();
  v_call   text;
begin
  after := v_before;
  return next;
  foreach v_call in array p_calls loop
    answer := null;
    error := null;
    begin
      execute v_call into answer;
      after := nullif(ringproof.snapshot(), v_before);
      raise exception using errcode = 'RP001';
    exception
      when sqlstate 'RP001' then null;
      when others then error := sqlstate || ' ' || sqlerrm;
    end;
    return next;
  end loop;
end
$$;
