-- The predicates that stand for columns the engine does not have. Each is written once and used by
-- every reader and writer, so that no two of them can disagree about what counts as evidence.
-- Each names its slots by parameter, and is inlined where it is used: a statement that
-- knows the slot reads and locks the partitions of that slot only. A slot that was truncated has no
-- statistics, so `offset 0` keeps the planner at one index probe per row.

-- Ready rows of a lane that are not spent: neither handed out nor tombstoned. Where the first of
-- them may be is found by one probe, however many there are before it.
create or replace function ringproof.pending_in(p_slot int, p_lane_id int)
returns setof ringproof.ready_entries
language sql stable as $$
  select r.*
  from ringproof.ready_entries r
  where r.slot = p_slot and r.lane_id = p_lane_id
    and r.lane_seq > coalesce((
      select max(e.through_seq) from ringproof.attempt_evidence e
      where e.slot = p_slot and e.lane_id = p_lane_id), 0)
    and not exists (
      select from ringproof.ready_tombstones t
      where t.slot = p_slot and t.lane_id = p_lane_id and t.lane_seq = r.lane_seq offset 0)
$$;

-- Receipts of a claim slot without an explicit closure, one row per attempt.
create or replace function ringproof.unclosed_in(p_slot int)
returns table (slot int, lane_id int, receipt_seq bigint, ready_slot int, claimed_at timestamptz,
               deadline_at timestamptz, lane_seq bigint, job_id bigint, run_lease int)
language sql stable as $$
  select c.slot, c.lane_id, c.receipt_seq, c.ready_slot, c.claimed_at, c.deadline_at,
         m.lane_seq, m.job_id, m.run_lease
  from ringproof.lease_claims c
  cross join lateral unnest(c.lane_seqs, c.job_ids, c.run_leases)
    as m (lane_seq, job_id, run_lease)
  where c.slot = p_slot and not exists (
    select from ringproof.lease_claim_closures x
    where x.slot = p_slot and x.job_id = m.job_id and x.run_lease = m.run_lease offset 0)
$$;

-- One row per attempt that a compact batch of this queue slot completed, and that no terminal
-- delete took back.
create or replace function ringproof.compact_in(p_slot int)
returns table (slot int, lane_id int, receipt_seq bigint, job_id bigint, run_lease int,
               completed_at timestamptz)
language sql stable as $$
  select b.slot, b.lane_id, b.receipt_seq, m.job_id, m.run_lease, b.completed_at
  from ringproof.receipt_completion_batches b
  cross join lateral unnest(b.job_ids, b.run_leases) as m (job_id, run_lease)
  where b.slot = p_slot and not exists (
    select from ringproof.receipt_completion_tombstones t
    where t.slot = p_slot and t.job_id = m.job_id and t.run_lease = m.run_lease offset 0)
$$;

-- Receipts of a claim slot for rows of a queue slot without any closed evidence: the attempts that
-- are running. Each receipt is compared with its batches as a whole, and is not looked into if they
-- complete as many attempts as it has.
create or replace function ringproof.open_in(p_slot int, p_ready_slot int)
returns table (slot int, lane_id int, receipt_seq bigint, ready_slot int, claimed_at timestamptz,
               deadline_at timestamptz, lane_seq bigint, job_id bigint, run_lease int)
language sql stable as $$
  select c.slot, c.lane_id, c.receipt_seq, c.ready_slot, c.claimed_at, c.deadline_at,
         m.lane_seq, m.job_id, m.run_lease
  from ringproof.lease_claims c
  cross join lateral (
    select max(e.lane_seq) as lane_seq, e.job_id, e.run_lease
    from (
      select u.lane_seq, u.job_id, u.run_lease, false as completed
      from ringproof.unclosed_in(p_slot) u
      where u.lane_id = c.lane_id and u.receipt_seq = c.receipt_seq
      union all
      select null, f.job_id, f.run_lease, true
      from ringproof.compact_in(p_ready_slot) f
      where f.lane_id = c.lane_id and f.receipt_seq = c.receipt_seq) e
    group by e.job_id, e.run_lease
    having not bool_or(e.completed)) m
  where c.slot = p_slot and c.ready_slot = p_ready_slot
    and cardinality(c.job_ids) > (
      select coalesce(sum(cardinality(b.job_ids)), 0)
      from ringproof.receipt_completion_batches b
      where b.slot = p_ready_slot and b.lane_id = c.lane_id and b.receipt_seq = c.receipt_seq)
$$;

-- The same over every slot, for those who look at all of them.
create or replace view ringproof.ring_slots as
select r.ring, s.slot
from ringproof.rings r
cross join lateral generate_series(0, r.slot_count - 1) as s (slot);

create or replace view ringproof.pending_entries as
select p.*
from ringproof.ring_slots s
cross join ringproof.lanes l
cross join lateral ringproof.pending_in(s.slot, l.lane_id) p
where s.ring = 'queue';

create or replace view ringproof.unclosed_receipts as
select r.*
from ringproof.ring_slots s
cross join lateral ringproof.unclosed_in(s.slot) r
where s.ring = 'claim';

create or replace view ringproof.compact_facts as
select f.*
from ringproof.ring_slots s
cross join lateral ringproof.compact_in(s.slot) f
where s.ring = 'queue';

create or replace view ringproof.open_receipts as
select r.*
from ringproof.ring_slots c
cross join ringproof.ring_slots q
cross join lateral ringproof.open_in(c.slot, q.slot) r
where c.ring = 'claim' and q.ring = 'queue';

-- Every public "this job ended" that still stands.
create or replace view ringproof.terminal_facts as
select slot, lane_id, job_id, run_lease, 'completed' as state, completed_at as finalized_at
from ringproof.compact_facts
union all
select slot, lane_id, job_id, run_lease, state, finalized_at
from ringproof.done_entries;

-- Ended jobs with their bodies, which stay in the ready rows of the same slot. A compact batch does
-- not name the row: it is the one handed out, and not one that the job was moved away from. Rows
-- are found by their jobs, and not by `=` of slot and lane: the planner would take that for few
-- rows, and match each batch with all that its lane has in the slot.
create or replace view ringproof.terminal_jobs as
select f.job_id, f.run_lease, 'completed' as state, f.completed_at as finalized_at, f.slot,
       f.lane_id, r.payload
from ringproof.compact_facts f
join ringproof.ready_entries r
  on r.job_id = f.job_id and r.run_lease = f.run_lease - 1
     and r.slot is not distinct from f.slot and r.lane_id is not distinct from f.lane_id
where not exists (
  select from ringproof.ready_tombstones t
  where t.slot = r.slot and t.lane_id = r.lane_id and t.lane_seq = r.lane_seq)
union all
select d.job_id, d.run_lease, d.state, d.finalized_at, d.slot, d.lane_id, r.payload
from ringproof.done_entries d
join ringproof.ready_entries r using (slot, lane_id, lane_seq);

-- Attempts that run, parked or not.
create or replace view ringproof.open_attempts as
select o.*, a.lease_slot, coalesce(l.state, 'running') as state
from ringproof.open_receipts o
left join ringproof.attempt_state a using (job_id, run_lease)
left join ringproof.leases l
  on l.slot = a.lease_slot and l.job_id = o.job_id and l.run_lease = o.run_lease;

-- Each job without a terminal fact, in the contract's words.
create or replace view ringproof.unended_jobs as
select job_id, 'ready' as state, run_lease, lane_id from ringproof.pending_entries
union all
select job_id, 'deferred', run_lease, lane_id from ringproof.deferred_jobs
union all
select job_id, state, run_lease, lane_id from ringproof.open_attempts
union all
select job_id, 'dead', run_lease, lane_id from ringproof.dlq_entries;

-- Each job that is not forgotten.
create or replace view ringproof.jobs as
select job_id, state, run_lease, lane_id from ringproof.unended_jobs
union all
select job_id, state, run_lease, lane_id from ringproof.terminal_jobs;
