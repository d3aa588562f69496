-- Unique keys: a living job holds the key that it carries. Whoever takes keys does so before it
-- locks a lane, and in the order of the keys: it may wait for one that is being given back.

-- The jobs that may go on, and null in the places of the others: those without a key go on, and
-- those that got theirs, the first in the order of the call where several carry the same.
create or replace function ringproof.take_keys(p_job_ids bigint[], p_unique_keys text[])
returns bigint[]
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_welcome bigint[];
begin
  if array_remove(p_unique_keys, null) = '{}' then return p_job_ids; end if;
  --@ insert_keys
  with taken as (
    insert into ringproof.unique_keys (unique_key, job_id)
    select distinct on (unique_key) unique_key, job_id
    from unnest(p_job_ids, p_unique_keys) with ordinality as k (job_id, unique_key, place)
    where unique_key is not null
    order by unique_key, place
    on conflict (unique_key) do nothing
    returning job_id)
  select array_agg(case when k.unique_key is null then k.job_id else t.job_id end order by k.place)
  into v_welcome
  from unnest(p_job_ids, p_unique_keys) with ordinality as k (job_id, unique_key, place)
  left join taken t using (job_id);
  return v_welcome;
end
$$;

-- Jobs that have ended hold nothing any more. Their keys are given back in the order of the keys.
create or replace function ringproof.release_keys(p_job_ids bigint[]) returns void
language plpgsql set plan_cache_mode = force_generic_plan as $$
begin
  --@ find_keys
  if not exists (select from ringproof.unique_keys where job_id = any (p_job_ids)) then
    return;
  end if;
  --@ delete_keys
  delete from ringproof.unique_keys u
  using (
    select unique_key from ringproof.unique_keys where job_id = any (p_job_ids)
    order by unique_key for update) k
  where u.unique_key = k.unique_key;
end
$$;
