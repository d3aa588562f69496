/** What rows, keys and relations are called in a plan: the same on every machine. */

import type pg from "pg";
import type { Binding } from "../../src/postgres/binding.js";

export interface Relation {
  readonly oid: number;
  /** Of an index, the table that it is of. */
  readonly name: string;
  readonly index: boolean;
  /** As in pg_class; of a TOAST table `t`. */
  readonly kind: string;
  /** The table of an index, or itself. */
  readonly whole: number;
  /** What Postgres calls a TOAST table. */
  readonly toast: string;
}

export interface UniqueIndex {
  readonly relation: number;
  readonly name: string;
  readonly columns: readonly string[];
}

export type Row = Readonly<Record<string, unknown>>;

/** Who is there before the call; what it adds by itself comes after them. */
export interface Cast {
  readonly binding: Binding;
  /** The id of the next new job. */
  readonly nextId: number;
  readonly lanes: ReadonlyMap<number, string>;
  readonly nextLane: number;
}

export class Names {
  private readonly relations: ReadonlyMap<number, Relation>;
  private readonly uniques: ReadonlyMap<number, readonly UniqueIndex[]>;

  private constructor(relations: readonly Relation[], uniques: readonly UniqueIndex[]) {
    this.relations = new Map(relations.map((r) => [r.oid, r]));
    const ofRelation = ({ oid }: Relation) => uniques.filter((u) => u.relation === oid);
    this.uniques = new Map(relations.map((r) => [r.oid, ofRelation(r)]));
  }

  static async read(client: pg.Client, schema: string): Promise<Names> {
    const relations = await client.query<Relation>(`select * from "${schema}".lockable_relations`);
    const uniques = await client.query<UniqueIndex>(`select * from "${schema}".unique_indexes`);
    return new Names(relations.rows, uniques.rows);
  }

  relation(oid: number): Relation | undefined {
    return this.relations.get(oid);
  }

  /** As a statement names it. */
  sqlName(oid: number, schema: string): string {
    const { kind, name, toast } = this.relations.get(oid)!;
    return kind === "t" ? `pg_toast."${toast}"` : `"${schema}"."${name}"`;
  }

  uniqueIndexes(oid: number): readonly UniqueIndex[] {
    return this.uniques.get(oid) ?? [];
  }

  /** A row by its primary key. */
  rowName(oid: number, row: Row, cast: Cast): string {
    const { name } = this.relations.get(oid)!;
    const columns = this.uniqueIndexes(oid)[0]?.columns ?? Object.keys(row);
    return `${name}#${this.values(name, columns, row, cast)}`;
  }

  keyName(index: UniqueIndex, row: Row, cast: Cast): string {
    const { name } = this.relations.get(index.relation)!;
    return `${index.name}#${this.values(name, index.columns, row, cast)}`;
  }

  /** The slot is in the name of a partition already. */
  private values(table: string, columns: readonly string[], row: Row, cast: Cast): string {
    const said = columns.filter((c) => !(c === "slot" && table.endsWith(`_${String(row[c])}`)));
    return said.map((column) => valueName(column, row[column], cast)).join("/");
  }

  advisoryName([space, id]: readonly [number, number]): string {
    return `advisory#${this.relations.get(space)?.name ?? space}/${id}`;
  }
}

const BUCKETS = 256;

function valueName(column: string, value: unknown, cast: Cast): string {
  const { binding, lanes, nextLane } = cast;
  if (column === "lane_id") return nameIn(lanes, Number(value), nextLane);
  if (column === "job_id") return jobName(Number(value), cast);
  if (column === "bucket") {
    const ids = [...binding.jobs.keys()].map(Number);
    return jobName(ids.find((id) => id % BUCKETS === Number(value)) ?? Number(value), cast);
  }
  return String(value);
}

const nameIn = (known: ReadonlyMap<number, string>, id: number, next: number): string =>
  known.get(id) ?? `new${id - next + 1}`;

const jobName = (id: number, { binding, nextId }: Cast): string =>
  binding.jobs.get(String(id)) ?? `new${id - nextId + 1}`;
