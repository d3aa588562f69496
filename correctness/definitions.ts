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
  /** The focused modules of which it is an action. */
  readonly modules: readonly string[];
  /** From CREATE to its last semicolon. */
  readonly sql: string;
}

const BEGINS =
  /^((?:-- @(?:action|focused) [^\n]*\n)*)create or replace (function|view) ringproof\.(\w+)/gm;
const ACTION = /^-- @action (\w+)$/gm;
const FOCUSED = /^-- @focused (\w+) /gm;

export function definitionsOf(family: string): readonly Definition[] {
  const sql = readFileSync(join(ringproofSql().dir, `${family}.sql`), "utf8");
  return [...sql.matchAll(BEGINS)].map(({ index, 1: tags = "", 2: kind, 3: name = "" }) => {
    const start = index + tags.length;
    const last = kind === "view" ? ";\n" : "$$;\n";
    const end = sql.indexOf(last, start) + last.length;
    const actions = [...tags.matchAll(ACTION)].map(([, action]) => action!);
    const modules = [...tags.matchAll(FOCUSED)].map(([, module]) => module!);
    return { family, name, actions, modules, sql: sql.slice(start, end) };
  });
}

/** In the order in which they are installed. */
export const definitions = (): readonly Definition[] =>
  ringproofSql().files.flatMap((file) => definitionsOf(file.replace(/\.sql$/, "")));

/** Those that are called for one of these actions, focused modules or functions, or by them. */
export function definitionsFor(
  all: readonly Definition[],
  callers: readonly string[],
): readonly Definition[] {
  const byName = new Map(all.map((definition) => [definition.name, definition]));
  const tagged = ({ name, actions, modules }: Definition) =>
    [name, ...actions, ...modules].some((caller) => callers.includes(caller));
  const reached = new Set(all.filter(tagged));
  for (const { sql } of reached)
    for (const [, name] of sql.matchAll(/\bringproof\.(\w+)/g)) {
      const called = byName.get(name!);
      if (called) reached.add(called);
    }
  return all.filter((definition) => reached.has(definition));
}
