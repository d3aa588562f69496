/** All that there is in a schema, and what somebody might try with it. */

import type pg from "pg";
import { functionsOf, type Task } from "../../src/postgres/tasks.js";
import { schema } from "./life.js";

export interface Attempt {
  /** As in `call claim`. */
  readonly what: string;
  readonly sql: string;
}

/** Every object by the catalogs, so that a new one is there by itself. */
const attempts = `
  with relations as (
    select c.oid, c.relname, c.relkind, format('%I.%I', n.nspname, c.relname) as name,
      (select quote_ident(attname) from pg_attribute
       where attrelid = c.oid and attnum > 0 and attidentity = '' limit 1) as col
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = $1 and c.relkind not in ('i', 'I', 'c')),
  functions as (
    select p.oid, p.proname, format('%I.%I', n.nspname, p.proname) as name, (
        select coalesce(string_agg(format('null::%s', format_type(a.type, null)), ', ' order by i),
                        '')
        from unnest(p.proargtypes::oid[]) with ordinality a (type, i)) as args
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = $1)
  select 'select ' || relname as what, format('select * from %s', name) as sql from relations
  union all
  select verb || ' ' || relname, format(how, name, col)
  from relations, (values
    ('insert', 'insert into %1$s default values'), ('update', 'update %1$s set %2$s = null'),
    ('delete', 'delete from %1$s'), ('truncate', 'truncate %1$s'),
    ('share', 'lock table %1$s in access share mode'),
    ('lock', 'lock table %1$s in access exclusive mode'),
    ('alter', 'alter table %1$s add column evil int'), ('drop', 'drop table %1$s'),
    ('index', 'create index on %1$s (%2$s)'),
    ('trigger', 'create trigger evil after truncate on %1$s execute function evil.fire()'),
    ('grant', 'alter table %1$s owner to current_user'),
    ('comment', 'comment on table %1$s is null')) as v (verb, how)
  where relkind in ('r', 'p')
  union all
  select verb || ' ' || relname, format(how, name) from relations, (values
    ('alter', 'alter view %s rename to evil'), ('drop', 'drop view %s')) as v (verb, how)
  where relkind = 'v'
  union all
  select verb || ' ' || relname, format(how, name) from relations, (values
    ('next', 'select nextval(%L)'), ('last', 'select last_value from %s'),
    ('set', 'select setval(%L, 1)'), ('drop', 'drop sequence %s')) as v (verb, how)
  where relkind = 'S'
  union all
  select 'column of ' || t.typname, format('create temp table evil (a %s)', t.oid::regtype)
  from pg_type t join pg_namespace n on n.oid = t.typnamespace where n.nspname = $1
  union all
  select verb || ' ' || proname, format(how, name, args, oid::regprocedure) from functions, (values
    ('call', 'select %1$s(%2$s)'), ('alter', 'alter function %3$s security invoker'),
    ('path', 'alter function %3$s reset search_path'), ('drop', 'drop function %3$s'))
    as v (verb, how)
  union all
  select 'in the schema: ' || how, format(how, $1) from (values
    ('create table %I.evil ()'), ('create type %I.evil as (a int)'), ('create sequence %I.evil'),
    ('create view %I.evil as select 1'), ('alter schema %I rename to evil_too'), ('drop schema %I'),
    ('create function %I.pin_slot(p_ring varchar) returns int language sql as ''select 0'''))
    as v (how)
  order by 1`;

export async function attemptsOn(client: pg.Client): Promise<readonly Attempt[]> {
  return (await client.query<Attempt>(attempts, [schema])).rows;
}

/** How it ended: the SQLSTATE of its error, or `done`. Nothing of it stays. */
export async function tried(as: pg.Client, sql: string): Promise<string> {
  await as.query("begin");
  try {
    await as.query(sql);
    return "done";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  } finally {
    await as.query("rollback");
  }
}

export const forbidden = (task: Task, { what }: Attempt): boolean => {
  const [verb, name] = what.split(" ") as [string, string];
  if (verb === "call") return !functionsOf(task).includes(name);
  if (verb === "select" || verb === "share") return task !== "read" || name === "job_ids";
  return true;
};

/** What the role came through with, or was stopped at by something else than its rights. */
export async function unrefused(as: pg.Client, some: readonly Attempt[]): Promise<string[]> {
  const found: string[] = [];
  for (const { what, sql } of some) {
    const code = await tried(as, sql);
    if (code !== "42501") found.push(`${what}: ${code}`);
  }
  return found;
}

/** Every privilege on anything in the schema, and on itself, of this role and of PUBLIC. */
export async function privileges(client: pg.Client, role: string): Promise<string[]> {
  const { rows } = await client.query<{ what: string }>(
    `with objects as (
       select 'schema' as kind, nspname::text as name, nspacl as acl, 'n' as type, nspowner as owner
       from pg_namespace where nspname = $1
       union all
       select 'relation', c.relname, c.relacl, case c.relkind when 'S' then 's' else 'r' end,
              c.relowner
       from pg_class c where c.relnamespace = $1::text::regnamespace and c.relkind <> 'i'
       union all
       select 'column', format('%s.%s', c.relname, a.attname), a.attacl, null, c.relowner
       from pg_class c join pg_attribute a on a.attrelid = c.oid
       where c.relnamespace = $1::text::regnamespace and a.attacl is not null
       union all
       select 'function', proname, proacl, 'f', proowner
       from pg_proc where pronamespace = $1::text::regnamespace
       union all
       select 'type', typname, typacl, 'T', typowner
       from pg_type where typnamespace = $1::text::regnamespace and typelem = 0)
     select format('%s %s: %s', kind, name, lower(privilege_type)) as what
     from objects, aclexplode(coalesce(acl, acldefault(type::"char", owner))) a
     where a.grantee = 0 or a.grantee = (select oid from pg_roles where rolname = $2)`,
    [schema, role],
  );
  return rows.map(({ what }) => what).sort();
}

/** The same, as the task has it. */
export async function granted(client: pg.Client, task: Task): Promise<string[]> {
  const relations = `select relname as name from pg_class
    where relnamespace = $1::text::regnamespace and relkind in ('r', 'p', 'v') and $2`;
  const { rows } = await client.query<{ name: string }>(relations, [schema, task === "read"]);
  const columns = task === "maintain" ? ["job_id", "run_at"] : [];
  return [
    "schema guarded: usage",
    ...functionsOf(task).map((name) => `function ${name}: execute`),
    ...rows.map(({ name }) => `relation ${name}: select`),
    ...columns.map((column) => `column deferred_jobs.${column}: select`),
  ].sort();
}

/** Which kinds of objects there are, by the catalogs that hold them. */
export async function catalogs(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ catalog: string }>(
    `select distinct classid::regclass::text as catalog from pg_depend
     where refclassid = 'pg_namespace'::regclass and refobjid = $1::text::regnamespace
     order by 1`,
    [schema],
  );
  return rows.map(({ catalog }) => catalog);
}
