/** What Postgres itself counts: tuples by table, partitions with their parent, and calls. */

import type pg from "pg";
import type { Command } from "../../src/core/index.js";

/** Tuples inserted, updated and deleted, partitions truncated, and dead tuples that are there. */
export type Counts = { readonly [C in Command | "dead"]: number };

export type Counted = ReadonlyMap<string, Counts>;

interface Row extends Counts {
  readonly name: string;
  /** The files of its partitions: TRUNCATE gives each a new one. */
  readonly files: readonly string[];
}

/** Counts from `start` on, in one session whose own statistics are up to date with every look. */
export class Statistics {
  private readonly client: pg.Client;
  private readonly schema: string;
  private files = new Map<string, readonly string[]>();

  constructor(client: pg.Client, schema: string) {
    this.client = client;
    this.schema = schema;
  }

  /** Remembers the files, by which it knows what was truncated; calls are counted from here on. */
  async start(): Promise<void> {
    await this.client.query("set track_functions = 'pl'");
    this.files = new Map((await this.rows()).map(({ name, files }) => [name, files]));
  }

  async counted(): Promise<Counted> {
    const rows = await this.rows();
    return new Map(
      rows.map(({ name, files, ...counts }) => {
        const before = this.files.get(name);
        const truncate = before ? files.filter((file) => !before.includes(file)).length : 0;
        return [name, { ...counts, truncate }];
      }),
    );
  }

  async called(): Promise<ReadonlySet<string>> {
    await this.flush();
    const { rows } = await this.client.query<{ name: string }>(
      "select funcname as name from pg_stat_user_functions where schemaname = $1",
      [this.schema],
    );
    return new Set(rows.map(({ name }) => name));
  }

  /** What the session holds back goes into the counts; VACUUM would be followed by it otherwise. */
  async flush(): Promise<void> {
    await this.client.query("select pg_stat_force_next_flush()");
    await this.client.query("select pg_stat_clear_snapshot()");
  }

  private async rows(): Promise<readonly Row[]> {
    await this.flush();
    const { rows } = await this.client.query<Row>(COUNTED, [this.schema]);
    return rows;
  }
}

const COUNTED = `
  select coalesce(p.relname, c.relname)::text as name,
         sum(s.n_tup_ins)::float8 as insert, sum(s.n_tup_upd)::float8 as update,
         sum(s.n_tup_del)::float8 as delete, sum(s.n_dead_tup)::float8 as dead,
         array_agg(pg_relation_filenode(c.oid)::text) as files
  from pg_stat_all_tables s
  join pg_class c on c.oid = s.relid
  left join pg_inherits i on i.inhrelid = c.oid
  left join pg_class p on p.oid = i.inhparent
  where c.relnamespace = $1::regnamespace and c.relkind = 'r'
  group by 1
  order by 1`;
