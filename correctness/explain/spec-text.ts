/** The text of the spec by name: operators with the comments above them, and who uses whom. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { specDir } from "../explore/scope.js";
import type { Definition, Library } from "./library.js";

interface Module {
  /** The modules of the spec that it extends. */
  readonly bases: readonly string[];
  readonly definitions: readonly Definition[];
  /** The declarations of its constants, by name. */
  readonly constants: ReadonlyMap<string, string>;
}

const DEFINES = /^(\w+)(?:\(.*?\))?\s*==(?!=)/;
const ABOVE = /^(?:\\\*|\(\*|RECURSIVE)/;
const INDENTED = /^\s+\S/;

const fileOf = (module: string): string => join(specDir(), `${module}.tla`);

/** An operator ends at a blank line, or where something else begins. */
function definitionsIn(module: string, lines: readonly string[]): Definition[] {
  return lines.flatMap((line, at) => {
    const name = DEFINES.exec(line)?.[1];
    if (name === undefined) return [];
    let [from, to] = [at, at + 1];
    while (from > 0 && ABOVE.test(lines[from - 1]!)) from--;
    while (INDENTED.test(lines[to] ?? "")) to++;
    const above = lines.slice(from, at).filter((l) => !l.startsWith("RECURSIVE"));
    return [
      {
        name,
        file: `spec/${module}.tla`,
        comment: commentText(above),
        text: lines.slice(from, to).join("\n"),
        words: words(lines.slice(at, to).join("\n")),
      },
    ];
  });
}

const commentText = (lines: readonly string[]): string =>
  lines
    .map((line) => line.replace(/^\\\*\s?|^\(\*\s?|\s*\*\)$/g, "").trim())
    .join(" ")
    .trim();

const words = (text: string): ReadonlySet<string> =>
  new Set(text.replace(/\\\*.*|"[^"]*"|!\w+/g, " ").match(/\w+/g));

/** `Name  \* what it is` and the comments below it, from CONSTANTS to the blank line. */
function constantsIn(text: string): ReadonlyMap<string, string> {
  const block = /^CONSTANTS? +([^]*?)\n\n/m.exec(text)?.[1] ?? "";
  const lines = block.split("\n").map((line) => line.trim());
  return new Map(lines.map((line) => [/^\w+/.exec(line)?.[0] ?? line, line] as const));
}

const modules = new Map<string, Module>();

function moduleOf(name: string): Module {
  const known = modules.get(name);
  if (known) return known;
  const text = readFileSync(fileOf(name), "utf8");
  const named = /^EXTENDS (.*)$/m.exec(text)?.[1]?.split(/,\s*/) ?? [];
  const module = {
    bases: named.filter((base) => existsSync(fileOf(base))),
    definitions: definitionsIn(name, text.split("\n")),
    constants: constantsIn(text),
  };
  modules.set(name, module);
  return module;
}

/** The module and those that it extends, itself first. */
const chainOf = (name: string): readonly string[] => [
  name,
  ...moduleOf(name).bases.flatMap(chainOf),
];

/** Everything that a module defines, or what it extends. */
export function specLibrary(module: string): Library {
  const all = chainOf(module).flatMap((name) => moduleOf(name).definitions);
  const byName = new Map(all.map((definition) => [definition.name, definition]));
  return {
    find: (name) => byName.get(name),
    uses: ({ words }) => [...words].flatMap((word) => byName.get(word) ?? []),
  };
}

/** Whether a module is about another one, which it extends. */
export const extendsModule = (module: string, base: string): boolean =>
  chainOf(module).includes(base);

/** How the module declares this constant. */
export const constantText = (module: string, name: string): string | undefined =>
  chainOf(module)
    .map((one) => moduleOf(one).constants.get(name))
    .find((text) => text !== undefined);
