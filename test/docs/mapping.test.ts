import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  actionNames,
  actions,
  columns,
  focusedModules,
  invariants,
  stepProperties,
} from "../../src/core/index.js";
import * as core from "../../src/core/index.js";
import { packageRoot } from "../../src/package-root.js";
import { focusedTwins } from "../../src/postgres/focused-twins.js";
import { modelName } from "../../src/postgres/twin.js";
import { codeIn as code, mappingTable as table } from "../../correctness/explain/mapping.js";
import { operations } from "../../correctness/interleave/places.js";
import { furtherNames } from "../../correctness/locks/operations.js";
import { parseManifest } from "../../correctness/tlc/manifest.js";

const read = (...path: string[]) => readFileSync(join(packageRoot(), ...path), "utf8");
const spec = read("spec", "SegmentedStorage.tla");
const sqlDir = join(packageRoot(), "src", "postgres", "sql");
const sql = readdirSync(sqlDir, { recursive: true, encoding: "utf8" })
  .filter((f) => f.endsWith(".sql"))
  .map((f) => read("src", "postgres", "sql", f))
  .join("\n");

const first = (heading: string) => table(heading).map(([cell]) => cell!);

/** The configurations in which TLC must find the property violated. */
const witnesses = (property: string): string[] =>
  parseManifest(read("spec", "manifest.json"), "manifest")
    .filter((e) => e.expect.verdict === "violated" && e.expect.property === property)
    .map((e) => e.name)
    .sort();

/** The disjuncts of Next, in order. */
const next = [
  ...spec
    .split("\nNext ==")[1]!
    .split("\nSpec ==")[0]!
    .matchAll(/\\\/.*?(\w+)(?:\([^)]*\))?$/gm),
].map((m) => m[1]!);

describe("actions", () => {
  test("Next, the registry and MAPPING list the same names in the same order", () => {
    expect(next).toEqual(actionNames);
    expect(first("Actions")).toEqual(actionNames);
  });

  test.each(table("Actions"))("%s is where its row says", (name, family, file, fn, checks) => {
    const action = actions[name as keyof typeof actions];
    expect(action.family).toBe(family);
    expect(read(code(file!)[0]!)).toMatch(new RegExp(`export const ${name}\\b`));
    const [sqlName] = code(fn!);
    const meets = operations.some((operation) => operation === name);
    expect(checks).toBe(meets ? "C1 C2 C3 C4 C5 C6 C8" : "C1 C2 C4");
    if (action.family === "environment") expect(sqlName).toBeUndefined();
    else
      expect(sql).toMatch(
        new RegExp(`-- @action ${name}\\ncreate or replace function ringproof\\.${sqlName}\\(`),
      );
  });

  test("every tag in SQL names an action, once", () => {
    const tags = [...sql.matchAll(/-- @action (\w+)/g)].map((m) => m[1]!);
    const onPostgres = actionNames.filter((n) => actions[n].family !== "environment");
    expect(tags.sort()).toEqual([...onPostgres].sort());
  });
});

describe("tables", () => {
  test("every table of the model is a row, and a field of db", () => {
    expect(first("Tables")).toEqual(["rings", "laneHeads", ...Object.keys(columns)]);
    for (const name of first("Tables")) expect(spec).toMatch(new RegExp(`^  ${name} +\\|->`, "m"));
  });

  test.each(table("Tables"))("%s is in Postgres as its row says", (name, cell) => {
    for (const sqlName of code(cell!)) expect(sql).toContain(`create table ringproof.${sqlName} (`);
    if (name! in columns) expect(modelName(code(cell!)[0]!)).toBe(name);
  });
});

describe("further calls", () => {
  test("those whose locks are recorded are the rows", () => {
    expect(first("Further calls")).toEqual(furtherNames);
  });

  test.each(table("Further calls"))("%s is a function, and no action", (name, fn) => {
    const [sqlName] = code(fn!);
    expect(modelName(`_${sqlName}`)).toBe(name);
    expect(sql).toMatch(new RegExp(`create or replace function ringproof\\.${sqlName}\\(`));
    expect(sql).not.toMatch(new RegExp(`-- @action ${name}\\n`));
  });
});

describe("predicates", () => {
  test.each(table("Predicates"))("%s exists in all layers", (_, tla, ts, view) => {
    expect(spec).toMatch(new RegExp(`^${code(tla!)[0]}\\(`, "m"));
    expect(core).toHaveProperty(code(ts!)[0]!);
    expect(sql).toMatch(new RegExp(`(view|function) ringproof\\.${code(view!)[0]}\\b`));
  });
});

describe("properties", () => {
  const known = { ...invariants, ...stepProperties };
  const rows = table("Invariants and step properties");

  test("the core's properties are the rows, and operators of the spec", () => {
    expect(first("Invariants and step properties").sort()).toEqual(Object.keys(known).sort());
    for (const name of Object.keys(known)) expect(spec).toMatch(new RegExp(`^${name} ==`, "m"));
  });

  test.each(rows)("%s has a loss in the spec's words and a witness", (name, kind, _, witness) => {
    const commented = new RegExp(`\\\\\\* Otherwise [^\\n]+\\n${name} ==`);
    if (kind !== "refinement") expect(spec).toMatch(commented);
    expect(witness!.split(", ").sort()).toEqual(witnesses(name!));
  });
});

describe("focused modules", () => {
  const rows = table("Focused modules");
  const known = Object.entries(focusedModules).flatMap(([module, { losses }]) =>
    Object.keys(losses).map((property) => `${module} ${property}`),
  );

  test("every property of every focused module is a row", () => {
    expect(rows.map(([property, module]) => `${module} ${property}`).sort()).toEqual(known.sort());
  });

  test.each(rows)(
    "%s of %s has a loss in the spec's words and a witness",
    (name, module, file, by) => {
      const commented = new RegExp(`\\\\\\* Otherwise [^\\n]+\\n${name} ==`);
      expect(read("spec", `${module}.tla`)).toMatch(commented);
      expect(read(code(file!)[0]!)).toContain(`${name}: {`);
      expect(by!.split(", ").sort()).toEqual(witnesses(name!));
    },
  );
});

describe("terminal counts", () => {
  const rows = table("Terminal counts");

  test("every action of the module is a row, and names functions that are there", () => {
    expect(first("Terminal counts")).toEqual(focusedModules["TerminalCounters"]!.actions);
    for (const name of rows.flatMap(([, functions]) => code(functions!)))
      expect(sql).toMatch(new RegExp(`create or replace function ringproof\\.${name}\\(`));
  });

  test("every witness of the module is a row", () => {
    const wrong = parseManifest(read("spec", "manifest.json"), "manifest")
      .filter((e) => e.module === "WrongTerminalCounters")
      .map((e) => e.name);
    const told = first("Wrong counts").flatMap((cell) => cell.split(", "));
    expect(told.sort()).toEqual(wrong.sort());
  });
});

describe("focused actions", () => {
  const rows = table("Focused actions");
  const tags = [...sql.matchAll(/-- @focused (\w+ \w+)/g)].map((m) => m[1]!);

  test("every action of a module with a twin is a row, in the module's order", () => {
    const known = Object.keys(focusedTwins).flatMap((module) =>
      focusedModules[module]!.actions.map((action) => `${module} ${action}`),
    );
    expect(rows.map(([action, module]) => `${module} ${action}`)).toEqual(known);
  });

  test.each(rows)("%s of %s is where its row says", (name, module, fn, checks) => {
    expect(read("spec", `${module}.tla`)).toMatch(new RegExp(`^${name}(\\(.*\\))? ==`, "m"));
    const [sqlName] = code(fn!);
    const tag = `-- @focused ${module} ${name}\n(-- @action \\w+\n)?create or replace function `;
    expect(new RegExp(`${tag}ringproof\\.${sqlName}\\(`).test(sql)).toBe(sqlName !== undefined);
    expect(checks!.includes("C3")).toBe(sqlName !== undefined);
  });

  test("every tag in SQL is a row with its function; the twin knows the same actions", () => {
    const mapped = rows.filter(([, , fn]) => code(fn!).length > 0);
    expect(tags.sort()).toEqual(mapped.map(([action, module]) => `${module} ${action}`).sort());
    const twins = Object.entries(focusedTwins).flatMap(([module, { answers }]) =>
      Object.keys(answers).map((action) => `${module} ${action}`),
    );
    expect(twins.sort()).toEqual(tags.sort());
  });
});
