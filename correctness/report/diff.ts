/** The rows in which two databases differ, table by table, as text a person can read. */

import {
  columns,
  ringNames,
  tableNames,
  type Db,
  type RingName,
  type Scope,
  type TableName,
} from "../../src/core/index.js";

export interface TableDiff {
  readonly table: string;
  /** Rows that only the expected database has. */
  readonly missing: readonly string[];
  /** Rows that only the actual database has. */
  readonly extra: readonly string[];
}

type AnyRow = Readonly<Record<string, unknown>>;

export const rowText = (table: TableName, row: object): string =>
  columns[table].map((c) => `${c}=${String((row as AnyRow)[c])}`).join(" ");

/** Rows of tables, ring cursors and lane heads, each as lines of text. */
function lines(db: Db, scope: Scope): ReadonlyMap<string, readonly string[]> {
  const ring = (name: RingName) => `${name}: cur=${db.rings[name].cur} init=${db.rings[name].init}`;
  const heads = scope.lanes.map(
    (l) => `${l}: next=${db.laneHeads[l]?.next} cursor=${db.laneHeads[l]?.cursor}`,
  );
  return new Map<string, readonly string[]>([
    ["rings", ringNames.map(ring)],
    ["laneHeads", heads],
    ...tableNames.map((t) => [t, db[t].map((row) => rowText(t, row))] as const),
  ]);
}

/** What of `a` is left once each line of `b` has taken away one like it. */
export function minus(a: readonly string[], b: readonly string[]): string[] {
  const rest = [...b];
  return a.filter((line) => {
    const at = rest.indexOf(line);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}

export function diffDb(expected: Db, actual: Db, scope: Scope): readonly TableDiff[] {
  const has = lines(actual, scope);
  return [...lines(expected, scope)]
    .map(([table, rows]) => ({
      table,
      missing: minus(rows, has.get(table)!),
      extra: minus(has.get(table)!, rows),
    }))
    .filter((d) => d.missing.length > 0 || d.extra.length > 0);
}

/** One line per differing row: `-` expected only, `+` found only. */
export const formatDiff = (diffs: readonly TableDiff[]): string[] =>
  diffs.flatMap(({ table, missing, extra }) => [
    ...missing.map((row) => `  - ${table}  ${row}`),
    ...extra.map((row) => `  + ${table}  ${row}`),
  ]);
