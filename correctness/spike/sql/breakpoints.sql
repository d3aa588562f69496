-- The races of the spike on encoding B, with a breakpoint inside and around the locking statements.

-- Waits at a turnstile the controller holds; the session's next breakpoint uses the other one.
create function pause(p_label text) returns boolean language plpgsql as $$
declare
  v_turn int := current_setting('spike.turn')::int;
  v_gate int := current_setting('spike.session')::int * 2 + v_turn;
begin
  perform set_config('spike.turn', (1 - v_turn)::text, false);
  raise notice '%', p_label;
  perform pg_advisory_lock(v_gate);
  perform pg_advisory_unlock(v_gate);
  return true;
end $$;

create view open_receipts as
  select c.* from lease_claims c
   where not exists (select from lease_claim_closures k
                      where (k.slot, k.lane_id, k.receipt_seq)
                          = (c.slot, c.lane_id, c.receipt_seq))
     and not exists (select from receipt_completion_batches d
                      where (d.slot, d.lane_id, d.receipt_seq)
                          = (c.ready_slot, c.lane_id, c.receipt_seq));

create function lock_first() returns void language plpgsql as $$
begin
  perform from lease_claims where pause('has its lock snapshot') for update;
  perform pause('has the lock');
end $$;

-- Fused, one statement decides under the lock that it takes; otherwise the lock comes first.
create function complete(p_fused boolean) returns text language plpgsql as $$
begin
  if not p_fused then
    perform lock_first();
  end if;
  insert into receipt_completion_batches
    select c.ready_slot, c.lane_id, c.receipt_seq, c.slot, c.job_ids, c.run_leases, c.lane_seqs,
           now()
      from open_receipts c where pause('sees the token open') for update;
  return case when found then 'completed' else 'stale' end;
end $$;

create function rescue(p_fused boolean) returns text language plpgsql as $$
begin
  if not p_fused then
    perform lock_first();
  end if;
  insert into lease_claim_closures
    select c.slot, c.lane_id, c.receipt_seq, c.job_ids[1], c.run_leases[1], 'rescued', now()
      from open_receipts c where pause('sees the token open') for update;
  return case when found then 'rescued' else 'stale' end;
end $$;

create function append_claim(p_reread boolean) returns text language plpgsql as $$
declare
  v_slot int;
begin
  select current_slot into v_slot from claim_ring;
  perform pause('has read slot ' || v_slot);
  insert into lease_claims values (v_slot, 1, 2, 0, now(), '{2}', '{1}', '{2}');
  if p_reread then
    perform pause('has inserted');
    perform refuse_moved_claim_slot(v_slot);
  end if;
  return 'claimed';
end $$;

create function rotate_claims() returns text language plpgsql as $$
begin
  update claim_ring set current_slot = 1, generation = generation + 1;
  return 'rotated';
end $$;

create function prune_claims() returns text language plpgsql as $$
begin
  lock table lease_claims_0, lease_claim_closures_0 in access exclusive mode nowait;
  perform pause('has the child locks');
  perform from open_receipts where slot = 0;
  if found then
    return 'skippedActive';
  end if;
  truncate lease_claims_0, lease_claim_closures_0;
  return 'pruned';
exception when lock_not_available then
  return 'blocked';
end $$;
