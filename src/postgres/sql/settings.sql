-- How the functions are planned. A plan that is made once for whatever slot locks every partition
-- of a table; one that is made for each call locks only what it needs, and most of the call's time
-- goes into it.

-- What workers call all the time has one plan for each slot: a statement below `@per` is written
-- out for each slot of the ring, and for what is none.
do $$
declare
  v_function oid;
  v_source   text;
  v_written  text;
  v_found    text[];
begin
  for v_function, v_source in
    select oid, prosrc from pg_proc
    where prosrc ~ '-- @per '
      and pronamespace = (
        select relnamespace from pg_class where oid = 'ringproof.meta'::regclass)
  loop
    v_written := v_source;
    loop
      v_found := regexp_match(v_written, '(-- @per (\w+) (\w+)\n([^;]*;))');
      exit when v_found is null;
      v_written := replace(v_written, v_found[1], (
        select format('case %s %s end case;', v_found[2],
          string_agg(
            case when slot < 0 then 'else ' else format('when %s then ', slot) end
              || regexp_replace(v_found[4], format('\m%s\M', v_found[2]), slot::text, 'g'),
            ' ' order by slot < 0, slot))
        from (
          select slot from ringproof.ring_slots where ring = v_found[3] union all select -1) s));
    end loop;
    execute replace(pg_get_functiondef(v_function), v_source, v_written);
  end loop;
end
$$;

-- Whatever does not say how it is planned is planned for each call. A plan that is kept probes
-- indexes, however small its tables are when it is made.
do $$
declare
  v_function regprocedure;
  v_kept     boolean;
begin
  for v_function, v_kept in
    select p.oid, coalesce('plan_cache_mode=force_generic_plan' = any (p.proconfig), false)
    from pg_proc p join pg_language l on l.oid = p.prolang
    where l.lanname = 'plpgsql'
      and p.pronamespace = (
        select relnamespace from pg_class where oid = 'ringproof.meta'::regclass)
  loop
    if v_kept then
      execute format('alter function %s set enable_seqscan = off', v_function);
    else
      execute format('alter function %s set plan_cache_mode = force_custom_plan', v_function);
    end if;
  end loop;
end
$$;
