/** Reads what `snapshot()` of harness.sql says of a schema as a database of the model. */

import {
  columns,
  keyOf,
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
type CountCells = readonly [queue: string, state: string, bucket: number, jobs: number];
type HeadCells = readonly [lane: number, next: number, cursor: number, generation: number];

/** Rows as cells in the model's column order, and then what the model has no column for. */
export type Snapshot = Readonly<Record<TableName, readonly Cells[] | null>> & {
  readonly rings: Readonly<Record<RingName, RingCells>>;
  readonly laneHeads: readonly HeadCells[] | null;
  readonly terminalCounts: readonly CountCells[] | null;
};

type Behind = "body" | "written" | "key";

/** The cells of a row behind its model's columns. */
const behind: { readonly [T in TableName]?: readonly Behind[] } = {
  readyEntries: ["body", "written", "key"],
  doneEntries: ["written"],
  receiptCompletionBatches: ["written"],
  leaseClaimClosures: ["written"],
  deferredJobs: ["body", "key"],
  dlqEntries: ["body", "written", "key"],
  uniqueKeys: ["key"],
};

/** Where a row has this cell; -1 where it has none. */
export function placeOf(table: TableName, name: Behind): number {
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

const doneAt = columns.doneEntries.indexOf("age");
const stateAt = columns.doneEntries.indexOf("state");

/** How long ago the job of this terminal row failed, as far as the retention counts. */
const failedAge = (cells: Cells, b: Binding, { failedFloor }: Scope): number =>
  hasFailed(cells) ? Math.min(hours(b.tick) - Number(cells[doneAt]), failedFloor) : 0;

export const hasFailed = (cells: Cells): boolean => cells[stateAt] === "failed";

function readTable(table: TableName, rows: readonly Cells[] | null, b: Binding, scope: Scope) {
  const names = columns[table];
  const [bodyAt, keyAt] = [placeOf(table, "body"), placeOf(table, "key")];
  return (rows ?? []).map((cells) => {
    const row = Object.fromEntries(names.map((name, i) => [name, cell(name, cells[i]!, b, scope)]));
    if (table === "doneEntries") row["age"] = failedAge(cells, b, scope);
    const [body, key] = [cells[bodyAt], cells[keyAt]];
    const job = String(row["job"]);
    if (body !== undefined && body !== job)
      return { ...row, job: `${job} with the body of ${body}` };
    if (key !== undefined && key !== keyOf(scope, job))
      return { ...row, job: `${job} with the key ${key}` };
    return row;
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
