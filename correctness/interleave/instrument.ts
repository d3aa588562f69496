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

/** A labelled statement: where it begins and ends in its file. */
export interface Labelled {
  /** As in `hand_out.read_tail`. */
  readonly label: string;
  /** Where the line with the label begins, and the text of the statement behind it. */
  readonly index: number;
  readonly indent: string;
  readonly statement: string;
  readonly end: number;
}

export function labelled(sql: string): readonly Labelled[] {
  const functions = [...sql.matchAll(FUNCTION)];
  return [...sql.matchAll(LABEL)].map((found) => {
    const name = functions.findLast(({ index }) => index < found.index)![1]!;
    const start = found.index + found[0].length;
    const end = statementEnd(sql, start);
    return {
      label: `${name}.${found[2]}`,
      index: found.index,
      indent: found[1]!,
      statement: sql.slice(start, end),
      end,
    };
  });
}

/** What a statement does about a lock that it cannot have at once, other than wait. */
export type Policy = "skip" | "nowait";

/** Of TRUNCATE nowait: it comes when the locks that it needs are held. */
export function policyOf({ statement }: Labelled): Policy | null {
  if (/\bskip locked\b/i.test(statement)) return "skip";
  return /\b(?:nowait|truncate)\b/i.test(statement) ? "nowait" : null;
}

/** The SQL with something else in the place of each labelled statement and its label. */
export function withLabelled(sql: string, written: (each: Labelled) => string): string {
  let out = "";
  let at = 0;
  for (const each of labelled(sql)) {
    out += sql.slice(at, each.index) + each.indent + written(each);
    at = each.end;
  }
  return out + sql.slice(at);
}

/** The SQL of a file with its breakpoints; the lines keep their numbers. */
export const instrument = (sql: string): string =>
  withLabelled(
    sql,
    ({ label, statement }) =>
      `perform ringproof.breakpoint('${label}');${withBreakpointInside(statement, label)}`,
  );

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

/**
 * Defines the functions of an installed schema again, with breakpoints; returns the labels of
 * statements that take locks without waiting, each with its policy.
 */
export async function installBreakpoints(
  client: pg.Client,
  schema: string,
): Promise<ReadonlyMap<string, Policy>> {
  const { dir, files } = ringproofSql();
  const tries = new Map<string, Policy>();
  for (const file of files) {
    const sql = await readFile(join(dir, file), "utf8");
    await client.query(requalify(instrument(sql), schema));
    for (const each of labelled(sql)) {
      const policy = policyOf(each);
      if (policy) tries.set(each.label, policy).set(each.label + INSIDE, policy);
    }
  }
  // Behind settings.sql, which says how every function there is planned.
  const own = join(packageRoot(), "correctness", "interleave", "breakpoints.sql");
  await client.query(requalify(await readFile(own, "utf8"), schema));
  return tries;
}
