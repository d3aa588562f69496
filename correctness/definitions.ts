/** The shipped functions and views, one by one, and what calls what. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ringproofSql } from "../src/postgres/install.js";

export interface Definition {
  /** Its file, without the ending. */
  readonly family: string;
  readonly name: string;
  /** The actions that it is tagged as. */
  readonly actions: readonly string[];
  /** From CREATE to its last semicolon. */
  readonly sql: string;
}

const BEGINS =
  /^((?:-- @(?:action|focused) [^\n]*\n)*)(create or replace (function|view) ringproof\.(\w+))\b/gm;
const ACTION = /^-- @action (\w+)$/gm;

function definitionsIn(family: string, sql: string): readonly Definition[] {
  return [...sql.matchAll(BEGINS)].map(({ index, 1: tags = "", 3: kind, 4: name = "" }) => {
    const start = index + tags.length;
    const last = kind === "view" ? ";\n" : "$$;\n";
    const end = sql.indexOf(last, start) + last.length;
    const actions = [...tags.matchAll(ACTION)].map(([, action]) => action!);
    return { family, name, actions, sql: sql.slice(start, end) };
  });
}

/** In the order in which they are installed. */
export function definitions(): readonly Definition[] {
  const { dir, files } = ringproofSql();
  return files.flatMap((file) =>
    definitionsIn(file.replace(/\.sql$/, ""), readFileSync(join(dir, file), "utf8")),
  );
}

/** Those that are called for one of these actions, directly or not. */
export function definitionsFor(
  all: readonly Definition[],
  actions: readonly string[],
): readonly Definition[] {
  const byName = new Map(all.map((definition) => [definition.name, definition]));
  const reached = new Set(all.filter((one) => one.actions.some((name) => actions.includes(name))));
  for (const { sql } of reached)
    for (const [, name] of sql.matchAll(/\bringproof\.(\w+)/g)) {
      const called = byName.get(name!);
      if (called) reached.add(called);
    }
  return all.filter((definition) => reached.has(definition));
}
