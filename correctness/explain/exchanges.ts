/** What a bug puts in the place of what, in each language, with the right variant beside it. */

import { coreBugs } from "../mutants/core-bugs.js";
import type { KnownBug, Wrong } from "../mutants/known-bugs.js";
import type { SqlMutant } from "../mutants/sql-mutant.js";
import { coreLibrary, entryOf, sourceOf } from "./core-text.js";
import { reach, type Definition, type Library } from "./library.js";
import { lineDiff } from "./line-diff.js";
import { coreFile, STORAGE } from "./places.js";
import { constantText, specLibrary } from "./spec-text.js";
import type { Exchange } from "./story.js";

const CORE_BUGS = "correctness/mutants/core-bugs";

/** The definition, and what it needs that is written for bugs. */
function ownText(library: Library, definition: Definition, own: (file: string) => boolean): string {
  const parts = [...reach(library, definition)].filter((part) => own(part.file));
  return parts.map(({ text }) => text).join("\n\n");
}

/** Each override once, however many configurations have it. */
function inSpec(wrongs: readonly Wrong[]): Exchange[] {
  const all = wrongs.flatMap(({ entry: { module, cfg }, overrides }) =>
    Object.entries(overrides).map(([right, wrong]) => ({ module, cfg, right, wrong })),
  );
  const first = all.filter(
    ({ right, wrong }, at) => all.findIndex((o) => o.right === right && o.wrong === wrong) === at,
  );
  return first.map(({ module, cfg, right, wrong }) => {
    const library = specLibrary(module);
    const before = library.find(right)?.text ?? `CONSTANT ${constantText(module, right)}`;
    const definition = library.find(wrong)!;
    const after = ownText(library, definition, (file) => file === definition.file);
    const what = `spec/${cfg} puts ${wrong} in the place of ${right}`;
    return { layer: "TLA+", what, right: before, wrong: after };
  });
}

function inCore(name: string): Exchange[] {
  const table = coreBugs[name];
  const entry = entryOf(sourceOf(CORE_BUGS), name, "export const coreBugs");
  if (!table || !entry) return [];
  const after = ownText(coreLibrary(CORE_BUGS), entry, (file) => file.includes("/mutants/"));
  const names = Object.keys(table);
  const right = names.map((action) => coreLibrary(coreFile(STORAGE, action)).find(action)!.text);
  const what = `${entry.file} has another ${names.join(" and another ")}`;
  return [{ layer: "core", what, right: right.join("\n\n"), wrong: after }];
}

const inSql = ({ changes }: SqlMutant): Exchange[] =>
  changes.map(({ definition: { family, name, sql }, sql: wrong }) => ({
    layer: "SQL",
    what: `another ${name}, of src/postgres/sql/${family}.sql`,
    right: sql.trimEnd(),
    wrong: wrong.trimEnd(),
    diff: lineDiff(sql.trimEnd(), wrong.trimEnd()),
  }));

export const exchangesOf = ({ name, tlc, sql }: KnownBug): readonly Exchange[] => [
  ...inSpec(tlc),
  ...inCore(name),
  ...(sql ? inSql(sql) : []),
];
