-- What the checks add to an installed schema: every row in the model's terms, and calls that are
-- made, looked at and taken back.

-- Somebody else who extends a catalog may be slow, and is not what "blocked" is about.
set prune.lock_timeout = '10s';

-- A point in time in ticks, exactly.
create or replace function ringproof.ticks(p_time timestamptz) returns float8
language sql stable as $$ select extract(epoch from p_time)::float8 / 3600 $$;

-- Every table as the model sees it: rows as arrays in the model's column order, times in ticks.
-- Behind them is what the model has no column for: generations, the job that a body belongs to,
-- when the row was written, and the unique key of its job; and the counts, which it has no table
-- for.
create or replace function ringproof.snapshot() returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
begin
  return jsonb_build_object(
    'rings', (
      select jsonb_object_agg(ring, jsonb_build_array(current_slot,
               generation - ringproof.oldest_generation(r) + 1, generation))
      from ringproof.rings r),
    'laneHeads', (
      select jsonb_agg(jsonb_build_array(lane_id, next_seq, cursor_seq, cursor_generation)
               order by lane_id)
      from ringproof.lane_enqueue_heads join ringproof.lane_claim_heads using (lane_id)),
    'readyEntries', (
      select jsonb_agg(jsonb_build_array(slot, lane_id, lane_seq, job_id, run_lease, snoozes,
               payload ->> 'job', ringproof.ticks(enqueued_at), unique_key)
               order by slot, lane_id, lane_seq)
      from ringproof.ready_entries),
    'readyTombstones', (
      select jsonb_agg(jsonb_build_array(slot, lane_id, lane_seq)
               order by slot, lane_id, lane_seq) from ringproof.ready_tombstones),
    'attemptEvidence', (
      select jsonb_agg(jsonb_build_array(slot, lane_id, through_seq)
               order by slot, lane_id, through_seq) from ringproof.attempt_evidence),
    'doneEntries', (
      select jsonb_agg(jsonb_build_array(slot, lane_id, lane_seq, job_id, run_lease, state,
               ringproof.ticks(finalized_at), ringproof.ticks(finalized_at))
               order by slot, job_id, run_lease)
      from ringproof.done_entries),
    'receiptCompletionBatches', (
      select jsonb_agg(jsonb_build_array(slot, j, l, ringproof.ticks(completed_at))
               order by slot, j, l)
      from ringproof.receipt_completion_batches, unnest(job_ids, run_leases) as m (j, l)),
    'receiptCompletionTombstones', (
      select jsonb_agg(jsonb_build_array(slot, job_id, run_lease)
               order by slot, job_id, run_lease) from ringproof.receipt_completion_tombstones),
    'leaseClaims', (
      select jsonb_agg(jsonb_build_array(slot, ready_slot, lane_id, lane_seq, job_id, run_lease,
               ringproof.ticks(claimed_at), ringproof.ticks(deadline_at))
               order by slot, lane_id, lane_seq)
      from ringproof.lease_claims,
           unnest(lane_seqs, job_ids, run_leases) as m (lane_seq, job_id, run_lease)),
    'leaseClaimClosures', (
      select jsonb_agg(jsonb_build_array(slot, job_id, run_lease, outcome,
               ringproof.ticks(closed_at)) order by slot, job_id, run_lease)
      from ringproof.lease_claim_closures),
    'leases', (
      select jsonb_agg(jsonb_build_array(slot, job_id, run_lease, state,
               ringproof.ticks(heartbeat_at), ringproof.ticks(timeout_at))
               order by slot, job_id, run_lease)
      from ringproof.leases),
    'attemptState', (
      select jsonb_agg(jsonb_build_array(job_id, run_lease, ringproof.ticks(heartbeat_at),
               case when progress is null then '0'
                    when progress = to_jsonb(job_id || '/' || run_lease) then '1'
                    else progress end) order by job_id, run_lease)
      from ringproof.attempt_state),
    'deferredJobs', (
      select jsonb_agg(jsonb_build_array(job_id, run_lease, lane_id, ringproof.ticks(run_at),
               snoozes, payload ->> 'job', unique_key) order by job_id)
      from ringproof.deferred_jobs),
    'dlqEntries', (
      select jsonb_agg(jsonb_build_array(job_id, run_lease, lane_id, snoozes,
               payload ->> 'job', ringproof.ticks(dead_at), unique_key) order by job_id)
      from ringproof.dlq_entries),
    'uniqueKeys', (
      select jsonb_agg(jsonb_build_array(job_id, unique_key) order by job_id)
      from ringproof.unique_keys),
    'terminalCounts', (
      select jsonb_agg(jsonb_build_array(queue, state, bucket, jobs) order by queue, state, bucket)
      from ringproof.terminal_counts where jobs <> 0));
end
$$;

-- Makes one call; what it returned, and the rows it left where they differ from those before. The
-- caller takes it back. An error comes with its SQLSTATE.
create or replace function ringproof.probe_one(p_call text, p_before jsonb)
returns table (answer jsonb, after jsonb, error text)
language plpgsql as $$
begin
  execute p_call into answer;
  after := nullif(ringproof.snapshot(), p_before);
  return next;
exception
  when others then
    error := sqlstate || ' ' || sqlerrm;
    return next;
end
$$;

-- The rows as they are, then one row per call, each made and taken back again. The first p_quiet
-- calls are expected to change nothing: they are made one after the other and looked at once, and
-- if that look shows a change or an error, null comes back for each, and they are to be made again
-- with p_quiet = 0.
create or replace function ringproof.probe(p_calls text[], p_quiet int)
returns table (answer jsonb, after jsonb, error text)
language plpgsql as $$
declare
  v_before  jsonb := ringproof.snapshot();
  v_answers jsonb[];
  v_answer  jsonb;
begin
  after := v_before;
  return next;
  after := null;
  begin
    for i in 1 .. p_quiet loop
      execute p_calls[i] into v_answer;
      v_answers := v_answers || coalesce(v_answer, '[]');
    end loop;
    if ringproof.snapshot() <> v_before then v_answers := null; end if;
    raise exception using errcode = 'RP001';
  exception
    when sqlstate 'RP001' then null;
    when others then v_answers := null;
  end;
  for i in 1 .. p_quiet loop
    answer := v_answers[i];
    return next;
  end loop;
  for i in p_quiet + 1 .. cardinality(p_calls) loop
    begin
      select p.* into answer, after, error from ringproof.probe_one(p_calls[i], v_before) p;
      raise exception using errcode = 'RP001';
    exception
      when sqlstate 'RP001' then return next;
    end;
  end loop;
end
$$;

-- The checks make every call many times on two slots: planning it once is enough. A plan changes
-- what is locked, never what is answered.
do $$
declare
  v_function regprocedure;
begin
  for v_function in
    select oid from pg_proc
    where proconfig <@ array['plan_cache_mode=force_custom_plan', 'search_path=pg_catalog, pg_temp']
      and pronamespace = (
        select relnamespace from pg_class where oid = 'ringproof.meta'::regclass)
  loop
    execute format('alter function %s reset plan_cache_mode', v_function);
  end loop;
end
$$;
set plan_cache_mode = force_generic_plan;
