/** How large the tables are, and that they do not grow while as much is produced as is done. */

import type { Queryable } from "../../src/postgres/caller.js";

/** Bytes with indexes, and dead tuples as Postgres counts them. */
export interface Size {
  readonly rings: number;
  readonly others: number;
  readonly dead: number;
}

/** What a statement of the engine truncates is in a ring: a partition. */
const sized = (schema: string): string => `
  select coalesce(sum(pg_total_relation_size(c.oid)) filter (where c.relispartition), 0)::float8
           as rings,
         coalesce(sum(pg_total_relation_size(c.oid)) filter (where not c.relispartition), 0)::float8
           as others,
         coalesce(sum(s.n_dead_tup), 0)::float8 as dead
  from pg_class c
  left join pg_stat_all_tables s on s.relid = c.oid
  where c.relnamespace = '"${schema}"'::regnamespace and c.relkind = 'r'`;

export async function sizeOf(client: Queryable, schema: string): Promise<Size> {
  const { rows } = await client.query<Size>(sized(schema));
  return rows[0]!;
}

/** What a slot more or less in use makes, and tables that autovacuum has not come to yet. */
const SLACK = 4 * 1024 ** 2;
const GROWTH = 1.5;
/** Of so few samples nobody can tell. */
const FEWEST = 8;

export class Sizes {
  private readonly samples: Size[] = [];

  add(size: Size): void {
    this.samples.push(size);
  }

  /** The median of a part of the samples, from the first to the last of them. */
  private middle(from: number, to: number): Size {
    const { length } = this.samples;
    const some = this.samples.slice(Math.floor(from * length), Math.ceil(to * length));
    const byTotal = some.toSorted((a, b) => total(a) - total(b));
    return byTotal[Math.floor(byTotal.length / 2)] ?? { rings: 0, others: 0, dead: 0 };
  }

  /** Once the load had been there for a while. */
  get first(): Size {
    return this.middle(0.25, 0.5);
  }

  get last(): Size {
    return this.middle(0.75, 1);
  }

  /** What is wrong with them. */
  get growth(): string | null {
    const [first, last] = [total(this.first), total(this.last)];
    if (this.samples.length < FEWEST || last <= GROWTH * first + SLACK) return null;
    return `the tables grew from ${megabytes(first)} to ${megabytes(last)} at constant load`;
  }
}

const total = ({ rings, others }: Size): number => rings + others;

export const megabytes = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MB`;
