-- Health: what stands in the way of the rings right now and what to do about it, and figures for
-- dashboards. Only the oldest slot of a ring is ever pruned, so one thing there stops it for all.

-- How far each ring has come. Reads the ring rows only.
create or replace view ringproof.ring_metrics as
select ring, slot_count, current_slot, generation,
       generation - ringproof.oldest_generation(rings) + 1 as slots_in_use
from ringproof.rings;

-- Per queue, without a look at receipts or at history. Backlog is what lies between the cursors and
-- the heads of its lanes: never less than what is ready, and more by what is spent and not yet
-- passed by advance_claim_cursor. queue_counts is exact.
create or replace view ringproof.queue_metrics as
select l.queue, sum(e.next_seq - c.cursor_seq)::bigint as backlog,
       (select count(*) from ringproof.deferred_jobs d
        join ringproof.lanes x using (lane_id) where x.queue = l.queue) as deferred,
       (select count(*) from ringproof.dlq_entries d
        join ringproof.lanes x using (lane_id) where x.queue = l.queue) as dead
from ringproof.lanes l
join ringproof.lane_enqueue_heads e using (lane_id)
join ringproof.lane_claim_heads c using (lane_id)
group by l.queue;

-- Exact: every job that is not forgotten, by queue and state. Jobs that have ended are not looked
-- at one by one; the others are, and that is what it costs.
create or replace view ringproof.queue_counts as
select l.queue, j.state, count(*) as jobs
from ringproof.unended_jobs j
join ringproof.lanes l using (lane_id)
group by l.queue, j.state
union all
select queue, state, sum(jobs)::bigint
from ringproof.terminal_counts
group by queue, state having sum(jobs) <> 0;

-- Others' locks on the partitions of a slot: prune does not wait for them. What a serializable
-- transaction remembers to have read is in nobody's way.
create or replace function ringproof.slot_readers(p_ring text, p_slot int)
returns table (what text, remedy text)
language sql stable as $$
  select case when l.pid is null then 'a prepared transaction'
              else format('session %s (%s)', l.pid, coalesce(a.state, 'unknown')) end
           || format(' holds %s on %s', l.mode, l.relation::regclass),
         case when l.pid is null then 'commit it or roll it back: it is in pg_prepared_xacts'
              else format('end its transaction, or: select pg_terminate_backend(%s)', l.pid) end
  from unnest(ringproof.ring_tables(p_ring)) as t (name)
  join pg_locks l on l.relation = format('ringproof.%I', t.name || '_' || p_slot)::regclass
  left join pg_stat_activity a on a.pid = l.pid
  where l.locktype = 'relation' and l.granted and l.mode <> 'SIReadLock'
    and coalesce(l.pid, 0) <> pg_backend_pid()
    and l.database = (select oid from pg_database where datname = current_database())
  order by 1
$$;

-- The open attempts of a claim slot, by what would end them.
create or replace function ringproof.open_pins(
  p_slot int, p_cutoff timestamptz, p_now timestamptz)
returns table (pin text, what text, remedy text)
language sql stable as $$
  with attempts as (
    select o.job_id, case
        when o.deadline_at <= p_now then 'expiredDeadline'
        when l.state = 'waiting' and l.timeout_at <= p_now then 'callbackTimeout'
        when l.state = 'waiting' then 'callbackWait'
        when coalesce(l.heartbeat_at, s.heartbeat_at, o.claimed_at) < p_cutoff then 'staleAttempt'
        else 'longAttempt' end as pin
    from ringproof.open_receipts o
    left join ringproof.attempt_state s using (job_id, run_lease)
    left join ringproof.leases l
      on l.slot = s.lease_slot and l.job_id = o.job_id and l.run_lease = o.run_lease
    where o.slot = p_slot)
  select pin, format('%s open attempts, among them that of job %s', count(*), min(job_id)),
    case pin
      when 'expiredDeadline' then 'rescue_expired_deadlines, rescue_expired_lease_deadlines'
      when 'callbackTimeout' then 'rescue_callback_timeouts'
      when 'callbackWait' then 'resume_callback, or cancel_running; else wait for the timeout'
      when 'staleAttempt' then 'rescue_stale_receipts, rescue_stale_leases'
      else 'wait for the worker, or cancel_running' end
  from attempts group by pin order by pin
$$;

-- What keeps a queue slot from being pruned: all of it, where prune_queue tells the first.
create or replace function ringproof.queue_pins(p_slot int)
returns table (pin text, what text, remedy text)
language sql stable as $$
  select 'queueActiveLeases', format('%s lease-managed attempts of its jobs', count(*)),
         'see the claim ring: their attempts must end'
  from ringproof.leases l
  join ringproof.lease_claims c
    on c.slot = l.claim_slot and c.lane_id = l.lane_id and c.receipt_seq = l.receipt_seq
  where c.ready_slot = p_slot having count(*) > 0
  union all
  select 'queueUnclosedClaimRefs',
         format('%s receipts in claim slots %s rely on its evidence', count(*),
                string_agg(distinct slot::text, ', ')),
         'prune_claims until those slots are empty'
  from ringproof.unclosed_receipts where ready_slot = p_slot having count(*) > 0
  union all
  select 'queuePendingReady',
         format('%s jobs are ready in lanes %s', count(*),
                string_agg(distinct lane_id::text, ', ')),
         'claim them, cancel_ready, or move_ready'
  from ringproof.pending_entries where slot = p_slot having count(*) > 0
$$;

-- One row per thing that keeps a ring from reclaiming its oldest slot, or from turning. A lane
-- whose cursor lags is none: no prune asks for cursors. Attempts count as stale from p_cutoff back.
create or replace function ringproof.ring_health(p_cutoff timestamptz, p_now timestamptz)
returns table (ring text, slot int, pin text, what text, remedy text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  v_ring ringproof.rings;
  v_slot int;
  v_next int;
begin
  --@ read_rings
  for v_ring in select * from ringproof.rings order by ring loop
    v_slot := ringproof.oldest_slot(v_ring.ring);
    continue when v_slot is null;
    --@ find_readers
    return query select v_ring.ring, v_slot, 'reader', r.what, r.remedy
      from ringproof.slot_readers(v_ring.ring, v_slot) r;
    if v_ring.ring = 'queue' then
      --@ find_queue_pins
      return query select v_ring.ring, v_slot, p.* from ringproof.queue_pins(v_slot) p;
    elsif v_ring.ring = 'claim' then
      --@ find_open_pins
      return query select v_ring.ring, v_slot, p.*
        from ringproof.open_pins(v_slot, p_cutoff, p_now) p;
    else
      --@ find_leases
      return query select v_ring.ring, v_slot, 'leaseLive',
          format('%s lease-managed attempts', count(*)), 'see the claim ring: they must end'
        from ringproof.leases where slot = v_slot having count(*) > 0;
    end if;
    v_next := (v_ring.current_slot + 1) % v_ring.slot_count;
    if v_next = v_slot and (v_ring.tail_generation is not null
                            or ringproof.occupied(v_ring.ring, v_next) <> '{}') then
      return query select v_ring.ring, v_next, 'nextSlotFull', 'the ring cannot turn',
        format('prune_%s', v_ring.ring || case when v_ring.ring = 'queue' then '' else 's' end);
    end if;
  end loop;
end
$$;
