/** Which labelled statements the operations can come to, and which of them no plan shows. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { actionNames, type ActionName } from "../../src/core/index.js";
import { ringproofSql } from "../../src/postgres/install.js";
import { labelled } from "../interleave/instrument.js";

const DEFINITION =
  /^(?:-- @(?:action|focused) [^\n]*\n)*create or replace (?:function|view) ringproof\.(\w+)/gm;
const ACTION = /^-- @action (\w+)$/gm;

/** A function or a view, and what its text names. */
interface Definition {
  readonly name: string;
  readonly actions: readonly string[];
  readonly text: string;
}

function definitionsOf(sql: string): readonly Definition[] {
  const found = [...sql.matchAll(DEFINITION)];
  return found.map((match, i) => ({
    name: match[1]!,
    actions: [...match[0].matchAll(ACTION)].map(([, action]) => action!),
    text: sql.slice(match.index + match[0].length, found[i + 1]?.index),
  }));
}

/** The labels of everything that these operations call, directly or not. */
export function labelsOf(
  files: readonly string[],
  operations: readonly ActionName[],
): ReadonlySet<string> {
  const all = files.flatMap(definitionsOf);
  const byName = new Map(all.map((definition) => [definition.name, definition]));
  const roots = all.filter(({ actions }) => operations.some((name) => actions.includes(name)));
  const reached = new Set(roots);
  for (const { text } of reached) {
    for (const [, name] of text.matchAll(/\bringproof\.(\w+)/g)) {
      const definition = byName.get(name!);
      if (definition) reached.add(definition);
    }
  }
  const names = new Set([...reached].map(({ name }) => name));
  const labels = files.flatMap((sql) => labelled(sql)).map(({ label }) => label);
  return new Set(labels.filter((label) => names.has(label.split(".")[0]!)));
}

export async function shippedSql(): Promise<readonly string[]> {
  const { dir, files } = ringproofSql();
  return Promise.all(files.map((file) => readFile(join(dir, file), "utf8")));
}

/** What no operation of the model calls: claimers, counts, passes of rescue over a whole ring. */
export async function outside(): Promise<readonly string[]> {
  const files = await shippedSql();
  const inside = labelsOf(files, actionNames);
  return files
    .flatMap((sql) => labelled(sql))
    .map(({ label }) => label)
    .filter((label) => !inside.has(label));
}
