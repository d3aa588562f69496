-- What the lock recorder adds to an instrumented schema: reports of what a session holds.

-- For each breakpoint: the relations and advisory locks that this session holds, and the rows that
-- it sees of those that it has inserted into or deleted from. It reads rows only of tables that it
-- writes to, and so takes no further lock.
create or replace function ringproof.footprint() returns text
language plpgsql volatile set plan_cache_mode = force_generic_plan as $$
declare
  v_schema    constant oid := (
    select relnamespace from pg_class where oid = 'ringproof.meta'::regclass);
  v_relations jsonb;
  v_advisory  jsonb;
  v_changed   oid[];
  v_relation  oid;
  v_rows      jsonb;
  v_written   jsonb := '{}';
begin
  select coalesce(jsonb_agg(jsonb_build_array(l.relation::int, l.mode))
                    filter (where l.relation is not null), '[]'),
         coalesce(jsonb_agg(jsonb_build_array(l.classid::bigint, l.objid::bigint))
                    filter (where l.locktype = 'advisory'), '[]'),
         array_agg(distinct l.relation) filter (
           where l.mode = 'RowExclusiveLock' and c.relkind = 'r' and c.relnamespace = v_schema
             and pg_stat_get_xact_tuples_inserted(l.relation)
               + pg_stat_get_xact_tuples_deleted(l.relation) > 0)
  into v_relations, v_advisory, v_changed
  from pg_locks l left join pg_class c on c.oid = l.relation
  where l.pid = pg_backend_pid() and l.granted
    and (l.locktype = 'relation' and l.relation >= 16384
         or l.locktype = 'advisory'
            and l.classid <> current_setting('breakpoint.session')::oid);
  foreach v_relation in array coalesce(v_changed, '{}') loop
    execute format('select coalesce(jsonb_agg(to_jsonb(t)), ''[]'') from only %s t',
                   v_relation::regclass) into v_rows;
    v_written := v_written || jsonb_build_object(v_relation::text, v_rows);
  end loop;
  return jsonb_build_object('timeout', current_setting('lock_timeout'),
    'relations', v_relations, 'advisory', v_advisory, 'written', v_written);
end
$$;

-- The rows that another session has locked, as whoever wants them finds out: it tries each mode and
-- passes over those that it does not get. Where nobody may even ask, the whole table is locked.
create or replace function ringproof.held_rows(p_pid int)
returns table (relation int, place tid, body jsonb, mode text)
language plpgsql volatile as $$
declare
  v_relation oid;
  v_place    tid;
  v_body     jsonb;
begin
  for v_relation in
    select l.relation
    from pg_locks l
    join pg_class c on c.oid = l.relation
    join pg_class m on m.relnamespace = c.relnamespace
    where l.pid = p_pid and l.locktype = 'relation' and c.relkind = 'r'
      and m.oid = 'ringproof.meta'::regclass
    group by l.relation
    having bool_or(l.mode in ('RowShareLock', 'RowExclusiveLock'))
       and not bool_or(l.mode in ('ExclusiveLock', 'AccessExclusiveLock'))
    order by l.relation
  loop
    for v_place, v_body in
      execute format('select ctid, to_jsonb(t) from only %s t where xmax <> 0',
                     v_relation::regclass)
    loop
      if not ringproof.lockable(v_relation, v_place, 'update') then
        relation := v_relation::int;
        place := v_place;
        body := v_body;
        mode := case
          when not ringproof.lockable(v_relation, v_place, 'key share') then 'ForUpdate'
          when not ringproof.lockable(v_relation, v_place, 'share') then 'ForNoKeyUpdate'
          when not ringproof.lockable(v_relation, v_place, 'no key update') then 'ForShare'
          else 'ForKeyShare' end;
        return next;
      end if;
    end loop;
  end loop;
end
$$;

create or replace function ringproof.lockable(p_relation oid, p_place tid, p_mode text)
returns boolean
language plpgsql volatile as $$
declare
  v_place tid;
begin
  execute format('select ctid from only %s where ctid = %L for %s skip locked',
                 p_relation::regclass, p_place, p_mode) into v_place;
  return v_place is not null;
end
$$;

-- Tables, their partitions, their TOAST tables and sequences by name; indexes go by their tables.
create or replace view ringproof.lockable_relations as
select c.oid::int as oid,
       case when h.oid is null then t.relname else h.relname || '.toast' end as name,
       c.relkind = 'i' or c.relkind = 'I' as index,
       t.relkind::text as kind,
       t.oid::int as whole,
       t.relname::text as toast
from pg_class c
left join pg_index i on i.indexrelid = c.oid
join pg_class t on t.oid = coalesce(i.indrelid, c.oid)
left join pg_class h on h.reltoastrelid = t.oid
where coalesce(h.relnamespace, t.relnamespace)
    = (select relnamespace from pg_class where oid = 'ringproof.meta'::regclass)
  and t.relkind in ('r', 'p', 'S', 't')
  and coalesce(h.relname, t.relname) not in ('meta', 'saved') and t.relname !~ '^(gates|orders)_';

-- The columns of each unique index; the first of a table is its primary key.
create or replace view ringproof.unique_indexes as
select i.indrelid::int as relation, c.relname as name,
       array(select a.attname::text from unnest(i.indkey::int2[]) with ordinality k (att, place)
             join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.att
             order by k.place) as columns
from pg_index i
join pg_class c on c.oid = i.indexrelid
join pg_class t on t.oid = i.indrelid
where i.indisunique and t.relkind = 'r'
  and t.relnamespace = (select relnamespace from pg_class where oid = 'ringproof.meta'::regclass)
order by i.indrelid, not i.indisprimary, c.relname;

-- Puts every row back, and leaves no dead one: how large a table is decides on its plans.
create or replace function ringproof.renew(p_name text) returns void
language plpgsql as $$
begin
  execute 'truncate ' || (
    select string_agg(format('ringproof.%I', t), ', ') from ringproof.stored_tables() t);
  perform ringproof.restore_all(p_name);
end
$$;

-- Puts every row back, each table in the opposite order.
create or replace function ringproof.turn_round() returns void
language plpgsql as $$
declare
  v_table text;
begin
  perform set_config('session_replication_role', 'replica', true);
  for v_table in select * from ringproof.stored_tables() loop
    execute format(
      'create temp table turned on commit drop as
       select t.* from ringproof.%I t order by tableoid, ctid desc', v_table);
    execute format('delete from ringproof.%I', v_table);
    execute format('insert into ringproof.%I overriding system value
                    select * from turned', v_table);
    drop table turned;
  end loop;
end
$$;

-- Every row there is, by its table.
create or replace function ringproof.all_rows() returns table (relation int, body jsonb)
language plpgsql as $$
declare
  v_table text;
begin
  for v_table in select * from ringproof.stored_tables() loop
    return query execute format(
      'select tableoid::int, to_jsonb(t) from ringproof.%I t', v_table);
  end loop;
end
$$;

-- A function that may keep a plan, to see in which call Postgres makes one.
create or replace function ringproof.plannable(p_slot int) returns bigint
language plpgsql as $$
begin
  return (select count(*) from ringproof.ready_entries where slot = p_slot);
end
$$;
