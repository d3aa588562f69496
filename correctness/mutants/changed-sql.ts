/** The shipped SQL with one text replaced: how bugs are planted in Postgres. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ringproofSql } from "../../src/postgres/install.js";

/** One definition of a family file with a change; a change that no longer applies is an error. */
export function changedSql(file: string, name: string, from: string, to: string): string {
  const text = readFileSync(join(ringproofSql().dir, `${file}.sql`), "utf8");
  const start = new RegExp(`^create or replace (function|view) ringproof\\.${name}\\b`, "m");
  const found = start.exec(text);
  const last = found?.[1] === "view" ? ";\n" : "$$;\n";
  const body = text.slice(found?.index, text.indexOf(last, found?.index) + last.length);
  if (!found || body.split(from).length !== 2) throw new Error(`${name}: no single ${from}`);
  return body.replace(from, to);
}
