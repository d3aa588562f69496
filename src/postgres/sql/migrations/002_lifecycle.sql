-- Version 2: leases for attempts that need a row of their own, deadlines, snoozes, terminal rows of
-- every kind, which name the ready row with their body, unique keys, the cursors of rescue,
-- dispatch slots, and counts of terminal facts.

alter table ringproof.ready_entries add column snoozes int not null default 0;
alter table ringproof.deferred_jobs add column snoozes int not null default 0;
alter table ringproof.dlq_entries add column snoozes int not null default 0;
alter table ringproof.ready_entries add column unique_key text;
alter table ringproof.deferred_jobs add column unique_key text;
alter table ringproof.dlq_entries add column unique_key text;
alter table ringproof.lease_claims add column deadline_at timestamptz;

alter table ringproof.done_entries
  add column lane_id int,
  add column lane_seq bigint,
  drop constraint done_entries_state_check,
  add constraint done_entries_state_check check (state in ('completed', 'failed', 'cancelled'));
update ringproof.done_entries d
set lane_id = r.lane_id, lane_seq = r.lane_seq
from ringproof.ready_entries r
where r.slot = d.slot and r.job_id = d.job_id and r.run_lease = d.run_lease;
alter table ringproof.done_entries
  alter column lane_id set not null,
  alter column lane_seq set not null;

alter table ringproof.lease_claim_closures
  drop constraint lease_claim_closures_outcome_check,
  add constraint lease_claim_closures_outcome_check check (outcome in (
    'completed', 'retried', 'snoozed', 'failed', 'deadLettered', 'rescued', 'deadlineExpired',
    'callbackTimedOut', 'cancelled', 'terminalRemoved'));

-- Leases are deleted, so an empty slot may be full of dead rows. That ring is told apart by its
-- tail: the oldest generation whose slot has not been truncated since it was current.
alter table ringproof.rings
  drop constraint rings_ring_check,
  add constraint rings_ring_check check (ring in ('queue', 'claim', 'lease')),
  add column tail_generation bigint;

-- Lease ring. One row per lease-managed attempt, in the slot that was current when it became so.
create table ringproof.leases (
  slot         int not null,
  job_id       bigint not null,
  run_lease    int not null,
  state        text not null check (state in ('running', 'waiting')),
  heartbeat_at timestamptz,
  timeout_at   timestamptz,
  deadline_at  timestamptz,
  claim_slot   int not null,
  lane_id      int not null,
  receipt_seq  bigint not null,
  primary key (slot, job_id, run_lease)
) partition by list (slot);

-- The install says how many slots.
do $$
declare
  v_slots int := current_setting('install.lease_slots');
begin
  insert into ringproof.meta (key, value) values ('lease_slots', v_slots);
  insert into ringproof.rings (ring, slot_count, tail_generation) values ('lease', v_slots, 0);
  for v_slot in 0 .. v_slots - 1 loop
    execute format('create table ringproof.%I partition of ringproof.leases for values in (%s)',
      'leases_' || v_slot, v_slot);
  end loop;
end
$$;

-- How far a pass of rescue has come in a claim slot: a receipt's place in its order, which is that
-- of the receipt's first attempt.
create type ringproof.rescue_cursor as (
  at        timestamptz,
  job_id    bigint,
  run_lease int
);

-- A row per claim slot. Its lock is held by the one pass that is in the slot, or by its prune.
create table ringproof.claim_slots (
  slot            int primary key,
  stale_cursor    ringproof.rescue_cursor,
  deadline_cursor ringproof.rescue_cursor
) with (fillfactor = 50);
insert into ringproof.claim_slots (slot)
select generate_series(0, slot_count - 1) from ringproof.rings where ring = 'claim';

-- Receipts in the orders of the two passes.
create index lease_claims_claimed_at
  on ringproof.lease_claims (claimed_at, (job_ids[1]), (run_leases[1]));
create index lease_claims_deadline_at
  on ringproof.lease_claims (deadline_at, (job_ids[1]), (run_leases[1]))
  where deadline_at is not null;

-- What a running attempt said of itself, and the slot of its lease if it has one. Small: the rows
-- go with their attempts.
create table ringproof.attempt_state (
  job_id       bigint not null,
  run_lease    int not null,
  heartbeat_at timestamptz,
  progress     jsonb,
  lease_slot   int,
  primary key (job_id, run_lease)
) with (fillfactor = 50);

-- The keys that living jobs carry, and hold.
create table ringproof.unique_keys (
  unique_key text primary key,
  job_id     bigint not null unique
) with (fillfactor = 50);

-- The dispatch slots of each queue that were ever leased, and by whom last.
create table ringproof.queue_claimer_leases (
  queue           text not null,
  claimer_slot    int not null,
  owner           text not null,
  lease_epoch     bigint not null,
  last_claimed_at timestamptz not null,
  expires_at      timestamptz not null,
  primary key (queue, claimer_slot)
) with (fillfactor = 50);

-- A job on its way to the tail of a lane, with its last run lease.
create type ringproof.arrival as (
  lane_id    int,
  job_id     bigint,
  run_lease  int,
  snoozes    int,
  unique_key text,
  payload    jsonb
);

-- An open attempt that a call named, at its place in the call.
create type ringproof.attempt as (
  place       bigint,
  slot        int,
  lane_id     int,
  receipt_seq bigint,
  ready_slot  int,
  lane_seq    bigint,
  job_id      bigint,
  run_lease   int,
  lease_slot  int,
  state       text
);

-- Queue ring. How many terminal facts came or went, beside the ready rows with their bodies. So
-- narrow that there is no TOAST table, which a truncation would have to lock too.
create table ringproof.queue_terminal_count_deltas (
  slot    int not null,
  lane_id int not null,
  state   varchar(9) not null,
  bucket  int not null,
  delta   int not null
) partition by list (slot);
do $$
begin
  for v_slot in 0 .. (select slot_count - 1 from ringproof.rings where ring = 'queue') loop
    execute format('create table ringproof.%I partition of ringproof.%I for values in (%s)',
      'queue_terminal_count_deltas_' || v_slot, 'queue_terminal_count_deltas', v_slot);
  end loop;
end
$$;

-- With the deltas not yet folded: the terminal facts that are there, exactly.
create table ringproof.queue_terminal_live_counts (
  queue  text not null,
  state  text not null,
  bucket int not null,
  jobs   bigint not null,
  primary key (queue, state, bucket)
) with (fillfactor = 50);
insert into ringproof.queue_terminal_live_counts (queue, state, bucket, jobs)
select l.queue, f.state, f.job_id % 256, count(*)
from (
  select b.lane_id, 'completed' as state, m.job_id
  from ringproof.receipt_completion_batches b
  cross join lateral unnest(b.job_ids, b.run_leases) as m (job_id, run_lease)
  where not exists (
    select from ringproof.receipt_completion_tombstones t
    where t.slot = b.slot and t.job_id = m.job_id and t.run_lease = m.run_lease)
  union all
  select lane_id, state, job_id from ringproof.done_entries) f
join ringproof.lanes l using (lane_id)
group by 1, 2, 3;

-- The terminal facts that were there until their slot was pruned, since version 2. For ever: what
-- an administrator took back before that never came here.
create table ringproof.queue_terminal_rollups (
  queue  text not null,
  state  text not null,
  bucket int not null,
  jobs   bigint not null,
  primary key (queue, state, bucket)
) with (fillfactor = 50);
