/** Reads what `snapshot()` of harness.sql says of a schema as a database of the model. */

import {
  columns,
  NONE,
  tableNames,
  type Db,
  type LaneHead,
  type RingName,
  type Scope,
  type TableName,
  type Tables,
} from "../../src/core/index.js";
import { jobOf, laneOf, timeOf, type Binding } from "../../src/postgres/binding.js";

type Cell = number | string | null;
export type Cells = readonly Cell[];
type RingCells = readonly [cur: number, init: number, generation: number];
type HeadCells = readonly [lane: number, next: number, cursor: number, generation: number];

/** Rows as cells in the model's column order, and then what the model has no column for. */
export type Snapshot = Readonly<Record<TableName, readonly Cells[] | null>> & {
  readonly rings: Readonly<Record<RingName, RingCells>>;
  readonly laneHeads: readonly HeadCells[] | null;
};

/** The cells of a row behind its model's columns. */
const behind: { readonly [T in TableName]?: readonly ("body" | "written")[] } = {
  readyEntries: ["body", "written"],
  doneEntries: ["written"],
  receiptCompletionBatches: ["written"],
  leaseClaimClosures: ["written"],
  deferredJobs: ["body"],
  dlqEntries: ["body", "written"],
};

/** Where a row has this cell; -1 where it has none. */
export function placeOf(table: TableName, name: "body" | "written"): number {
  const place = behind[table]?.indexOf(name) ?? -1;
  return place < 0 ? -1 : columns[table].length + place;
}

/** A tick as `ticks()` of harness.sql has it. */
export const hours = (tick: number): number => timeOf(tick).getTime() / 3_600_000;

/** Column by column: ids become the model's names, times become ages and waits in ticks. */
function cell(column: string, value: Cell, b: Binding, scope: Scope): Cell {
  switch (column) {
    case "job":
      return jobOf(b, value!);
    case "lane":
      return laneOf(b, Number(value));
    case "age":
    case "beat":
      return value === null ? NONE : Math.min(hours(b.tick) - Number(value), scope.staleAfter);
    case "wait":
    case "left":
      return value === null ? NONE : Math.max(Number(value) - hours(b.tick), 0);
    default:
      return value;
  }
}

function readTable(table: TableName, rows: readonly Cells[] | null, b: Binding, scope: Scope) {
  const names = columns[table];
  const place = placeOf(table, "body");
  return (rows ?? []).map((cells) => {
    const row = Object.fromEntries(names.map((name, i) => [name, cell(name, cells[i]!, b, scope)]));
    const body = cells[place];
    return body === undefined || body === row["job"]
      ? row
      : { ...row, job: `${row["job"]} with the body of ${body}` };
  });
}

export function readSnapshot(snapshot: Snapshot, b: Binding, scope: Scope): Db {
  const { rings } = snapshot;
  const ring = ([cur, init]: RingCells) => ({ cur, init });
  const heads = (snapshot.laneHeads ?? []).map(([lane, next, cursor]): [string, LaneHead] => [
    laneOf(b, lane),
    { next, cursor },
  ]);
  const tables = Object.fromEntries(
    tableNames.map((t) => [t, readTable(t, snapshot[t], b, scope)]),
  ) as unknown as Tables;
  return {
    rings: { queue: ring(rings.queue), claim: ring(rings.claim), lease: ring(rings.lease) },
    laneHeads: Object.fromEntries(heads),
    ...tables,
  };
}
