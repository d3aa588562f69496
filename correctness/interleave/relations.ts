/** The relations of an installed schema, by their names. */

import type pg from "pg";

export interface Relations {
  /** Names of tables by their oids and those of their indexes. */
  readonly nameOf: ReadonlyMap<number, string>;
  /** Of a partition, the table that it is part of. */
  readonly tableOf: ReadonlyMap<string, string>;
}

export async function relationsOf(client: pg.Client, schema: string): Promise<Relations> {
  const { rows } = await client.query<{ oid: number; name: string; whole: string }>(
    `select c.oid::int, t.relname as name,
            coalesce((select p.relname from pg_inherits h join pg_class p on p.oid = h.inhparent
                      where h.inhrelid = t.oid), t.relname) as whole
     from pg_class c
     left join pg_index i on i.indexrelid = c.oid
     join pg_class t on t.oid = coalesce(i.indrelid, c.oid)
     where t.relnamespace = $1::regnamespace and t.relkind in ('r', 'p')
       and t.relname <> 'saved'`,
    [schema],
  );
  return {
    nameOf: new Map(rows.map(({ oid, name }) => [oid, name])),
    tableOf: new Map(rows.map(({ name, whole }) => [name, whole])),
  };
}
