-- What the scheduler adds to an installed schema: breakpoints, and what each step touched.

-- What this session has done so far, one word per relation that it holds a lock on: its scans,
-- the rows that it inserted, those that it changed or deleted, and the modes of its locks.
create or replace function ringproof.footprint() returns text
language plpgsql volatile set plan_cache_mode = force_generic_plan as $$
begin
  return (
    select coalesce(string_agg(concat_ws(':', l.relation,
             pg_stat_get_xact_numscans(l.relation), pg_stat_get_xact_tuples_inserted(l.relation),
             pg_stat_get_xact_tuples_updated(l.relation)
               + pg_stat_get_xact_tuples_deleted(l.relation), l.modes), ' '), '')
    from (
      select relation, string_agg(mode, ',') as modes from pg_locks
      where pid = pg_backend_pid() and locktype = 'relation' and relation >= 16384 and granted
      group by relation) l);
end
$$;

-- Tells the scheduler where this session is, and waits there if it has come to the gate at which
-- it is to stop, until the scheduler opens the door. A session without a number stops nowhere.
-- Gates are counted by a sequence, and another one has the scheduler's orders: from which gate on
-- to tell what was done so far, at which one to stop, and at which of two doors. What a session
-- rolls back, it has passed all the same, and what the scheduler says is seen at once. Where an
-- error is planned, that is all there is.
create or replace function ringproof.breakpoint(p_label text) returns boolean
language plpgsql volatile as $$
declare
  v_session int := nullif(current_setting('breakpoint.session', true), '')::int;
  v_timeout text := current_setting('lock_timeout');
  v_gate    int;
  v_orders  int;
begin
  if p_label = current_setting('breakpoint.failing', true) then
    raise exception using errcode = 'RP002', message = 'a planned error';
  end if;
  if v_session is null then return true; end if;
  v_gate := nextval(current_setting('breakpoint.gates')::oid::regclass);
  v_orders := pg_sequence_last_value(current_setting('breakpoint.orders')::oid::regclass);
  raise notice '% % %', v_gate, p_label,
    case when v_gate >= v_orders / 20000 then ringproof.footprint() else '' end;
  if v_gate >= v_orders / 2 % 10000 then
    perform set_config('lock_timeout', '0', true);
    perform pg_advisory_lock(v_session, v_orders % 2);
    perform pg_advisory_unlock(v_session, v_orders % 2);
    perform set_config('lock_timeout', v_timeout, true);
  end if;
  return true;
end
$$;

-- The rows of these tables that these sessions have locked or changed. Of a subtransaction
-- the pid is not known, and said to be 0.
create or replace function ringproof.locked_rows(p_relations text[], p_pids int[])
returns table (relation text, held jsonb)
language plpgsql as $$
declare
  v_extension regnamespace := (
    select extnamespace from pg_extension where extname = 'pgrowlocks');
begin
  for relation in
    select c.relname from unnest(p_relations) r
    join pg_class c on c.oid = format('ringproof.%I', r)::regclass and c.relkind = 'r'
  loop
    for held in execute format(
      'select to_jsonb(t) from %s.pgrowlocks(%L) l join ringproof.%I t on t.ctid = l.locked_row
       where l.pids && $1', v_extension, format('ringproof.%I', relation), relation)
      using p_pids || 0
    loop
      return next;
    end loop;
  end loop;
end
$$;

-- The rows of each table as they were when `save` was last called under this name.
create table if not exists ringproof.saved (
  name text, place text, rows jsonb, primary key (name, place));

create or replace function ringproof.stored_tables() returns setof text
language sql stable as $$
  select c.relname::text from pg_class c
  where c.relnamespace = (select relnamespace from pg_class where oid = 'ringproof.meta'::regclass)
    and c.relkind in ('r', 'p') and not c.relispartition and c.relname not in ('meta', 'saved')
  order by 1
$$;

create or replace function ringproof.save(p_name text) returns void
language plpgsql as $$
declare
  v_table text;
begin
  delete from ringproof.saved where name = p_name;
  for v_table in select * from ringproof.stored_tables() loop
    execute format(
      'insert into ringproof.saved
       select %L, %L, coalesce(jsonb_agg(to_jsonb(t)), ''[]'') from ringproof.%I t',
      p_name, v_table, v_table);
  end loop;
end
$$;

-- Puts the rows of these tables back: a statement for each, so that it is planned once.
do $$
declare
  v_table text;
  v_body  text := '';
begin
  for v_table in select * from ringproof.stored_tables() loop
    v_body := v_body || format(
      'if %1$L = any (p_tables) then
         delete from ringproof.%1$I;
         insert into ringproof.%1$I overriding system value
         select r.* from ringproof.saved, jsonb_populate_recordset(null::ringproof.%1$I, rows) r
         where name = p_name and place = %1$L;
       end if; ', v_table);
  end loop;
  execute format(
    'create or replace function ringproof.restore(p_name text, p_tables text[]) returns void
     language plpgsql set plan_cache_mode = force_generic_plan as %L', 'begin ' || v_body || 'end');
end
$$;

-- What a run has left, before these tables are as they were at the start.
create or replace function ringproof.snapshot_and_restore(p_name text, p_tables text[])
returns jsonb
language plpgsql as $$
declare
  v_snapshot jsonb := ringproof.snapshot();
begin
  perform ringproof.restore(p_name, p_tables);
  return v_snapshot;
end
$$;

-- Puts every row back; those that refer to each other come back in any order.
create or replace function ringproof.restore_all(p_name text) returns void
language plpgsql as $$
begin
  perform set_config('session_replication_role', 'replica', true);
  perform ringproof.restore(p_name, array(select * from ringproof.stored_tables()));
end
$$;
