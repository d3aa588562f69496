/** Reads what `snapshot()` of harness.sql says of a schema as a database of the model. */

import {
  columns,
  tableNames,
  type Db,
  type LaneHead,
  type Scope,
  type TableName,
  type Tables,
} from "../../src/core/index.js";
import { jobOf, laneOf, timeOf, type Binding } from "../../src/postgres/binding.js";

type Cell = number | string;
type Cells = readonly Cell[];

/** Rows as arrays of cells in the model's column order; an empty table is null. */
export type Snapshot = Readonly<Record<TableName, readonly Cells[] | null>> & {
  readonly rings: Readonly<Record<"queue" | "claim", readonly [cur: number, init: number]>>;
  readonly laneHeads: readonly (readonly [lane: number, next: number, cursor: number])[] | null;
};

const hours = (tick: number): number => timeOf(tick).getTime() / 3_600_000;

/** Column by column: ids become the model's names, times become ages and waits in ticks. */
function cell(column: string, value: Cell, b: Binding, scope: Scope): Cell {
  switch (column) {
    case "job":
      return jobOf(b, value);
    case "lane":
      return laneOf(b, Number(value));
    case "age":
      return Math.min(hours(b.tick) - Number(value), scope.staleAfter);
    case "wait":
      return Math.max(Number(value) - hours(b.tick), 0);
    default:
      return value;
  }
}

function readTable(table: TableName, rows: readonly Cells[] | null, b: Binding, scope: Scope) {
  const names = columns[table];
  return (rows ?? []).map((cells) => {
    const row = Object.fromEntries(names.map((name, i) => [name, cell(name, cells[i]!, b, scope)]));
    const body = cells[names.length];
    return body === undefined || body === row["job"]
      ? row
      : { ...row, job: `${row["job"]} with the body of ${body}` };
  });
}

export function readSnapshot(snapshot: Snapshot, b: Binding, scope: Scope): Db {
  const ring = ([cur, init]: readonly [number, number]) => ({ cur, init });
  const heads = (snapshot.laneHeads ?? []).map(([lane, next, cursor]): [string, LaneHead] => [
    laneOf(b, lane),
    { next, cursor },
  ]);
  const tables = Object.fromEntries(
    tableNames.map((t) => [t, readTable(t, snapshot[t], b, scope)]),
  ) as unknown as Tables;
  return {
    rings: { queue: ring(snapshot.rings.queue), claim: ring(snapshot.rings.claim) },
    laneHeads: Object.fromEntries(heads),
    ...tables,
  };
}
