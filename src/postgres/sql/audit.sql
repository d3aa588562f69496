-- The invariants as queries over the rows that are there. None is installed: an audit of a schema
-- must not rely on the functions and views that it is to judge, so each predicate is written again
-- here, over tables alone. A check returns one sentence per violation.

-- @evidence
with receipts as (
  select c.slot, c.ready_slot, c.lane_id, c.receipt_seq, m.lane_seq, m.job_id, m.run_lease
  from ringproof.lease_claims c
  cross join lateral unnest(c.lane_seqs, c.job_ids, c.run_leases)
    as m (lane_seq, job_id, run_lease)
  where (m.lane_seq, m.job_id, m.run_lease) is not null),
members as (
  select b.slot, b.lane_id, b.receipt_seq, m.job_id, m.run_lease
  from ringproof.receipt_completion_batches b
  cross join lateral unnest(b.job_ids, b.run_leases) as m (job_id, run_lease)
  where (m.job_id, m.run_lease) is not null),
compact as (
  select * from members m
  where not exists (
    select from ringproof.receipt_completion_tombstones t
    where t.slot = m.slot and t.job_id = m.job_id and t.run_lease = m.run_lease)),
facts as (
  select slot, lane_id, job_id, run_lease, 'completed' as state from compact
  union all
  select slot, lane_id, job_id, run_lease, state from ringproof.done_entries),
pending as (
  select * from ringproof.ready_entries r
  where not exists (
    select from ringproof.ready_tombstones t
    where t.slot = r.slot and t.lane_id = r.lane_id and t.lane_seq = r.lane_seq)
  and not exists (
    select from ringproof.attempt_evidence e
    where e.slot = r.slot and e.lane_id = r.lane_id and e.through_seq >= r.lane_seq)),
running as (
  select * from receipts r
  where not exists (
    select from ringproof.lease_claim_closures x
    where x.job_id = r.job_id and x.run_lease = r.run_lease)
  and not exists (
    select from compact f where f.job_id = r.job_id and f.run_lease = r.run_lease)),
living as (
  select job_id, unique_key from pending
  union all
  select job_id, unique_key from ringproof.deferred_jobs
  union all
  select r.job_id, e.unique_key
  from running r
  join ringproof.ready_entries e
    on e.slot = r.ready_slot and e.lane_id = r.lane_id and e.lane_seq = r.lane_seq),
places as (
  select job_id, format('ready in lane %s at lane_seq %s', lane_id, lane_seq) as place
  from pending
  union all
  select job_id, 'deferred' from ringproof.deferred_jobs
  union all
  select job_id, format('running as attempt %s', run_lease) from running
  union all
  select job_id, format('%s at attempt %s', state, run_lease) from facts
  union all
  select job_id, 'dead' from ringproof.dlq_entries),
slots as (
  select ring, slot_count, g.generation, (g.generation % slot_count)::int as slot
  from ringproof.rings r
  cross join lateral generate_series(
    coalesce(r.tail_generation, greatest(r.generation - r.slot_count + 1, 0)), r.generation)
    as g (generation))

-- @check EveryJobInOnePlace
-- a job is lost without a trace, or is at once finished and about to run
select format('job %s is %s', job_id, string_agg(place, ' and ' order by place))
from places group by job_id having count(*) > 1
union all
-- Prune takes whole slots, oldest first: what is left of a lane ends at its head without a gap, and
-- begins at 1 as long as the first slot of all is there.
select format('the rows of lane %s from lane_seq %s through %s are gone, and no prune took them',
              lane_id, before + 1, lane_seq - 1)
from (
  select lane_id, lane_seq, lag(lane_seq) over (partition by lane_id order by lane_seq) as before
  from (
    select lane_id, lane_seq from ringproof.ready_entries
    union all
    select lane_id, next_seq from ringproof.lane_enqueue_heads
    union all
    select lane_id, 0 from ringproof.lane_enqueue_heads
    where exists (
      select from slots s
      where s.ring = 'queue' and s.generation = 0 and (
        s.slot in (select slot from ringproof.ready_entries)
        or not exists (select from slots x where x.ring = 'queue' and x.generation > 0)))) r) g
where lane_seq > before + 1

-- @check NoTokenTwice
-- two workers run the same attempt and nothing tells them apart
select format('attempt %s of job %s has %s receipts', run_lease, job_id, count(*))
from receipts group by job_id, run_lease having count(*) > 1
union all
select format('job %s is ready, and its next attempt, %s, was handed out in claim slot %s',
              p.job_id, r.run_lease, r.slot)
from pending p
join receipts r on r.job_id = p.job_id and r.run_lease > p.run_lease

-- @check RunLeaseIsTheLast
-- a job is given up too early or too late, or its next token is one that a worker holds
select format('job %s is %s at attempt %s, and the last that was handed out is %s',
              j.job_id, j.state, j.run_lease, max(r.run_lease))
from (
  select job_id, run_lease, 'ready' as state from pending
  union all
  select job_id, run_lease, 'deferred' from ringproof.deferred_jobs
  union all
  select job_id, run_lease, 'dead' from ringproof.dlq_entries
  union all
  select job_id, run_lease, state from facts) j
join receipts r using (job_id)
group by j.job_id, j.state, j.run_lease having max(r.run_lease) <> j.run_lease

-- @check OneWinnerPerToken
-- two callers both believe that they ended the attempt, and both act on it
select format('attempt %s of job %s was completed %s times', run_lease, job_id, count(*))
from members group by job_id, run_lease having count(*) > 1
union all
select format('attempt %s of job %s was completed, and closed as %s',
              m.run_lease, m.job_id, x.outcome)
from members m
join ringproof.lease_claim_closures x using (job_id, run_lease)
where x.outcome <> 'terminalRemoved'
union all
select format('attempt %s of job %s is %s, and was closed as %s',
              d.run_lease, d.job_id, d.state, x.outcome)
from ringproof.done_entries d
join ringproof.lease_claim_closures x using (job_id, run_lease)
where x.outcome <> d.state and d.state <> 'cancelled'

-- @check FinishedStaysFinished
-- a job that was reported as over runs again, with its side effects
select format('job %s was %s at attempt %s, and attempt %s was handed out',
              f.job_id, f.state, f.run_lease, r.run_lease)
from facts f
join receipts r on r.job_id = f.job_id and r.run_lease > f.run_lease

-- @check HandedOutIsSpent
-- a row that a worker holds is handed out once more
select format('attempt %s of job %s was handed out, and its row in lane %s at lane_seq %s is not '
              'spent', r.run_lease, r.job_id, r.lane_id, r.lane_seq)
from receipts r
join pending p on p.slot = r.ready_slot and p.lane_id = r.lane_id and p.lane_seq = r.lane_seq

-- @check CursorNeverPassesUnspent
-- a pending job is skipped by every later claim: it waits for ever
select format('job %s waits in lane %s at lane_seq %s, behind the cursor at %s',
              p.job_id, p.lane_id, p.lane_seq, h.cursor_seq)
from pending p
join ringproof.lane_claim_heads h using (lane_id)
where p.lane_seq < h.cursor_seq
union all
select format('job %s waits in lane %s in generation %s, and claims look from generation %s on',
              p.job_id, p.lane_id, s.generation, h.cursor_generation)
from pending p
join ringproof.lane_claim_heads h using (lane_id)
join slots s on s.ring = 'queue' and s.slot = p.slot
where s.generation < h.cursor_generation

-- @check KeysHeldByTheLiving
-- nobody can enqueue that work again, or a second job does it beside the first
select format('job %s is alive, and its key %s is held by %s', l.job_id, l.unique_key,
              coalesce('job ' || k.job_id, 'nobody'))
from living l
left join ringproof.unique_keys k using (unique_key)
where l.unique_key is not null and k.job_id is distinct from l.job_id
union all
select format('job %s holds the key %s, and it is not alive with that key', job_id, unique_key)
from ringproof.unique_keys k
where not exists (
  select from living l where l.job_id = k.job_id and l.unique_key = k.unique_key)

-- @check LaneSeqUnique
-- two jobs share one address, and spending one silently spends the other
select format('lane %s has %s rows at lane_seq %s', lane_id, count(*), lane_seq)
from ringproof.ready_entries group by lane_id, lane_seq having count(*) > 1
union all
select format('lane %s would append at lane_seq %s, and has a row at %s',
              lane_id, h.next_seq, max(r.lane_seq))
from ringproof.lane_enqueue_heads h
join ringproof.ready_entries r using (lane_id)
group by lane_id, h.next_seq having max(r.lane_seq) >= h.next_seq

-- @check BodiesRetained
-- a running or finished job has no body left to show or to run again
select format('attempt %s of job %s runs, and its row in lane %s at lane_seq %s is gone',
              o.run_lease, o.job_id, o.lane_id, o.lane_seq)
from running o
where not exists (
  select from ringproof.ready_entries r
  where r.slot = o.ready_slot and r.lane_id = o.lane_id and r.lane_seq = o.lane_seq
    and r.job_id = o.job_id and r.run_lease = o.run_lease - 1)
union all
select format('job %s was completed at attempt %s, and queue slot %s has no row of it',
              f.job_id, f.run_lease, f.slot)
from compact f
where not exists (
  select from ringproof.ready_entries r
  where r.slot = f.slot and r.lane_id = f.lane_id and r.job_id = f.job_id
    and r.run_lease = f.run_lease - 1)
union all
select format('job %s is %s, and its row in lane %s at lane_seq %s is gone',
              d.job_id, d.state, d.lane_id, d.lane_seq)
from ringproof.done_entries d
where not exists (
  select from ringproof.ready_entries r
  where r.slot = d.slot and r.lane_id = d.lane_id and r.lane_seq = d.lane_seq
    and r.job_id = d.job_id)

-- @check LeasesAreOpen
-- an attempt has a second life in rows that its end should have taken along
select format('attempt %s of job %s is over, and has a row in %s', k.run_lease, k.job_id, k.name)
from (
  select job_id, run_lease, 'leases' as name from ringproof.leases
  union all
  select job_id, run_lease, 'attempt_state' from ringproof.attempt_state) k
where not exists (
  select from running o where o.job_id = k.job_id and o.run_lease = k.run_lease)

-- @check LeasesHaveState
-- a lease is not found by those who look into the attempt's state for it
select format('the lease of attempt %s of job %s is in slot %s, and its state says %s',
              l.run_lease, l.job_id, l.slot, coalesce(a.lease_slot::text, 'nothing of it'))
from ringproof.leases l
left join ringproof.attempt_state a using (job_id, run_lease)
where a.lease_slot is distinct from l.slot
union all
select format('the state of attempt %s of job %s names lease slot %s, which has no lease of it',
              a.run_lease, a.job_id, a.lease_slot)
from ringproof.attempt_state a
where a.lease_slot is not null and not exists (
  select from ringproof.leases l
  where l.slot = a.lease_slot and l.job_id = a.job_id and l.run_lease = a.run_lease)

-- @check OneLeasePerToken
-- two rows disagree about whether an attempt runs or waits
select format('attempt %s of job %s has leases in slots %s', run_lease, job_id,
              string_agg(slot::text, ' and ' order by slot))
from ringproof.leases group by job_id, run_lease having count(*) > 1

-- @check RowsInUsedSlots
-- rows wait in a slot that nobody will look at before it is used again
select format('the %s ring is in generation %s, and its current slot is %s instead of %s',
              ring, generation, current_slot, generation % slot_count)
from ringproof.rings where current_slot <> generation % slot_count
union all
select format('%s has %s rows in slot %s of the %s ring, which is not in use',
              name, count(*), t.slot, t.ring)
from (
  select 'queue' as ring, 'ready_entries' as name, slot from ringproof.ready_entries
  union all select 'queue', 'ready_tombstones', slot from ringproof.ready_tombstones
  union all select 'queue', 'attempt_evidence', slot from ringproof.attempt_evidence
  union all select 'queue', 'done_entries', slot from ringproof.done_entries
  union all
  select 'queue', 'receipt_completion_batches', slot from ringproof.receipt_completion_batches
  union all
  select 'queue', 'receipt_completion_tombstones', slot
  from ringproof.receipt_completion_tombstones
  union all
  select 'queue', 'queue_terminal_count_deltas', slot from ringproof.queue_terminal_count_deltas
  union all select 'claim', 'lease_claims', slot from ringproof.lease_claims
  union all select 'claim', 'lease_claim_closures', slot from ringproof.lease_claim_closures
  union all select 'lease', 'leases', slot from ringproof.leases) t
where not exists (select from slots s where s.ring = t.ring and s.slot = t.slot)
group by t.ring, t.name, t.slot

-- @check ArraysMatch
-- an attempt has no job or no number: nobody can end it, and no rescue finds it
select format('the receipt of lane %s through lane_seq %s in claim slot %s names %s rows, %s jobs '
              'and %s attempts', lane_id, receipt_seq, slot, cardinality(lane_seqs),
              cardinality(job_ids), cardinality(run_leases))
from ringproof.lease_claims
where cardinality(lane_seqs) <> cardinality(job_ids)
   or cardinality(job_ids) <> cardinality(run_leases)
union all
select format('a completion in queue slot %s of the receipt of lane %s through lane_seq %s names '
              '%s jobs and %s attempts', slot, lane_id, receipt_seq, cardinality(job_ids),
              cardinality(run_leases))
from ringproof.receipt_completion_batches
where cardinality(job_ids) <> cardinality(run_leases)

-- @check EvidenceNamesRows
-- evidence speaks of nothing that is there, and will speak of what comes to that place
select format('a tombstone in queue slot %s names lane %s at lane_seq %s, where no row is',
              t.slot, t.lane_id, t.lane_seq)
from ringproof.ready_tombstones t
where not exists (
  select from ringproof.ready_entries r
  where r.slot = t.slot and r.lane_id = t.lane_id and r.lane_seq = t.lane_seq)
union all
select format('the fact that a tombstone in queue slot %s takes back is not there: attempt %s of '
              'job %s', t.slot, t.run_lease, t.job_id)
from ringproof.receipt_completion_tombstones t
where not exists (
  select from members m
  where m.slot = t.slot and m.job_id = t.job_id and m.run_lease = t.run_lease)
union all
select format('claim slot %s has no receipt for the closure of attempt %s of job %s',
              x.slot, x.run_lease, x.job_id)
from ringproof.lease_claim_closures x
where not exists (
  select from receipts r
  where r.slot = x.slot and r.job_id = x.job_id and r.run_lease = x.run_lease)
union all
select format('evidence in queue slot %s says that lane %s was handed out through lane_seq %s, '
              'where no row is', e.slot, e.lane_id, e.through_seq)
from ringproof.attempt_evidence e
where not exists (
  select from ringproof.ready_entries r
  where r.slot = e.slot and r.lane_id = e.lane_id and r.lane_seq = e.through_seq)
union all
select format('queue slot %s counts terminal facts of lane %s, and has no row of it',
              d.slot, d.lane_id)
from ringproof.queue_terminal_count_deltas d
where not exists (
  select from ringproof.ready_entries r
  where r.slot = d.slot and r.lane_id = d.lane_id)

-- @check ExactPerBucket
-- a bucket is wrong for ever: deltas only ever add to what is there
select format('queue %s counts %s %s jobs in bucket %s, and has %s',
              queue, sum(counted), state, bucket, sum(there))
from (
  select queue, state, bucket, jobs as counted, 0 as there
  from ringproof.queue_terminal_live_counts
  union all
  select l.queue, d.state, d.bucket, d.delta, 0
  from ringproof.queue_terminal_count_deltas d
  join ringproof.lanes l using (lane_id)
  union all
  select l.queue, f.state, f.job_id % 256, 0, 1
  from facts f
  join ringproof.lanes l using (lane_id)) c
group by queue, state, bucket having sum(counted) <> sum(there)

-- @check HistoryOnlyGrows
-- what a queue has ever finished is reported as less than it was
select format('queue %s had %s %s jobs in bucket %s when their slots were pruned',
              queue, jobs, state, bucket)
from ringproof.queue_terminal_rollups where jobs <= 0

-- @check CursorsResetAtTruncate
-- the next receipts of a slot are looked at from a place in the order of its last ones
select format('the %s cursor of claim slot %s is at attempt %s of job %s, and no receipt is there',
              k.pass, k.slot, (k.cursor).run_lease, (k.cursor).job_id)
from (
  select 'stale' as pass, slot, stale_cursor as cursor from ringproof.claim_slots
  union all
  select 'deadline', slot, deadline_cursor from ringproof.claim_slots) k
where (k.cursor).job_id is not null and not exists (
  select from ringproof.lease_claims c
  where c.slot = k.slot and c.job_ids[1] = (k.cursor).job_id
    and c.run_leases[1] = (k.cursor).run_lease
    and case k.pass when 'stale' then c.claimed_at else c.deadline_at end = (k.cursor).at)

-- @check ClaimSlotsHaveCursors
-- no pass of rescue ever comes to the receipts of a slot
select format('claim slot %s has no row in claim_slots', s.slot)
from ringproof.rings r
cross join lateral generate_series(0, r.slot_count - 1) as s (slot)
where r.ring = 'claim' and s.slot not in (select slot from ringproof.claim_slots)
