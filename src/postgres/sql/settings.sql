-- A generic plan locks every partition of a table where a custom one locks those it needs.
do $$
declare
  v_function regprocedure;
begin
  for v_function in
    select p.oid from pg_proc p join pg_language l on l.oid = p.prolang
    where l.lanname = 'plpgsql'
      and p.pronamespace = (
        select relnamespace from pg_class where oid = 'ringproof.meta'::regclass)
  loop
    execute format('alter function %s set plan_cache_mode = force_custom_plan', v_function);
  end loop;
end
$$;
