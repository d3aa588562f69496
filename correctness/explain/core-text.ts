/**
 * The text of the core by name. A package holds what was built, so that there the text is that of
 * the JavaScript: the same definitions under the same names, without their types.
 */

import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { packageRoot } from "../../src/package-root.js";
import type { Definition, Library } from "./library.js";

/** A file by its path without the ending, such as `src/core/claim`. */
interface Source {
  readonly path: string;
  readonly text: string;
  readonly definitions: ReadonlyMap<string, Definition>;
  /** What is imported, by its name here: the file that it is from. */
  readonly imports: ReadonlyMap<string, string>;
}

const DEFINES = /^(?:export )?(?:async )?(const|function\*?|class|interface|type) (\w+)/;
const CLOSES = /^(?:[)\]}]|\s)/;
const IMPORTS = /^import (?:type )?\{([^}]*)\} from "(\.[^"]*)\.js";/gm;

/** The file as it was written, or as it was built where there is no other. */
function pathOf(name: string): string {
  const written = `${name}.ts`;
  return existsSync(join(packageRoot(), written)) ? written : `dist/${name}.js`;
}

const sources = new Map<string, Source>();

export function sourceOf(name: string): Source {
  const known = sources.get(name);
  if (known) return known;
  const path = pathOf(name);
  const text = readFileSync(join(packageRoot(), path), "utf8");
  const definitions = definitionsIn(path, text.split("\n"));
  const source = { path, text, definitions, imports: importsIn(name, text) };
  sources.set(name, source);
  return source;
}

/** A definition ends where the next line begins that neither goes on nor closes a bracket. */
function definitionsIn(path: string, lines: readonly string[]): ReadonlyMap<string, Definition> {
  const found = lines.flatMap((line, at): Definition[] => {
    const [, keyword, name] = DEFINES.exec(line) ?? [];
    if (name === undefined) return [];
    let to = at + 1;
    while (to < lines.length && (lines[to] === "" || CLOSES.test(lines[to]!))) to++;
    const from = beginning(lines, at);
    const text = lines.slice(from, to).join("\n").trimEnd();
    const code = lines.slice(at, to).join("\n");
    const type = /interface|type/.test(keyword!) && ({ type: true } as const);
    const comment = proseOf(lines.slice(from, at));
    return [{ name, file: path, comment, text, words: words(code), ...type }];
  });
  return new Map(found.map((definition) => [definition.name, definition]));
}

/** Where the comment above this line begins. */
function beginning(lines: readonly string[], at: number): number {
  if (!lines[at - 1]?.trimEnd().endsWith("*/")) return at;
  let from = at - 1;
  while (!lines[from]!.trimStart().startsWith("/**")) from--;
  return from;
}

const proseOf = (lines: readonly string[]): string =>
  lines
    .map((line) => line.replace(/^\s*\/\*\*\s?|^\s*\*(?!\/)\s?|\s*\*\/$/g, "").trim())
    .join(" ")
    .trim();

const words = (code: string): ReadonlySet<string> =>
  new Set(code.replace(/\/\*[^]*?\*\/|\/\/.*|"[^"\n]*"/g, " ").match(/[A-Za-z_]\w*/g));

function importsIn(name: string, text: string): ReadonlyMap<string, string> {
  const from = [...text.matchAll(IMPORTS)].flatMap(([, names = "", file = ""]) => {
    const source = posix.join(posix.dirname(name), file);
    return names.split(",").map((one) => [one.replace(/\btype /, "").trim(), source] as const);
  });
  return new Map(from.filter(([imported]) => imported !== ""));
}

/**
 * What the definitions of one file can name: those of the file, and what it imports. Types lead to
 * other types alone, though they may be those of a value.
 */
export function coreLibrary(name: string): Library {
  const names = new Map<string, string>();
  const lookUp = (file: string, word: string): Definition | undefined => {
    const source = sourceOf(file);
    names.set(source.path, file);
    const imported = source.imports.get(word);
    return source.definitions.get(word) ?? (imported ? lookUp(imported, word) : undefined);
  };
  return {
    find: (word) => lookUp(name, word),
    uses: (definition) =>
      [...definition.words].flatMap((word) => {
        const used = lookUp(names.get(definition.file) ?? name, word);
        const follows = used && used !== definition && (used.type || !definition.type);
        return follows ? used : [];
      }),
  };
}

/**
 * An entry of an object: `name: {...},` or what stands there instead. `within` is how the line
 * begins that opens the object.
 */
export function entryOf(source: Source, name: string, within: string): Definition | undefined {
  const lines = source.text.split("\n");
  const opens = lines.findIndex((line) => line.trimStart().startsWith(within));
  const starts = new RegExp(`^(\\s+)"?${name}"?: `);
  const at = lines.findIndex((line, i) => i > opens && starts.test(line));
  if (opens < 0 || at < 0) return undefined;
  const [, indent = ""] = starts.exec(lines[at]!)!;
  let to = at + 1;
  while (lines[to]!.startsWith(`${indent} `)) to++;
  if (/^[)\]}]/.test(lines[to]!.slice(indent.length))) to++;
  const code = lines.slice(at, to).join("\n");
  return { name, file: source.path, comment: "", text: code, words: words(code) };
}
