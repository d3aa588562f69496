/**
 * The instrumented install: every `--@ label` of a function becomes a breakpoint before the
 * statement that it names, and a statement that locks rows gets one more inside, between its
 * snapshot and its locks. There is no second copy of the SQL.
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { packageRoot } from "../../src/package-root.js";
import { ringproofSql } from "../../src/postgres/install.js";
import { requalify } from "../../src/postgres/requalify.js";

const FUNCTION = /^create or replace function ringproof\.(\w+)\s*\(/gim;
const LABEL = /^( *)--@ (\w+)$/gm;
const LOCKS_ROWS = /\bfor (?:no key )?update\b|\bfor (?:key )?share\b|^\s*(?:update|delete)\b/i;

/** What the breakpoint inside a locking statement is called, behind the statement's own label. */
export const INSIDE = "+";

/** The SQL of a file with its breakpoints; the lines keep their numbers. */
export function instrument(sql: string): string {
  const functions = [...sql.matchAll(FUNCTION)];
  const labels = [...sql.matchAll(LABEL)];
  let out = "";
  let at = 0;
  for (const label of labels) {
    const name = functions.findLast(({ index }) => index < label.index)![1]!;
    const full = `${name}.${label[2]}`;
    const start = label.index + label[0].length;
    const end = statementEnd(sql, start);
    out += `${sql.slice(at, label.index)}${label[1]}perform ringproof.breakpoint('${full}');`;
    out += withBreakpointInside(sql.slice(start, end), full);
    at = end;
  }
  return out + sql.slice(at);
}

/** The semicolon that ends what begins here; of an IF or a loop, the end of its head. */
function statementEnd(sql: string, start: number): number {
  const compound = /^\s*(?:if|for|while|loop)\b/.test(sql.slice(start));
  const end = compound ? /\b(?:loop|then)\b/g : /;/g;
  end.lastIndex = start;
  return end.exec(sql)!.index;
}

/**
 * The call stands alone in its condition, so that it is made once, when the statement begins to
 * look for rows, and whether or not there are any.
 */
function withBreakpointInside(statement: string, label: string): string {
  const lock = LOCKS_ROWS.exec(statement);
  if (!lock) return statement;
  const where = ownWhere(statement, lock.index + lock[0].search(/\S/));
  if (where < 0) throw new Error(`${label} locks rows, and nobody can tell which: no WHERE`);
  const call = `(select ringproof.breakpoint('${label}${INSIDE}')) and `;
  return statement.slice(0, where) + call + statement.slice(where);
}

/** Behind the WHERE of the query that locks at this place: before it for SELECT, or else after. */
function ownWhere(statement: string, lock: number): number {
  const selects = /^for\b/i.test(statement.slice(lock));
  const places = [...statement.matchAll(/\bwhere\s/gi)].map((m) => m.index + m[0].length);
  const depth = depthAt(statement, lock);
  const same = places.filter((place) => depthAt(statement, place) === depth);
  const found = selects ? same.findLast((p) => p < lock) : same.find((p) => p > lock);
  return found ?? -1;
}

function depthAt(text: string, place: number): number {
  const before = text.slice(0, place);
  return before.split("(").length - before.split(")").length;
}

/** Defines the functions of an installed schema again, with breakpoints. */
export async function installBreakpoints(client: pg.Client, schema: string): Promise<void> {
  const { dir, files } = ringproofSql();
  const own = join(packageRoot(), "correctness", "interleave", "breakpoints.sql");
  await client.query(requalify(await readFile(own, "utf8"), schema));
  for (const file of files) {
    const sql = await readFile(join(dir, file), "utf8");
    await client.query(requalify(instrument(sql), schema));
  }
}
