/** Dead tuples, table by table: those of a partition count for its table. */

import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { tables } from "../../src/postgres/tables.js";

export type DeadTuples = Readonly<Record<string, number>>;

/** Tables of the engine that see neither UPDATE nor DELETE. */
export const appendOnly: readonly string[] = Object.entries(tables)
  .filter(([, contract]) => !contract.update && !contract.delete)
  .map(([name]) => name);

const TABLES = `
  select coalesce(parent.relname, own.relname) as name, sum(n_dead_tup)::float as dead
  from pg_stat_user_tables s
  join pg_class own on own.oid = s.relid and own.relkind = 'r'
  left join pg_inherits i on i.inhrelid = s.relid
  left join pg_class parent on parent.oid = i.inhparent
  group by 1 order by 1`;

/** Sessions of contestants. */
const SESSIONS = `
  select from pg_stat_activity
  where datname = current_database() and backend_type = 'client backend'
    and application_name <> 'ringproof'`;

const LIMIT_MS = 10_000;

/** In the database of this connection. */
export async function deadTuples(client: pg.Client): Promise<DeadTuples> {
  const { rows } = await client.query<{ name: string; dead: number }>(TABLES);
  return Object.fromEntries(rows.map(({ name, dead }) => [name, dead]));
}

/** Once everybody else has left, for sessions may tell what they did as late as that. */
export async function deadTuplesLeft(client: pg.Client): Promise<DeadTuples> {
  for (const end = Date.now() + LIMIT_MS; Date.now() < end; await sleep(20))
    if ((await client.query(SESSIONS)).rowCount === 0) break;
  return deadTuples(client);
}

export const total = (dead: DeadTuples, of: readonly string[] = Object.keys(dead)): number =>
  of.reduce((sum, name) => sum + (dead[name] ?? 0), 0);
