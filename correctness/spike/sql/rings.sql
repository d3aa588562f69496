-- What the three ring encodings share: rings, lane heads and ready rows.
-- Left out: priorities, leases, counts, unique keys; a claim reads the current queue slot only.
-- A lane's rows become visible in lane_seq order, because its enqueue head stays locked to commit.

create table queue_ring (current_slot int not null, generation bigint not null);
create table claim_ring (current_slot int not null, generation bigint not null);
insert into queue_ring values (0, 0);
insert into claim_ring values (0, 0);

create table enqueue_heads (lane_id int primary key);
create table claim_heads (lane_id int primary key);
insert into enqueue_heads values (1), (2);
insert into claim_heads values (1), (2);

-- Positions live in sequences: moving one leaves no dead tuple behind a pinned snapshot.
create sequence job_ids cache 100;
create sequence enqueue_head_1;
create sequence enqueue_head_2;
create sequence claim_cursor_1;
create sequence claim_cursor_2;

create procedure partition_by_slot(p_table text, p_slots int) language plpgsql as $$
begin
  for v_slot in 0 .. p_slots - 1 loop
    execute format('create table %I partition of %I for values in (%s)',
                   p_table || '_' || v_slot, p_table, v_slot);
  end loop;
end $$;

create table ready_entries (
  slot        int         not null,
  lane_id     int         not null,
  lane_seq    bigint      not null,
  job_id      bigint      not null,
  run_lease   int         not null,
  payload     jsonb       not null,
  enqueued_at timestamptz not null,
  primary key (slot, lane_id, lane_seq)
) partition by list (slot);
call partition_by_slot('ready_entries', 16);

create table ready_tombstones (
  slot     int    not null,
  lane_id  int    not null,
  lane_seq bigint not null,
  primary key (slot, lane_id, lane_seq)
) partition by list (slot);
call partition_by_slot('ready_tombstones', 16);

create function enqueue(p_lane int, p_payloads jsonb[], p_now timestamptz) returns void
language plpgsql set plan_cache_mode = force_custom_plan as $$
declare
  v_head regclass := 'enqueue_head_' || p_lane;
  v_last bigint;
begin
  perform from enqueue_heads h where h.lane_id = p_lane for update;
  v_last := coalesce(pg_sequence_last_value(v_head), 0);
  insert into ready_entries
    select q.current_slot, p_lane, v_last + p.position, nextval('job_ids'), 1, p.payload, p_now
      from queue_ring q, unnest(p_payloads) with ordinality p(payload, position);
  perform setval(v_head, v_last + cardinality(p_payloads));
end $$;

create function advance_claim_cursor(p_lane int, p_spent_seq bigint) returns void
language plpgsql as $$
begin
  perform setval(c.cursor, greatest(p_spent_seq, pg_sequence_last_value(c.cursor)))
    from (select ('claim_cursor_' || p_lane)::regclass as cursor) c;
end $$;

create function refuse_moved_claim_slot(p_slot int) returns void language plpgsql as $$
begin
  perform from claim_ring where current_slot = p_slot;
  if not found then
    raise exception 'the claim ring moved' using errcode = '40001';
  end if;
end $$;
