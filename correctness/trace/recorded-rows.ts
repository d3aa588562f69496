/** The rows that changes add up to, and whether they are those that Postgres has in the end. */

import {
  columns,
  initialState,
  ringNames,
  tableNames,
  type Scope,
  type TableName,
} from "../../src/core/index.js";
import { tickLength } from "../../src/postgres/binding.js";
import { hours, placeOf, type Cells as Stored, type Snapshot } from "../conform/snapshot.js";
import type { Cells, Change } from "./history.js";
import type { Names } from "./names.js";
import { keyIn, keyPlaces } from "./stored.js";

/** Rows by what tells them apart; several of one key only where a table has no key. */
type Table = Map<string, Cells[]>;

export class Rows {
  private readonly tables = new Map<string, Table>();

  /** Those before the first call. */
  constructor(scope: Scope) {
    const { rings, laneHeads } = initialState(scope).db;
    for (const ring of ringNames) this.put("rings", [ring, rings[ring].cur, rings[ring].init]);
    for (const [lane, { next, cursor }] of Object.entries(laneHeads)) {
      this.put("laneNext", [lane, next]);
      this.put("laneCursor", [lane, cursor]);
    }
  }

  of(table: string): readonly Cells[] {
    return [...(this.tables.get(table)?.values() ?? [])].flat();
  }

  apply(changes: readonly Change[]): void {
    for (const { table, put, drop, clear } of changes) {
      if (drop) this.drop(table, drop);
      if (put) this.put(table, put);
      if (clear !== undefined) this.clear(table, clear);
    }
  }

  private table(name: string): Table {
    const table = this.tables.get(name) ?? new Map<string, Cells[]>();
    this.tables.set(name, table);
    return table;
  }

  private put(name: string, cells: Cells): void {
    const table = this.table(name);
    const key = keyIn(name, cells);
    const alike = keyPlaces.get(name) ? [] : (table.get(key) ?? []);
    table.set(key, [...alike, cells]);
  }

  private drop(name: string, cells: Cells): void {
    const table = this.table(name);
    const key = keyIn(name, cells);
    const rest = table.get(key)?.slice(1) ?? missing(name, cells);
    if (rest.length > 0) table.set(key, rest);
    else table.delete(key);
  }

  /** The slot is the first cell of every table that a ring partitions. */
  private clear(name: string, slot: number): void {
    const table = this.table(name);
    for (const [key, [cells]] of table) if (cells![0] === slot) table.delete(key);
  }

  /** How many rows there are in the tables of the model. */
  get size(): number {
    return tableNames.reduce((sum, table) => sum + this.of(table).length, 0);
  }

  /** What differs from a snapshot, a line per row. */
  differences(snapshot: Snapshot, names: Names): readonly string[] {
    const stored = snapshotRows(snapshot, names);
    return [...stored].flatMap(([table, rows]) => {
      const here = counted(this.of(table));
      const there = counted(rows);
      const all = [...new Set([...here.keys(), ...there.keys()])].sort();
      return all
        .filter((row) => here.get(row) !== there.get(row))
        .map((row) => `${table} ${row}: ${here.get(row) ?? 0}, not ${there.get(row) ?? 0}`);
    });
  }
}

function missing(name: string, cells: Cells): never {
  throw new Error(`the log drops a row of ${name} that is not there: ${JSON.stringify(cells)}`);
}

function counted(rows: readonly Cells[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows.map((cells) => JSON.stringify(cells)))
    counts.set(row, (counts.get(row) ?? 0) + 1);
  return counts;
}

const times = new Set(["age", "left", "beat", "wait"]);

/** `snapshot()` of harness.sql has points in time as ticks since the epoch, not quite exact. */
const tickIn = (ticks: number): number => Math.round((ticks - hours(0)) * tickLength) / tickLength;

function cellIn(table: TableName, row: Stored, column: string, at: number, names: Names) {
  const cell = row[at]!;
  const behind = (name: "body" | "key") => {
    const place = placeOf(table, name);
    return place < 0 ? undefined : (row[place] as string | null);
  };
  if (column === "job") return names.job(String(cell), behind("body"), behind("key"));
  if (column === "lane") return names.lane(Number(cell));
  return times.has(column) && cell !== null ? tickIn(Number(cell)) : cell;
}

function snapshotRows(snapshot: Snapshot, names: Names): ReadonlyMap<string, Cells[]> {
  const heads = snapshot.laneHeads ?? [];
  const ofTables = tableNames.map((table): readonly [string, Cells[]] => [
    table,
    (snapshot[table] ?? []).map((row) =>
      columns[table].map((column, at) => cellIn(table, row, column, at, names)),
    ),
  ]);
  return new Map<string, Cells[]>([
    ...ofTables,
    ["rings", ringNames.map((ring) => [ring, ...snapshot.rings[ring].slice(0, 2)])],
    ["laneNext", heads.map(([lane, next]) => [names.lane(lane), next])],
    ["laneCursor", heads.map(([lane, , cursor]) => [names.lane(lane), cursor])],
  ]);
}
