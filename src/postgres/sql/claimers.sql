-- Claimers: the dispatch slots of a queue, which instances lease in order to claim from it.

-- The mutex of a queue's claimer leases, until the end of the transaction. Whoever writes one of
-- its rows holds it, and has decided in a later statement; looking takes no lock.
create or replace function ringproof.lock_claimers(p_queue text) returns void
language plpgsql as $$
begin
  --@ lock_claimers
  perform pg_advisory_xact_lock(
    'ringproof.queue_claimer_leases'::regclass::oid::int, hashtext(p_queue));
end
$$;

-- The slot that an instance gets: its own unexpired one, else free, else expired, else idle; the
-- lowest of these. The epoch grows when the owner changes.
create or replace function ringproof.claimer_choice(
  p_queue text, p_owner text, p_slots int, p_idle interval, p_now timestamptz)
returns table (result text, slot int, epoch bigint)
language sql stable as $$
  select case choice when 'own' then 'kept' else 'acquired' end, i,
         case when choice = 'free' then 1
              when owner = p_owner then lease_epoch
              else lease_epoch + 1 end
  from generate_series(0, p_slots - 1) i
  left join ringproof.queue_claimer_leases l on l.queue = p_queue and l.claimer_slot = i
  cross join lateral (
    select case when l.owner = p_owner and l.expires_at > p_now then 'own'
                when l.owner is null then 'free'
                when l.expires_at <= p_now then 'expired'
                when l.last_claimed_at <= p_now - p_idle then 'idle' end) c (choice)
  where choice is not null
  order by array_position(array['own', 'free', 'expired', 'idle'], choice), i
  limit 1
$$;

-- An instance keeps its own unexpired slot, or takes one; a taken slot counts as just used.
-- @focused ClaimerLease Acquire
create or replace function ringproof.acquire_claimer(
  p_queue text, p_owner text, p_slots int, p_ttl interval, p_idle interval, p_now timestamptz)
returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_choice record;
begin
  --@ look
  select * into v_choice from ringproof.claimer_choice(p_queue, p_owner, p_slots, p_idle, p_now);
  if v_choice.result = 'acquired' then
    perform ringproof.lock_claimers(p_queue);
    --@ choose
    select * into v_choice
    from ringproof.claimer_choice(p_queue, p_owner, p_slots, p_idle, p_now);
  end if;
  if v_choice.result = 'acquired' then
    --@ write_lease
    insert into ringproof.queue_claimer_leases as l
      (queue, claimer_slot, owner, lease_epoch, last_claimed_at, expires_at)
    values (p_queue, v_choice.slot, p_owner, v_choice.epoch, p_now, p_now + p_ttl)
    on conflict (queue, claimer_slot) do update
      set owner = excluded.owner, lease_epoch = excluded.lease_epoch,
          last_claimed_at = excluded.last_claimed_at, expires_at = excluded.expires_at;
  end if;
  return case when v_choice.result is null then jsonb_build_object('result', 'full')
              else to_jsonb(v_choice) end;
end
$$;

-- What a claim by the holder of this slot and epoch makes of its lease. Both halves count: a
-- recorded claim that is too old, and an expiry that is too near.
create or replace function ringproof.claimer_says(
  p_queue text, p_owner text, p_slot int, p_epoch bigint, p_ttl interval, p_idle interval,
  p_now timestamptz)
returns text
language sql stable as $$
  select coalesce((
    select case when last_claimed_at <= p_now - p_idle / 2 or expires_at <= p_now + p_ttl / 2
                then 'refreshed' else 'fresh' end
    from ringproof.queue_claimer_leases
    where queue = p_queue and claimer_slot = p_slot and owner = p_owner and lease_epoch = p_epoch),
    'superseded')
$$;

-- After a claim that returned jobs: a write only where the lease is no longer safely fresh. An
-- instance that holds nothing says so with nulls.
-- @focused ClaimerLease Claimed
create or replace function ringproof.claimer_claimed(
  p_queue text, p_owner text, p_slot int, p_epoch bigint, p_ttl interval, p_idle interval,
  p_now timestamptz)
returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_word text;
begin
  if p_slot is null or p_epoch is null then return 'notHeld'; end if;
  --@ look
  v_word := ringproof.claimer_says(p_queue, p_owner, p_slot, p_epoch, p_ttl, p_idle, p_now);
  if v_word = 'refreshed' then
    perform ringproof.lock_claimers(p_queue);
    --@ look_again
    v_word := ringproof.claimer_says(p_queue, p_owner, p_slot, p_epoch, p_ttl, p_idle, p_now);
  end if;
  if v_word = 'refreshed' then
    --@ refresh_lease
    update ringproof.queue_claimer_leases
    set last_claimed_at = p_now, expires_at = p_now + p_ttl
    where queue = p_queue and claimer_slot = p_slot;
  end if;
  return v_word;
end
$$;
