-- The tables. Rows of the two rings are only appended, and reclaimed by truncating a whole slot:
-- one partition of every table of that ring. Every other table is small or unpartitioned.

create table ringproof.meta (
  key   text primary key,
  value text not null
);

create sequence ringproof.job_ids;

-- One lane per (queue, priority, enqueue shard); its rows are numbered by lane_seq.
create table ringproof.lanes (
  lane_id       int generated always as identity primary key,
  queue         text not null,
  priority      int  not null,
  enqueue_shard int  not null,
  unique (queue, priority, enqueue_shard)
);

-- The lane_seq appended next. The row is the lane's enqueue lock.
create table ringproof.lane_enqueue_heads (
  lane_id  int primary key references ringproof.lanes,
  next_seq bigint not null default 1
) with (fillfactor = 50);

-- The first lane_seq that may still be unspent, and the ring generation from which to look for
-- it. Both may lag, never lead. The row is the lane's claim lock.
create table ringproof.lane_claim_heads (
  lane_id           int primary key references ringproof.lanes,
  cursor_seq        bigint not null default 1,
  cursor_generation bigint not null default 0
) with (fillfactor = 50);

-- generation counts rotations; current_slot is generation mod slot_count.
create table ringproof.rings (
  ring         text primary key check (ring in ('queue', 'claim')),
  slot_count   int not null check (slot_count > 1),
  current_slot int not null default 0,
  generation   bigint not null default 0
) with (fillfactor = 50);

-- A token as a worker holds it: the attempt's identity, and where its receipt is.
create type ringproof.token as (
  job_id      bigint,
  run_lease   int,
  claim_slot  int,
  lane_id     int,
  receipt_seq bigint
);

-- Queue ring.

create table ringproof.ready_entries (
  slot        int not null,
  lane_id     int not null,
  lane_seq    bigint not null,
  job_id      bigint not null,
  run_lease   int not null,
  enqueued_at timestamptz not null,
  payload     jsonb not null,
  primary key (slot, lane_id, lane_seq)
) partition by list (slot);
create index ready_entries_job on ringproof.ready_entries (job_id);

create table ringproof.ready_tombstones (
  slot     int not null,
  lane_id  int not null,
  lane_seq bigint not null,
  primary key (slot, lane_id, lane_seq)
) partition by list (slot);

-- One row per claimed batch: every row of this slot and lane up to through_seq was handed out or
-- tombstoned. Claims of a lane take turns and always take its first unspent rows of one slot.
create table ringproof.attempt_evidence (
  slot        int not null,
  lane_id     int not null,
  through_seq bigint not null,
  primary key (slot, lane_id, through_seq)
) partition by list (slot);

create table ringproof.done_entries (
  slot         int not null,
  job_id       bigint not null,
  run_lease    int not null,
  state        text not null check (state in ('cancelled')),
  finalized_at timestamptz not null,
  primary key (slot, job_id, run_lease)
) partition by list (slot);

-- One row per finishing call and receipt; the slot is that of the ready rows.
create table ringproof.receipt_completion_batches (
  slot         int not null,
  lane_id      int not null,
  receipt_seq  bigint not null,
  job_ids      bigint[] not null,
  run_leases   int[] not null,
  completed_at timestamptz not null
) partition by list (slot);
create index receipt_completion_batches_receipt
  on ringproof.receipt_completion_batches (lane_id, receipt_seq);

create table ringproof.receipt_completion_tombstones (
  slot      int not null,
  job_id    bigint not null,
  run_lease int not null,
  primary key (slot, job_id, run_lease)
) partition by list (slot);

-- Claim ring.

-- One receipt per claimed batch, named by the last lane_seq it covers. Its row lock is the mutex
-- of its tokens: whatever ends one of these attempts takes it first and decides afterwards.
create table ringproof.lease_claims (
  slot        int not null,
  lane_id     int not null,
  receipt_seq bigint not null,
  ready_slot  int not null,
  claimed_at  timestamptz not null,
  lane_seqs   bigint[] not null,
  job_ids     bigint[] not null,
  run_leases  int[] not null,
  primary key (slot, lane_id, receipt_seq)
) partition by list (slot);
create index lease_claims_ready_slot on ringproof.lease_claims (ready_slot);

create table ringproof.lease_claim_closures (
  slot      int not null,
  job_id    bigint not null,
  run_lease int not null,
  outcome   text not null
    check (outcome in ('retried', 'deadLettered', 'rescued', 'terminalRemoved')),
  closed_at timestamptz not null,
  primary key (slot, job_id, run_lease)
) partition by list (slot);

-- Unpartitioned.

create table ringproof.deferred_jobs (
  job_id    bigint primary key,
  run_lease int not null,
  lane_id   int not null references ringproof.lanes,
  run_at    timestamptz not null,
  payload   jsonb not null
);
create index deferred_jobs_due on ringproof.deferred_jobs (run_at, job_id);

create table ringproof.dlq_entries (
  job_id    bigint primary key,
  run_lease int not null,
  lane_id   int not null references ringproof.lanes,
  dead_at   timestamptz not null,
  payload   jsonb not null
);

-- The tables that a ring partitions, in the order in which maintenance probes and locks them.
create function ringproof.ring_tables(p_ring text) returns text[]
language sql immutable as $$
  select case p_ring
    when 'queue' then array[
      'ready_entries', 'ready_tombstones', 'attempt_evidence', 'done_entries',
      'receipt_completion_batches', 'receipt_completion_tombstones']
    when 'claim' then array['lease_claims', 'lease_claim_closures']
  end
$$;

-- Called once, by the install: the rings and one partition per table and slot.
create function ringproof.create_rings(p_queue_slots int, p_claim_slots int) returns void
language plpgsql as $$
declare
  v_ring  text;
  v_slots int;
  v_table text;
begin
  for v_ring, v_slots in values ('queue', p_queue_slots), ('claim', p_claim_slots) loop
    insert into ringproof.rings (ring, slot_count) values (v_ring, v_slots);
    foreach v_table in array ringproof.ring_tables(v_ring) loop
      for v_slot in 0 .. v_slots - 1 loop
        execute format('create table ringproof.%I partition of ringproof.%I for values in (%s)',
          v_table || '_' || v_slot, v_table, v_slot);
      end loop;
    end loop;
  end loop;
end
$$;
