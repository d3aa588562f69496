-- What lockstep adds to an installed schema: the state before the first step, again and again, and
-- all of health at once; and what it asks of its session.

-- How this session finds rows from now on, and how it joins them.
create or replace function ringproof.by_index(p_yes boolean) returns void
language sql as $$
  select set_config('enable_' || method, case when by_index = p_yes then 'on' else 'off' end, false)
  from (values ('indexscan', true), ('nestloop', true), ('mergejoin', true), ('sort', true),
        ('seqscan', false))
    as m (method, by_index)
$$;

-- Empties every table, lanes too, and sets rings, job ids and lane ids to where they begin.
-- Rows are deleted, because after a truncation everything is planned anew; only tables that dead
-- rows have made big are truncated.
create or replace function ringproof.reset() returns void
language plpgsql as $$
declare
  v_big text;
begin
  perform ringproof.by_index(true);
  delete from ringproof.ready_entries;
  delete from ringproof.ready_tombstones;
  delete from ringproof.attempt_evidence;
  delete from ringproof.done_entries;
  delete from ringproof.receipt_completion_batches;
  delete from ringproof.receipt_completion_tombstones;
  delete from ringproof.queue_terminal_count_deltas;
  delete from ringproof.queue_terminal_live_counts;
  delete from ringproof.queue_terminal_rollups;
  delete from ringproof.lease_claims;
  delete from ringproof.lease_claim_closures;
  delete from ringproof.leases;
  delete from ringproof.attempt_state;
  delete from ringproof.deferred_jobs;
  delete from ringproof.dlq_entries;
  delete from ringproof.unique_keys;
  delete from ringproof.queue_claimer_leases;
  update ringproof.rings
  set current_slot = 0, generation = 0, tail_generation = tail_generation * 0;
  update ringproof.claim_slots set stale_cursor = null, deadline_cursor = null;
  delete from ringproof.lane_enqueue_heads;
  delete from ringproof.lane_claim_heads;
  delete from ringproof.lanes;
  perform setval('ringproof.job_ids', 1, false);
  perform setval(pg_get_serial_sequence('ringproof.lanes', 'lane_id'), 1, false);
  select string_agg(c.oid::regclass::text, ', ') into v_big
  from pg_class c
  where c.relkind = 'r' and pg_relation_size(c.oid) > 65536
    and c.relnamespace = (
      select relnamespace from pg_class where oid = 'ringproof.meta'::regclass)
    and not exists (select from pg_constraint where confrelid = c.oid)
    and c.oid not in ('ringproof.rings'::regclass, 'ringproof.claim_slots'::regclass);
  if v_big is not null then execute 'truncate table ' || v_big; end if;
end
$$;

-- Rows lie in the order of their hashes, are read as they lie, and are joined by their hashes until
-- the next reset: who puts nothing in order gets nothing in order.
create or replace function ringproof.scatter() returns void
language plpgsql as $$
declare
  v_table regclass;
begin
  perform ringproof.by_index(false);
  for v_table in
    select oid from pg_class
    where relkind = 'r' and pg_relation_size(oid) > 0 and relnamespace = (
      select relnamespace from pg_class where oid = 'ringproof.meta'::regclass)
  loop
    execute format(
      'with gone as (delete from %1$s returning *)
       insert into %1$s overriding system value
       select (g.gone).* from (select gone from gone order by md5(gone::text)) g', v_table);
  end loop;
end
$$;

-- Everything that health shows. Whoever puts nothing in order gets it as it was hashed.
create or replace function ringproof.health(p_cutoff timestamptz, p_now timestamptz)
returns jsonb
language plpgsql stable set enable_sort = off as $$
begin
  return jsonb_build_object(
    'pins', (
      select jsonb_agg(jsonb_build_array(ring, slot, pin, what, remedy) order by place)
      from ringproof.ring_health(p_cutoff, p_now)
        with ordinality as h (ring, slot, pin, what, remedy, place)),
    'counts', (
      select jsonb_agg(jsonb_build_array(queue, state, jobs)) from ringproof.queue_counts),
    'metrics', (
      select jsonb_agg(jsonb_build_array(queue, backlog, deferred, dead))
      from ringproof.queue_metrics),
    'rings', (
      select jsonb_agg(jsonb_build_array(ring, slot_count, current_slot, slots_in_use))
      from ringproof.ring_metrics),
    'since', (
      select jsonb_agg(jsonb_build_array(lane_id, ringproof.ticks(since)))
      from ringproof.lane_claim_heads h
      cross join ringproof.rings r
      cross join lateral ringproof.waiting_since(
        lane_id, cursor_seq, cursor_generation, generation, slot_count) as w (since)
      where ring = 'queue' and since is not null));
end
$$;

-- What a statement does not put in order comes backwards.
create index on ringproof.ready_entries (lane_id, lane_seq desc);
set enable_bitmapscan = off;
select ringproof.by_index(true);

-- Every other job is counted in the same bucket.
alter sequence ringproof.job_ids increment 128;

-- Nobody else's lock is there for long: a call that waits for one would wait for ever.
set lock_timeout = '5s';
