-- Finish: a worker ends the attempts whose tokens it presents, and is told which were stale.

-- The mutex of these tokens: the row locks of their receipts, in key order. Decisions come in a
-- later statement, which sees everything that an earlier holder of the lock has committed.
create or replace function ringproof.lock_receipts(p_tokens ringproof.token[]) returns void
language plpgsql as $$
declare
  v_slot int;
begin
  for v_slot in select distinct claim_slot from unnest(p_tokens) order by claim_slot loop
    --@ lock_receipts
    perform from ringproof.lease_claims c
    where c.slot = v_slot and (c.lane_id, c.receipt_seq) in (
      select lane_id, receipt_seq from unnest(p_tokens) where claim_slot = v_slot)
    order by c.lane_id, c.receipt_seq
    for update;
  end loop;
end
$$;

-- Where the receipts of the tokens are, and where the ready rows that they handed out.
create or replace function ringproof.receipt_slots(p_tokens ringproof.token[])
returns table (slot int, ready_slot int)
language plpgsql as $$
#variable_conflict use_column
declare
  v_slot int;
begin
  for v_slot in select distinct claim_slot from unnest(p_tokens) order by claim_slot loop
    --@ find_ready_slots
    return query
      select distinct v_slot, c.ready_slot
      from ringproof.lease_claims c
      where c.slot = v_slot and (c.lane_id, c.receipt_seq) in (
        select lane_id, receipt_seq from unnest(p_tokens) where claim_slot = v_slot)
      order by ready_slot;
  end loop;
end
$$;

-- Those of the tokens that name a running attempt of these slots, each once, at its place in the
-- call.
create or replace function ringproof.open_among(
  p_tokens ringproof.token[], p_slot int, p_ready_slot int)
returns table (place bigint, lane_id int, receipt_seq bigint, lane_seq bigint, job_id bigint,
               run_lease int)
language sql stable as $$
  select min(t.place), r.lane_id, r.receipt_seq, r.lane_seq, r.job_id, r.run_lease
  from (
    select distinct lane_id, receipt_seq from unnest(p_tokens) where claim_slot = p_slot) k
  cross join lateral (
    select * from ringproof.open_in(p_slot, p_ready_slot) o
    where o.lane_id = k.lane_id and o.receipt_seq = k.receipt_seq offset 0) r
  join unnest(p_tokens) with ordinality
         as t (job_id, run_lease, claim_slot, lane_id, receipt_seq, place)
    on t.claim_slot = p_slot and t.lane_id = r.lane_id and t.receipt_seq = r.receipt_seq
       and t.job_id = r.job_id and t.run_lease = r.run_lease
  group by r.lane_id, r.receipt_seq, r.lane_seq, r.job_id, r.run_lease
$$;

-- One answer per token of the call: `p_ended` at the given positions, `stale` everywhere else.
create or replace function ringproof.answers(p_count int, p_places bigint[], p_ended text)
returns text[]
language sql immutable as $$
  select coalesce(array_agg(
    case when i = any (p_places) then p_ended else 'stale' end order by i), '{}')
  from generate_series(1, p_count) i
$$;

-- One compact row per receipt, in the slot of the ready rows, is the closed evidence of the batch.
-- @action CompleteFast
create or replace function ringproof.complete_fast(
  p_tokens ringproof.token[], p_now timestamptz)
returns text[]
language plpgsql as $$
declare
  v_slot   int;
  v_ready  int;
  v_ended  bigint[];
  v_places bigint[] := '{}';
begin
  perform ringproof.lock_receipts(p_tokens);
  for v_slot, v_ready in select * from ringproof.receipt_slots(p_tokens) loop
    --@ insert_completions
    with ended as materialized (
      select * from ringproof.open_among(p_tokens, v_slot, v_ready)),
    batches as (
      insert into ringproof.receipt_completion_batches
        (slot, lane_id, receipt_seq, job_ids, run_leases, completed_at)
      select v_ready, lane_id, receipt_seq, array_agg(job_id order by lane_seq),
             array_agg(run_lease order by lane_seq), p_now
      from ended
      group by lane_id, receipt_seq)
    select array_agg(place) into v_ended from ended;
    v_places := v_places || v_ended;
  end loop;
  return ringproof.answers(cardinality(p_tokens), v_places, 'completed');
end
$$;

-- Writes explicit closures for the running attempts among the tokens and returns them with their
-- bodies; what becomes of the jobs is up to the caller.
create or replace function ringproof.end_attempts(
  p_tokens ringproof.token[], p_outcome text, p_now timestamptz)
returns table (place bigint, job_id bigint, run_lease int, lane_id int, payload jsonb)
language plpgsql as $$
#variable_conflict use_column
declare
  v_slot  int;
  v_ready int;
begin
  perform ringproof.lock_receipts(p_tokens);
  for v_slot, v_ready in select * from ringproof.receipt_slots(p_tokens) loop
    --@ insert_closures
    return query
      with ended as materialized (
        select * from ringproof.open_among(p_tokens, v_slot, v_ready)),
      closures as (
        insert into ringproof.lease_claim_closures (slot, job_id, run_lease, outcome, closed_at)
        select v_slot, job_id, run_lease, p_outcome, p_now from ended order by place)
      select e.place, e.job_id, e.run_lease, e.lane_id, r.payload
      from ended e
      join ringproof.ready_entries r
        on r.slot = v_ready and r.lane_id = e.lane_id and r.lane_seq = e.lane_seq;
  end loop;
end
$$;

-- The attempts failed; their jobs come back at p_run_at.
-- @action Retry
create or replace function ringproof.retry(
  p_tokens ringproof.token[], p_run_at timestamptz, p_now timestamptz)
returns text[]
language plpgsql as $$
declare
  v_places bigint[];
begin
  --@ insert_deferred
  with ended as materialized (
    select * from ringproof.end_attempts(p_tokens, 'retried', p_now)),
  deferred as (
    insert into ringproof.deferred_jobs (job_id, run_lease, lane_id, run_at, payload)
    select job_id, run_lease, lane_id, p_run_at, payload from ended order by job_id)
  select array_agg(place) into v_places from ended;
  return ringproof.answers(cardinality(p_tokens), v_places, 'retried');
end
$$;

-- The attempts failed for good; their jobs are kept aside for an administrator.
-- @action FailToDlq
create or replace function ringproof.fail_to_dlq(
  p_tokens ringproof.token[], p_now timestamptz)
returns text[]
language plpgsql as $$
declare
  v_places bigint[];
begin
  --@ insert_dead
  with ended as materialized (
    select * from ringproof.end_attempts(p_tokens, 'deadLettered', p_now)),
  dead as (
    insert into ringproof.dlq_entries (job_id, run_lease, lane_id, dead_at, payload)
    select job_id, run_lease, lane_id, p_now, payload from ended order by job_id)
  select array_agg(place) into v_places from ended;
  return ringproof.answers(cardinality(p_tokens), v_places, 'deadLettered');
end
$$;
