/** Where actions and properties are written: in the spec, in the core, and in SQL. */

import { actionNames, actions, focusedModules, type ActionName } from "../../src/core/index.js";
import { storageLosses } from "../mutants/known-bugs.js";
import { coreLibrary, entryOf, sourceOf } from "./core-text.js";
import { excerpt, type Definition, type Library } from "./library.js";
import { codeIn, mappingTable, notesOf } from "./mapping.js";
import { specLibrary } from "./spec-text.js";
import { auditTexts, sqlLibrary } from "./sql-text.js";
import type { Source } from "./story.js";

export const STORAGE = "SegmentedStorage";

export const moduleNames: readonly string[] = [STORAGE, ...Object.keys(focusedModules)];

export const actionsOf = (module: string): readonly string[] =>
  module === STORAGE ? actionNames : focusedModules[module]!.actions;

/** What a user loses when a property of the module breaks, by its name. */
export const lossesOf = (module: string): Readonly<Record<string, string>> =>
  module === STORAGE ? storageLosses : focusedModules[module]!.losses;

/** Those that a part of an action must not be shared with to be its own. */
function others(module: string, name: string): readonly string[] {
  if (module !== STORAGE) return actionsOf(module).filter((other) => other !== name);
  const { family } = actions[name as ActionName];
  return actionNames.filter((other) => actions[other].family !== family);
}

const found = (library: Library, names: readonly string[]): readonly Definition[] =>
  names.flatMap((name) => library.find(name) ?? []);

/** The file of the core, without its ending. */
export function coreFile(module: string, name: string): string {
  const row =
    module === STORAGE
      ? mappingTable("Actions").find(([action]) => action === name)
      : mappingTable("Focused modules").find(([, of]) => of === module);
  const cell = row?.[2] ?? "`src/core/invariants.ts`";
  return codeIn(cell)[0]!.replace(/\.ts$/, "");
}

/** An action is a constant, or an entry of the table of its module. */
function coreAction(library: Library, file: string, name: string): Definition | undefined {
  const own = library.find(name);
  return own ?? entryOf(sourceOf(file), name, "actions: {");
}

function coreOf(module: string, name: string): Source[] {
  const file = coreFile(module, name);
  const library = coreLibrary(file);
  const action = coreAction(library, file, name);
  if (!action) return [];
  const all = actionsOf(module);
  const made = library
    .uses(action)
    .filter((part) => part.file === action.file && !all.includes(part.name));
  const rest = others(module, name).flatMap((other) => {
    const home = coreFile(module, other);
    return coreAction(coreLibrary(home), home, other) ?? [];
  });
  const here = ({ file }: Definition) => module !== STORAGE || file === action.file;
  return [{ layer: "core", ...excerpt(library, [action, ...made], rest, here) }];
}

/** The functions of an action, and the cell of MAPPING.md that names them. */
function sqlNames(module: string, name: string): { names: string[]; cell: string } {
  const tables: readonly (readonly [string, (row: string[]) => string | undefined])[] = [
    ["Actions", ([action, , , fn]) => (module === STORAGE && action === name ? fn : undefined)],
    ["Focused actions", ([action, of, fn]) => (of === module && action === name ? fn : undefined)],
    [
      "Terminal counts",
      ([action, fn]) => (module === "TerminalCounters" && action === name ? fn : undefined),
    ],
  ];
  const cell = tables.flatMap(([heading, of]) => mappingTable(heading).flatMap((r) => of(r) ?? []));
  return { names: codeIn(cell[0] ?? ""), cell: cell[0] ?? "" };
}

function sqlOf(module: string, name: string): Source[] {
  const library = sqlLibrary();
  const { names, cell } = sqlNames(module, name);
  const functions = found(library, names);
  if (functions.length === 0) return [];
  const rest = others(module, name).flatMap((other) => sqlNames(module, other).names);
  const here = ({ file }: Definition) => functions.some((fn) => fn.file === file);
  const parts = excerpt(library, functions, found(library, rest), here);
  return [{ layer: "SQL", ...parts, notes: notesOf(cell) }];
}

function specOf(module: string, name: string, rest: readonly string[]): Source[] {
  const library = specLibrary(module);
  const definition = library.find(name);
  if (!definition) return [];
  return [{ layer: "TLA+", ...excerpt(library, [definition], found(library, rest)) }];
}

export const actionSources = (module: string, name: string): readonly Source[] => [
  ...specOf(module, name, others(module, name)),
  ...coreOf(module, name),
  ...sqlOf(module, name),
];

/** What stands above it in the spec, or in the core where nothing does there. */
export function actionAbout(module: string, name: string): string {
  const file = coreFile(module, name);
  const { comment = "" } = specLibrary(module).find(name) ?? {};
  return comment || (coreAction(coreLibrary(file), file, name)?.comment ?? "");
}

export function propertySources(module: string, name: string): readonly Source[] {
  const rest = [...actionsOf(module), ...Object.keys(lossesOf(module))];
  const file = coreFile(module, "");
  const library = coreLibrary(file);
  const entry = entryOf(sourceOf(file), name, "export const");
  const own = (part: Definition) => !part.type || part.file === entry?.file;
  const used = rest.flatMap((other) => {
    const home = actionsOf(module).includes(other) ? coreFile(module, other) : file;
    return coreAction(coreLibrary(home), home, other) ?? [];
  });
  return [
    ...specOf(
      module,
      name,
      rest.filter((other) => other !== name),
    ),
    ...(entry ? [{ layer: "core", ...excerpt(library, [entry], used, own) } as const] : []),
    ...auditSources(name),
  ];
}

const HEAD = "What it asks about, such as receipts and facts, is defined at the head of the file.";

/** What the audit asks of the rows that are there. */
export const auditSources = (name: string): readonly Source[] =>
  auditTexts()
    .filter((check) => check.name === name)
    .map(({ file, text }) => ({ layer: "audit", files: [file], text, uses: [], notes: [HEAD] }));
