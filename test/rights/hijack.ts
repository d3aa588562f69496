/**
 * What a role can put in the way of names that are not qualified: operators and functions that fit
 * better than those of Postgres, in a schema of its own, and temporary types and views. Each says
 * with whose rights it ran, even if nothing else comes of that.
 */

import type pg from "pg";

const OPERATORS = `
  select o.oprname as op, o.oprleft::regtype as l, o.oprright::regtype as r,
         o.oprresult::regtype as result
  from pg_operator o
  where o.oprnamespace = 'pg_catalog'::regnamespace
    and o.oprleft = any ('{int4,int8,text,timestamptz,interval,numeric,bool}'::regtype[])
    and o.oprright = any ('{int4,int8,text,timestamptz,interval,numeric,bool}'::regtype[])`;

/** Functions that the SQL calls, for types for which Postgres has none that fit as well. */
const FUNCTIONS = [
  ["array_length", "bigint[], int", "int", "1"],
  ["cardinality", "bigint[]", "int", "0"],
  ["cardinality", "int[]", "int", "0"],
  ["cardinality", "text[]", "int", "0"],
  ["array_position", "bigint[], bigint", "int", "1"],
  ["array_remove", "text[], text", "text[]", "null"],
  ["array_fill", "text, int[]", "text[]", "null"],
  ["format", "text, text", "text", "''"],
  ["format", "text, text, int", "text", "''"],
  ["jsonb_build_object", "text, text", "jsonb", "'{}'"],
  ["current_setting", "text", "text", "'read committed'"],
  ["unnest", "bigint[]", "setof bigint", "1"],
  ["unnest", "text[]", "setof text", "''"],
] as const;

/** As the owner of the database: where the role `as` may put what it likes. */
export async function makeRoom(owner: pg.Client, as: string): Promise<void> {
  await owner.query(`
    drop schema if exists evil cascade;
    create schema evil authorization ${as};
    grant usage on schema evil to public;
    create function evil.fire() returns trigger language plpgsql as 'begin return null; end'`);
}

/** Always true. */
const NOTE = `
  create or replace function evil.note(how text) returns boolean language plpgsql as $$
  begin
    raise notice '% ran %', current_user, how;
    return true;
  end
  $$`;

/**
 * As that role: everything that could run with the rights of somebody else; returns what did, as
 * it comes.
 */
export async function hijack(as: pg.Client, role: string): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  as.on("notice", ({ message = "" }) => {
    if (/^\w+ ran /.test(message) && !message.startsWith(`${role} ran `)) seen.add(message);
  });
  await as.query(NOTE);
  const { rows } = await as.query<Readonly<Record<"op" | "l" | "r" | "result", string>>>(OPERATORS);
  const operators = rows.map(({ op, l, r, result }, i) => {
    const body = `select $1 operator(pg_catalog.${op}) $2 from evil.note(''${op} ${l} ${r}'')`;
    return `create function evil.operator_${i}(${l}, ${r}) returns ${result} language sql
        as '${body}';
      create operator evil.${op} (leftarg = ${l}, rightarg = ${r}, function = evil.operator_${i})`;
  });
  const functions = FUNCTIONS.map(([name, args, result, value]) => {
    const body = `select ${value.replaceAll("'", "''")}::${result.replace("setof ", "")}`;
    return `create function evil.${name}(${args}) returns ${result} language sql
      as '${body} from evil.note(''${name}'')'`;
  });
  await as.query([...operators, ...functions].join(";\n"));
  await as.query("set search_path to evil, pg_catalog");
  await temporary(as);
  return seen;
}

/** Temporary types and relations are found first wherever pg_temp is not named. */
async function temporary(as: pg.Client): Promise<void> {
  for (const type of ["text", "jsonb", "timestamptz", "name"])
    await as.query(`create domain pg_temp.${type} as pg_catalog.${type}
      check (evil.note('domain ${type}'))`);
  for (const view of ["pg_locks", "pg_stat_activity", "pg_database", "pg_class"])
    await as.query(
      `create temp view ${view} as select v.* from pg_catalog.${view} v
         where evil.note('view ${view}');
       grant select on ${view} to public`,
    );
}
