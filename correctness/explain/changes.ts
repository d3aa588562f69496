/** What a step changes, a line each: `-` rows that go, `+` rows that come, `x: 1 → 2`. */

import { canonical, type Plain, type Scope, type State } from "../../src/core/index.js";
import { diffDb, formatDiff } from "../report/diff.js";

type Fields = Readonly<Record<string, Plain>>;

const isSet = (value: Plain | undefined): value is readonly Plain[] => Array.isArray(value);
const isRecord = (value: Plain | undefined): value is Fields =>
  typeof value === "object" && !Array.isArray(value);
const isRow = (value: Plain): boolean =>
  !isRecord(value) || Object.values(value).every((field) => typeof field !== "object");

/** A row as its columns, or a bare value. */
function rowText(value: Plain): string {
  if (isSet(value)) return `{${value.map(rowText).join(", ")}}`;
  if (!isRecord(value)) return String(value);
  return Object.entries(value)
    .map(([column, field]) => `${column}=${rowText(field)}`)
    .join(" ");
}

const rows = (mark: "-" | "+", path: string, values: readonly Plain[]): string[] =>
  values.map((value) => `${mark} ${path}  ${rowText(value)}`);

function without(values: readonly Plain[], others: readonly Plain[]): readonly Plain[] {
  const known = new Set(others.map(canonical));
  return values.filter((value) => !known.has(canonical(value)));
}

/** What is there now and was not, or the other way round. */
function whole(mark: "-" | "+", path: string, value: Plain): string[] {
  if (isSet(value)) return rows(mark, path, value);
  if (isRow(value)) return rows(mark, path, [value]);
  return Object.entries(value).flatMap(([key, part]) => whole(mark, `${path}.${key}`, part));
}

function changed(path: string, before: Plain | undefined, after: Plain | undefined): string[] {
  if (before === undefined) return after === undefined ? [] : whole("+", path, after);
  if (after === undefined) return whole("-", path, before);
  if (canonical(before) === canonical(after)) return [];
  if (isSet(before) && isSet(after))
    return [...rows("-", path, without(before, after)), ...rows("+", path, without(after, before))];
  if (isRecord(before) && isRecord(after)) return fields(`${path}.`, before, after);
  return [`${path}: ${rowText(before)} → ${rowText(after)}`];
}

const fields = (prefix: string, before: Fields, after: Fields): string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) =>
    changed(prefix + name, before[name], after[name]),
  );

/** Of a focused module, or of whatever TLC has printed. */
export const plainChanges = (before: object, after: object): string[] =>
  fields("", before as Fields, after as Fields);

/** Of the storage model: tables first, then what workers know and what history was. */
export const storageChanges = (before: State, after: State, scope: Scope): string[] => [
  ...formatDiff(diffDb(before.db, after.db, scope)).map((line) => line.trim()),
  ...fields("env.", before.env as unknown as Fields, after.env as unknown as Fields),
];
