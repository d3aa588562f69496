import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, join, posix } from "node:path";
import { describe, expect, test } from "vitest";
import { packageRoot } from "../../src/package-root.js";

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: packageRoot(),
  encoding: "utf8",
})
  .split("\n")
  .filter((f) => f !== "" && f !== "package-lock.json");

const read = (file: string) => readFileSync(join(packageRoot(), file), "utf8");
const ending = (...endings: string[]) => files.filter((f) => endings.some((e) => f.endsWith(e)));
const source = ending(".ts", ".sql", ".tla", ".cfg");

test("only the agreed names stand at the top", () => {
  const top = [...new Set(files.map((f) => f.split("/")[0]!))].filter((f) => !f.startsWith("."));
  expect(top.sort()).toEqual(
    ["LICENSE", "MAPPING.md", "README.md", "correctness", "package.json", "spec", "src", "test"]
      .concat("tsconfig.json")
      .sort(),
  );
});

describe("lines and lengths", () => {
  test.each(source)("%s: at most 100 columns, no tabs, no trailing blanks", (file) => {
    const bad = read(file)
      .split("\n")
      .flatMap((line, i) =>
        line.length > 100 || /\t|\s$/.test(line) ? [`${i + 1}: ${line}`] : [],
      );
    expect(bad).toEqual([]);
  });

  test.each(ending(".ts").filter((f) => f.startsWith("src/") || f.startsWith("correctness/")))(
    "%s: at most 250 lines, functions of at most 70",
    (file) => {
      const lines = read(file).split("\n");
      expect(lines.length).toBeLessThanOrEqual(251);
      expect(longFunctions(lines)).toEqual([]);
    },
  );
});

/** Functions and methods by their indentation: the opening line, to the brace under it. */
function longFunctions(lines: readonly string[]): string[] {
  const opening = /^(\s*)(export )?(async )?(private |static )?(async )?(function\*? )?\w+.*\{$/;
  return lines.flatMap((line, start) => {
    const indent = opening.exec(line)?.[1];
    if (indent === undefined || /^\s*(export )?(abstract )?(class|interface|describe)/.test(line))
      return [];
    const length = lines.slice(start).findIndex((l) => l.startsWith(`${indent}}`));
    return length > 70 ? [line.trim()] : [];
  });
}

describe("layers", () => {
  const imports = (file: string) => [...read(file).matchAll(/from "([^"]+)"/g)].map((m) => m[1]!);

  test.each(files.filter((f) => f.startsWith("src/core/")))("%s imports the core only", (file) => {
    for (const from of imports(file))
      expect(posix.join(posix.dirname(file), from)).toMatch(/^src\/core\/.*\.js$/);
  });

  test.each(files.filter((f) => f.startsWith("src/memory/")))("%s knows no core", (file) => {
    for (const from of imports(file)) expect(from).toMatch(/^\.\/[\w-]+\.js$/);
  });

  test.each(files.filter((f) => f.startsWith("src/postgres/")))("%s knows no check", (file) => {
    for (const from of imports(file)) expect(from).not.toMatch(/correctness/);
  });
});

describe("SQL", () => {
  const families = files.filter((f) => /^src\/postgres\/sql\/(?!schema)\w+\.sql$/.test(f));

  test.each(families)("%s: time is an argument", (file) => {
    expect(read(file)).not.toMatch(/\b(now|clock_timestamp|statement_timestamp)\s*\(\s*\)/i);
    expect(read(file)).not.toMatch(/\bcurrent_timestamp\b/i);
  });

  test.each(families)("%s: several rows are locked in a stated order", (file) => {
    for (const statement of read(file).split(";")) {
      if (!/\bfor update\b/i.test(statement.replace(/--[^\n]*/g, ""))) continue;
      const key = "(h\\.)?(lane_id|ring) = \\w+|slot = .+ and lane_id = .+ and receipt_seq = .+";
      const single = new RegExp(`where (${key})\\s+for update`, "is");
      if (!single.test(statement)) expect(statement).toMatch(/order by[^;]*for update/is);
    }
  });

  test.each(families)("%s: an exception handler names its condition", (file) => {
    expect(read(file)).not.toMatch(/when others/i);
  });
});

test("every operation takes the clock", () => {
  for (const file of ending(".sql").filter((f) => f.startsWith("src/")))
    for (const [, args] of read(file).matchAll(
      /-- @(?:action|focused) [\w ]+\ncreate or replace function [\w.]+\(([^)]*)\)/g,
    ))
      expect(args).toMatch(/p_now timestamptz/);
});

describe("start states come from calls, never from rows typed into a check", () => {
  const schema = ending(".sql").filter((f) => f.startsWith("src/"));
  const tables = schema.flatMap((f) =>
    [...read(f).matchAll(/create table ringproof\.(\w+)/g)].map((m) => m[1]!),
  );
  /** With or without a schema, and of one partition, too. */
  const into = String.raw`(?:insert into|copy) (?:[^\s.]+\.)?"?`;
  const typed = (text: string) =>
    tables.filter((table) => new RegExp(`${into}${table}(?:_\\d+)?\\b`, "i").test(text));
  /** Wrong rows, for whoever is to find them; other storage than this; and what such rows hide. */
  const others = [
    "test/postgres/audit.mutants.test.ts",
    "test/postgres/counts.mutants.test.ts",
    "test/postgres/fixtures/version-1.sql",
    "test/mutants/seeded-fixture.mutants.test.ts",
  ];
  const checks = ending(".ts", ".sql").filter((f) => /^(test|correctness\/(?!spike))/.test(f));

  test.each(checks.filter((f) => !others.includes(f)))("%s", (file) => {
    expect(typed(read(file))).toEqual([]);
  });

  test.each(others)("%s types some, so the rule finds them", (file) => {
    expect(typed(read(file))).not.toEqual([]);
  });
});

test("no word that hides what a thing is", () => {
  const banned = /\b(Broken|Old|Utils?|Helpers?|Manager|Misc)\w*\b/;
  for (const file of source) expect(basename(file)).not.toMatch(banned);
});
