-- How writers and maintenance get hold of a slot.

-- The tables that a ring partitions, in the order in which maintenance probes and locks them.
create or replace function ringproof.ring_tables(p_ring text) returns text[]
language sql immutable as $$
  select case p_ring
    when 'queue' then array[
      'ready_entries', 'ready_tombstones', 'attempt_evidence', 'done_entries',
      'receipt_completion_batches', 'receipt_completion_tombstones',
      'queue_terminal_count_deltas']
    when 'claim' then array['lease_claims', 'lease_claim_closures']
    when 'lease' then array['leases']
  end
$$;

-- Whoever decides under a lock must see what was committed before the lock was to be had, so each
-- statement needs a snapshot of its own. Only READ COMMITTED gives it one.
create or replace function ringproof.need_own_snapshots() returns void
language plpgsql set plan_cache_mode = force_generic_plan as $$
begin
  case when current_setting('transaction_isolation') like 'read %' then return;
  else
    raise exception 'this transaction is %, and ringproof needs read committed',
      current_setting('transaction_isolation')
      using errcode = 'invalid_transaction_state',
            hint = 'Begin it with: begin isolation level read committed.';
  end case;
end
$$;

-- The current slot of a ring, pinned: the lock on its first partition keeps prune away until the
-- end of the transaction. The cursor is read without a lock, so it is read again under this one.
create or replace function ringproof.pin_slot(p_ring text) returns int
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_first text := (ringproof.ring_tables(p_ring))[1];
  v_slot  int;
begin
  perform ringproof.need_own_snapshots();
  loop
    --@ read_slot
    select current_slot into strict v_slot from ringproof.rings where ring = p_ring;
    --@ lock_slot
    execute format('lock table only ringproof.%I in row exclusive mode', v_first || '_' || v_slot);
    --@ reread_slot
    exit when v_slot = (select current_slot from ringproof.rings where ring = p_ring);
  end loop;
  return v_slot;
end
$$;

-- Locks every partition of a slot without waiting; false if somebody else's lock is in the way.
create or replace function ringproof.try_lock_slot(p_ring text, p_slot int, p_mode text)
returns boolean
language plpgsql as $$
declare
  v_table text;
begin
  foreach v_table in array ringproof.ring_tables(p_ring) loop
    --@ lock_partition
    execute format('lock table only ringproof.%I in %s mode nowait',
      v_table || '_' || p_slot, p_mode);
  end loop;
  return true;
exception
  when lock_not_available then return false;
end
$$;

-- The same for every slot of a ring at once.
create or replace function ringproof.try_lock_ring(p_ring text, p_mode text) returns boolean
language plpgsql as $$
declare
  v_table text;
begin
  foreach v_table in array ringproof.ring_tables(p_ring) loop
    --@ lock_table
    execute format('lock table ringproof.%I in %s mode nowait', v_table, p_mode);
  end loop;
  return true;
exception
  when lock_not_available then return false;
end
$$;

-- The tables of a ring that hold rows in this slot. Probes for a first row, never counts. Count
-- deltas are in a slot only beside the ready rows of what they count: they are not asked for.
create or replace function ringproof.occupied(p_ring text, p_slot int) returns text[]
language plpgsql as $$
declare
  v_table text;
  v_found boolean;
  v_which text[] := '{}';
begin
  foreach v_table in array
    array_remove(ringproof.ring_tables(p_ring), 'queue_terminal_count_deltas')
  loop
    --@ probe_partition
    execute format('select exists (select from ringproof.%I)', v_table || '_' || p_slot)
      into v_found;
    if v_found then v_which := v_which || v_table; end if;
  end loop;
  return v_which;
end
$$;
