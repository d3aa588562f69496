/**
 * The rows that a storage had by its own account: what its transactions put, dropped and cleared.
 * Times are kept as points in time; what the model calls ages and waits depends on who asks, as
 * each caller brings a clock of its own.
 */

import {
  columns,
  initialState,
  NONE,
  tableNames,
  type Db,
  type RingName,
  type Scope,
  type TableName,
  type Tables,
} from "../../src/core/index.js";
import type { Cells, Change } from "./history.js";

/** A row with points in time in the columns of ages and waits; Infinity where there is none. */
export type Row = Readonly<Record<string, string | number>>;
type Rows = readonly Row[];

/** What tells two rows of a table apart. */
const keys: Readonly<Record<TableName, readonly string[]>> = {
  readyEntries: ["slot", "lane", "seq"],
  readyTombstones: ["slot", "lane", "seq"],
  attemptEvidence: ["slot", "lane", "through"],
  doneEntries: ["slot", "job", "lease"],
  receiptCompletionBatches: ["slot", "job", "lease"],
  receiptCompletionTombstones: ["slot", "job", "lease"],
  leaseClaims: ["slot", "job", "lease"],
  leaseClaimClosures: ["slot", "job", "lease"],
  leases: ["slot", "job", "lease"],
  attemptState: ["job", "lease"],
  deferredJobs: ["job"],
  dlqEntries: ["job"],
  uniqueKeys: ["job"],
};

/** No key of theirs is one of Postgres. */
const appended: ReadonlySet<TableName> = new Set(["leaseClaims", "receiptCompletionBatches"]);

export interface Stored {
  readonly tables: Readonly<Record<TableName, Rows>>;
  readonly rings: Db["rings"];
  readonly laneHeads: Db["laneHeads"];
}

export function initialRows(scope: Scope): Stored {
  const { db } = initialState(scope);
  const tables = Object.fromEntries(tableNames.map((name) => [name, [] as Rows]));
  return { tables: tables as Stored["tables"], rings: db.rings, laneHeads: db.laneHeads };
}

function rowOf(table: TableName, cells: Cells): Row {
  const names: readonly string[] = columns[table];
  return Object.fromEntries(names.map((name, i) => [name, cells[i] ?? Infinity]));
}

export const isTable = (name: string): name is TableName => name in keys;

/** The rows that a change takes away, and those that it brings. */
export interface Delta {
  readonly gone: Rows;
  readonly come: Rows;
}

function delta(table: TableName, rows: Rows, { put, drop, clear }: Change): Delta {
  if (clear !== undefined) return { gone: rows.filter((r) => r["slot"] === clear), come: [] };
  const row = rowOf(table, put ?? drop!);
  if (put && appended.has(table)) return { gone: [], come: [row] };
  const same = rows.find((r) => keys[table].every((key) => r[key] === row[key]));
  return { gone: same ? [same] : [], come: put ? [row] : [] };
}

/** A change of a ring's cursor, or of a lane's heads. */
function moved(stored: Stored, table: string, cells: Cells): Stored {
  const [name, ...values] = cells as [string, number, number];
  if (table === "rings") {
    const [cur, init] = values;
    return { ...stored, rings: { ...stored.rings, [name as RingName]: { cur, init: init! } } };
  }
  const [value] = values;
  const head = { ...stored.laneHeads[name]!, [table === "laneNext" ? "next" : "cursor"]: value };
  return { ...stored, laneHeads: { ...stored.laneHeads, [name]: head } };
}

/** The rows after some changes, and which ones they touched. */
export interface Changed {
  readonly after: Stored;
  readonly deltas: ReadonlyMap<TableName, Delta>;
}

export function changed(before: Stored, changes: readonly Change[]): Changed {
  let after = before;
  const deltas = new Map<TableName, Delta>();
  for (const change of changes) {
    const { table } = change;
    if (!isTable(table)) {
      after = moved(after, table, change.put!);
      continue;
    }
    const rows = after.tables[table];
    const { gone, come } = delta(table, rows, change);
    const rest = gone.length === 0 ? rows : rows.filter((row) => !gone.includes(row));
    after = { ...after, tables: { ...after.tables, [table]: [...rest, ...come] } };
    const known = deltas.get(table) ?? { gone: [], come: [] };
    deltas.set(table, {
      gone: [...known.gone, ...gone.filter((row) => !known.come.includes(row))],
      come: [...known.come.filter((row) => !gone.includes(row)), ...come],
    });
  }
  return { after, deltas };
}

/** The row, or the cursor, that a change is about. */
function nameOf({ table, put, drop }: Change): string {
  const cells = put ?? drop ?? [];
  if (!isTable(table)) return `${table} ${cells[0]}`;
  return `${table} ${keys[table].map((key) => cells[columns[table].indexOf(key as never)]).join()}`;
}

/** The slots that these changes clear, or that they put rows into. */
const slotsOf = (changes: readonly Change[], cleared: boolean): readonly string[] =>
  changes
    .filter(({ table, clear }) => isTable(table) && (clear !== undefined) === cleared)
    .map(({ table, clear, put, drop }) => `${table} ${clear ?? (put ?? drop)![0]}`);

/** Whether the rows depend on which of the two comes first. */
export function inEachOthersWay(a: readonly Change[], b: readonly Change[]): boolean {
  const rows = (changes: readonly Change[]) =>
    changes.filter(({ clear }) => clear === undefined).map(nameOf);
  const meet = (some: readonly string[], others: readonly string[]): boolean =>
    some.some((name) => others.includes(name));
  return (
    meet(rows(a), rows(b)) ||
    meet(slotsOf(a, true), slotsOf(b, false)) ||
    meet(slotsOf(b, true), slotsOf(a, false))
  );
}

/** The columns of each table that depend on the time at which they are read, if it has any. */
const timed: Readonly<Partial<Record<TableName, readonly string[]>>> = {
  doneEntries: ["age"],
  leaseClaims: ["age", "left"],
  leases: ["beat", "left"],
  attemptState: ["beat"],
  deferredJobs: ["wait"],
};

/** As the model reads a row at this tick. */
export function rowAt(table: TableName, row: Row, tick: number, scope: Scope): Row {
  const names = timed[table];
  if (!names) return row;
  const cells = names.map((name) => [name, span(table, row, name, tick, scope)]);
  return { ...row, ...Object.fromEntries(cells) };
}

function span(table: TableName, row: Row, column: string, tick: number, scope: Scope): number {
  const at = Number(row[column]);
  if (table === "doneEntries" && row["state"] !== "failed") return 0;
  if (at === Infinity) return NONE;
  if (column === "wait" || column === "left") return Math.max(at - tick, 0);
  const most = table === "doneEntries" ? scope.failedFloor : scope.staleAfter;
  return Math.max(Math.min(tick - at, most), 0);
}

/** The database as the model sees it at a tick; rows that did not change are the same objects. */
export class Reader {
  private readonly scope: Scope;
  private readonly read = new WeakMap<Row, { readonly tick: number; readonly row: Row }>();

  constructor(scope: Scope) {
    this.scope = scope;
  }

  at({ tables, rings, laneHeads }: Stored, tick: number): Db {
    const read = tableNames.map((name) => {
      const rows = tables[name];
      return [name, timed[name] ? rows.map((row) => this.row(name, row, tick)) : rows];
    });
    return { rings, laneHeads, ...(Object.fromEntries(read) as unknown as Tables) };
  }

  private row(table: TableName, row: Row, tick: number): Row {
    const known = this.read.get(row);
    if (known?.tick === tick) return known.row;
    const at = rowAt(table, row, tick, this.scope);
    this.read.set(row, { tick, row: at });
    return at;
  }
}
