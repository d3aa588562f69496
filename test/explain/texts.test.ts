/** Texts are found by name, and are whole: after each, its file goes on with something else. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { coreLibrary, entryOf, sourceOf } from "../../correctness/explain/core-text.js";
import type { Definition } from "../../correctness/explain/library.js";
import { mappingTable, notesOf } from "../../correctness/explain/mapping.js";
import { actionsOf, coreFile, lossesOf, moduleNames } from "../../correctness/explain/places.js";
import { constantText, specLibrary } from "../../correctness/explain/spec-text.js";
import { auditTexts, sqlLibrary } from "../../correctness/explain/sql-text.js";
import { auditChecks } from "../../src/postgres/audit.js";
import { packageRoot } from "../../src/package-root.js";

/** The line that follows the text in its file. */
function after({ file, text }: Definition): string {
  const [, rest, more] = readFileSync(join(packageRoot(), file), "utf8").split(text);
  expect(more).toBeUndefined();
  return rest!.split("\n")[1]!;
}

const names = moduleNames.flatMap((module) =>
  [...actionsOf(module), ...Object.keys(lossesOf(module))].map((name) => [module, name] as const),
);

test.each(names)("%s.%s: the operator, with what stands above it", (module, name) => {
  const definition = specLibrary(module).find(name)!;
  const lines = definition.text.split("\n");
  const begins = lines.findIndex((line) => line.startsWith(name));
  expect(lines.slice(0, begins).every((line) => /^(\\\*|\(\*)/.test(line))).toBe(true);
  expect(lines.slice(begins + 1).every((line) => line.startsWith("  "))).toBe(true);
  expect(lines.slice(begins).join(" ")).toMatch(/==\s+\S/);
  expect(after(definition)).toMatch(/^(\S|$)/);
});

test.each(names)("%s.%s: the constant of the core, or the entry of its table", (module, name) => {
  const file = coreFile(module, name);
  const own = coreLibrary(file).find(name);
  const action = actionsOf(module).includes(name);
  const definition = own ?? entryOf(sourceOf(file), name, action ? "actions: {" : "export const")!;
  const [first = "", ...rest] = definition.text.replace(/^\/\*\*[^]*?\*\/\n/, "").split("\n");
  expect(first).toMatch(new RegExp(`^(export )?const ${name}\\b|^ +${name}: `));
  const indent = /^ */.exec(first)![0];
  expect(rest.every((line) => line.startsWith(`${indent} `) || /^ *[)\]}]/.test(line))).toBe(true);
  expect(definition.text).toMatch(/[;,]$/);
  expect(after(definition)).toMatch(new RegExp(`^(${indent}\\S| {0,${indent.length}}\\}|$)`));
});

describe("what they say of themselves", () => {
  const claim = specLibrary("WrongStorage").find("Claim")!;

  test("a module has what it extends, and knows what an operator uses", () => {
    expect(claim.file).toBe("spec/SegmentedStorage.tla");
    expect(claim.comment).toMatch(/^Receipts go to .*\.$/);
    const used = specLibrary("WrongStorage").uses(claim);
    expect(used.map(({ name }) => name)).toContain("Claimable");
    expect(used.map(({ name }) => name)).not.toContain("rows");
  });

  test("operators with operators for parameters, blocks of comments, constants", () => {
    const library = specLibrary("SegmentedStorage");
    expect(library.find("Behind")!.text).toMatch(/^\\\* The receipts behind .*\nBehind\(s, slot, /);
    expect(library.find("Spent")!.comment).toMatch(
      /^The spent question\. .*\(claim-prune-gate\)\.$/,
    );
    expect(constantText("WrongLockOrder", "Plans")).toMatch(/^Plans +\\\* sequence of /);
  });

  test("the core: what is imported, and types lead to no value", () => {
    const library = coreLibrary("src/core/registry");
    const reached = library.uses(library.find("ActionTable")!).map(({ name }) => name);
    expect(reached).toContain("ActionName");
    expect(library.uses(library.find("ActionName")!)).toEqual([]);
    expect(coreLibrary("src/core/invariants").find("oldestSlot")!.file).toBe(
      "src/core/evidence.ts",
    );
    expect(library.find("nothing")).toBeUndefined();
  });

  test("SQL: every definition as it is installed, and every check of the audit", async () => {
    const { text, comment } = sqlLibrary().find("hand_out")!;
    expect(text).toMatch(/^-- Receipts [^]*\ncreate or replace [^]*\n\$\$;$/);
    expect(comment).toMatch(/^Receipts .* as a whole\.$/);
    const checks = await auditChecks();
    expect(auditTexts().map(({ name }) => name)).toEqual(checks.map(({ name }) => name));
    for (const [at, { query }] of checks.entries())
      expect(query.trimEnd().endsWith(auditTexts()[at]!.text.split("\n").slice(2).join("\n"))).toBe(
        true,
      );
  });

  test("MAPPING.md: the notes that a cell names", () => {
    const [, , , cell] = mappingTable("Actions").find(([name]) => name === "RescueStaleReceipts")!;
    expect(notesOf(cell!)).toEqual([expect.stringMatching(/^The SQL function also .*\.$/)]);
    expect(notesOf("`claim`")).toEqual([]);
  });
});
