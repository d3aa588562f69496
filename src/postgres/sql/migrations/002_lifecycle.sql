-- Version 2: leases for attempts that need a row of their own, deadlines, snoozes, terminal rows of
-- every kind, which name the ready row with their body, and the dispatch slots of queues.

alter table ringproof.ready_entries add column snoozes int not null default 0;
alter table ringproof.deferred_jobs add column snoozes int not null default 0;
alter table ringproof.dlq_entries add column snoozes int not null default 0;
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
