/** Dead tuples, table by table: those of a partition count for its table. */

import { setTimeout as sleep } from "node:timers/promises";
import { withCleanup } from "../../src/cleanup.js";
import { connect } from "../../src/postgres/server.js";
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

/** Sessions of others, which have yet to say what they did. */
const SESSIONS = `
  select from pg_stat_activity
  where datname = current_database() and backend_type = 'client backend'
    and application_name <> 'ringproof'`;

const LIMIT_MS = 10_000;

/** Once the others are gone where `afterwards` is given, for sessions tell what they did late. */
export async function deadTuples(url: string, afterwards = false): Promise<DeadTuples> {
  const client = await connect({ url });
  return withCleanup(
    () => client.end(),
    async () => {
      for (const end = Date.now() + LIMIT_MS; afterwards && Date.now() < end; await sleep(20))
        if ((await client.query(SESSIONS)).rowCount === 0) break;
      const { rows } = await client.query<{ name: string; dead: number }>(TABLES);
      return Object.fromEntries(rows.map(({ name, dead }) => [name, dead]));
    },
  );
}

export const total = (dead: DeadTuples, of: readonly string[] = Object.keys(dead)): number =>
  of.reduce((sum, name) => sum + (dead[name] ?? 0), 0);
