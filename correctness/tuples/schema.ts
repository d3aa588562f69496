/** What an installed schema holds, as far as it can write: tables, functions, and what else can. */

import type pg from "pg";
import { readWrites, type Reading } from "./writes.js";

export interface WritingSchema {
  /** Without partitions. */
  readonly tables: readonly string[];
  /** The table of each partition. */
  readonly parents: ReadonlyMap<string, string>;
  /** What a function means that computes names from `ring_tables`. */
  readonly ringTables: readonly string[];
  /** Of every function; those that share a name are one. */
  readonly functions: ReadonlyMap<string, Reading>;
  /** What writes, or may, without a word in any function. */
  readonly hidden: readonly string[];
}

interface TableRow {
  readonly name: string;
  readonly parent: string | null;
}

interface FunctionRow {
  readonly name: string;
  readonly language: string;
  readonly body: string;
}

export async function readSchema(client: pg.Client, schema: string): Promise<WritingSchema> {
  const all = async <R extends object>(text: string): Promise<readonly R[]> =>
    (await client.query<R>(text, [schema])).rows;
  const tables = await all<TableRow>(
    `select c.relname::text as name, p.relname::text as parent
     from pg_class c
     left join pg_inherits i on i.inhrelid = c.oid
     left join pg_class p on p.oid = i.inhparent
     where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p')
     order by 1`,
  );
  const functions = await all<FunctionRow>(
    `select p.proname::text as name, l.lanname::text as language, p.prosrc as body
     from pg_proc p join pg_language l on l.oid = p.prolang
     where p.pronamespace = $1::regnamespace and p.prokind in ('f', 'p')
     order by 1`,
  );
  const { rows: ringed } = await client.query<{ name: string }>(
    `select unnest("${schema}".ring_tables(ring)) as name from "${schema}".rings`,
  );
  return {
    tables: tables.filter((t) => t.parent === null).map((t) => t.name),
    parents: new Map(tables.flatMap((t) => (t.parent === null ? [] : [[t.name, t.parent]]))),
    ringTables: ringed.map((r) => r.name),
    functions: byName(functions),
    hidden: (await all<{ what: string }>(HIDDEN)).map((r) => r.what),
  };
}

function byName(functions: readonly FunctionRow[]): Map<string, Reading> {
  const found = new Map<string, Reading>();
  for (const { name, language, body } of functions) {
    const before = found.get(name) ?? { writes: [], calls: [], unclear: [] };
    const reading = readWrites(body);
    // A body of the SQL standard is kept as a tree, and not as text.
    const foreign = !["sql", "plpgsql"].includes(language) || body.trim() === "";
    found.set(name, {
      writes: [...before.writes, ...reading.writes],
      calls: [...before.calls, ...reading.calls],
      unclear: [
        ...before.unclear,
        ...reading.unclear,
        ...(foreign ? [`a body in ${language}`] : []),
      ],
    });
  }
  return found;
}

const HIDDEN = `
  select format('a trigger on %s: %s', c.relname, t.tgname) as what
  from pg_trigger t join pg_class c on c.oid = t.tgrelid
  where c.relnamespace = $1::regnamespace and not t.tgisinternal
  union all
  select format('a rule on %s: %s', c.relname, r.rulename)
  from pg_rewrite r join pg_class c on c.oid = r.ev_class
  where c.relnamespace = $1::regnamespace and r.rulename <> '_RETURN'
  union all
  select format('a foreign key that writes: %s', x.conname)
  from pg_constraint x
  where x.connamespace = $1::regnamespace and x.contype = 'f'
    and (x.confdeltype not in ('a', 'r') or x.confupdtype not in ('a', 'r'))`;
