/** The shipped functions and views, one by one. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ringproofSql } from "../../src/postgres/install.js";

export interface Definition {
  /** The family: the file without its ending. */
  readonly family: string;
  readonly name: string;
  /** From CREATE to its last semicolon. */
  readonly sql: string;
}

const BEGINS = /^create or replace (function|view) ringproof\.(\w+)\b/gm;

export function definitionsIn(family: string, sql: string): readonly Definition[] {
  return [...sql.matchAll(BEGINS)].map(({ index, 1: kind, 2: name }) => {
    const last = kind === "view" ? ";\n" : "$$;\n";
    const end = sql.indexOf(last, index) + last.length;
    return { family, name: name!, sql: sql.slice(index, end) };
  });
}

export function definitions(): readonly Definition[] {
  const { dir, files } = ringproofSql();
  return files.flatMap((file) =>
    definitionsIn(file.replace(/\.sql$/, ""), readFileSync(join(dir, file), "utf8")),
  );
}
