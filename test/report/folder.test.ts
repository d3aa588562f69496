/** The report folder: JUnit that parses, a page that needs nothing else, a bundle per finding. */

import { XMLParser } from "fast-xml-parser";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import type { Finding } from "../../correctness/claims.js";
import { UserError } from "../../src/errors.js";
import { finding, holding, ran, result } from "../cli/fixture.js";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "ringproof-test-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
});

/** Text that is special in XML, in HTML, or in neither. */
const nasty: Finding = {
  title: `<script src="http://evil.example/x.js"></script> & ]]> "quoted" 'too'`,
  lines: ["\x1b[31mred\x1b[0m", "a null \0, a bell \x07 and a beam \u{1f680}", "</pre><b>"],
  replay: "ringproof conform slots",
};

const others = {
  C2: async () => {
    throw new UserError("There is no <Java>.", "Install it & run again.");
  },
  C3: async () => result("C3", "violated", [finding, nasty]),
};

const read = (file: string) => readFileSync(join(dir, file), "utf8");

interface Suite {
  readonly name: string;
  readonly testcase: readonly Record<string, string>[];
}

/** What a parser of XML that is not ours sees. */
function junit(): { suites: string[]; cases: [string, string, string][] } {
  const isArray = (name: string) => ["testsuite", "testcase"].includes(name);
  const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: "", isArray });
  const document = parser.parse(read("junit.xml"), true) as {
    testsuites: { testsuite: Suite[] };
  };
  const suites = document.testsuites.testsuite;
  const kind = (one: object) => ["failure", "error"].find((word) => word in one) ?? "passed";
  return {
    suites: suites.map(({ name }) => name),
    cases: suites.flatMap(({ testcase }) =>
      testcase.map((c): [string, string, string] => [c["classname"]!, c["name"]!, kind(c)]),
    ),
  };
}

test("JUnit: a suite per claim, a case per row and one for the claim", async () => {
  expect((await ran(["check", "--report", dir], holding(others))).code).toBe(1);
  const { suites, cases } = junit();
  const ids = ["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "versions"];
  expect(suites.map((name) => name.split(" ")[0])).toEqual(ids);
  expect(cases).toEqual([
    ["C1", "small", "passed"],
    ["C1", "the model keeps its word", "passed"],
    ["C2", "the core is the model", "error"],
    ["C3", "small", "failure"],
    ["C3", "Postgres does what the core says", "failure"],
    ["C4", "small", "passed"],
    ["C4", "all stay equal on long runs", "passed"],
    ["C5", "small", "passed"],
    ["C5", "some order explains what comes out", "passed"],
    ["C6", "small", "passed"],
    ["C6", "the plans are the locks", "passed"],
    ["C7", "small", "passed"],
    ["C7", "bugs are found", "passed"],
    ["C8", "small", "passed"],
    ["C8", "histories are explained", "passed"],
    ["versions", "small", "passed"],
    ["versions", "older servers do the same", "passed"],
  ]);
});

test("the page needs nothing from elsewhere, and no text of a finding becomes markup", async () => {
  await ran(["check", "--report", dir], holding(others));
  const page = read("index.html");
  const markup = page.match(/<[^>]*>/g)!.join("\n");
  expect(markup).not.toMatch(/https?:|src=|<script|<link|@import|url\(/);
  expect(page).not.toMatch(/@import|url\(/);
  expect(page).toContain("&lt;script src=&quot;http://evil.example/x.js&quot;>");
  for (const text of [finding.title, ...finding.lines, "npx ringproof conform slots"])
    expect(page).toContain(text);
  for (const word of ["holds", "violated", "not run", "12,345"]) expect(page).toContain(word);
});

test("a bundle per finding says what it was found on and how to see it again", async () => {
  await ran(["check", "--seed", "7", "--report", dir], holding(others));
  const files = readdirSync(dir).sort();
  expect(files).toEqual(["finding-C3-1.json", "finding-C3-2.json", "index.html", "junit.xml"]);
  const bundle = JSON.parse(read("finding-C3-1.json"));
  expect(bundle).toMatchObject({ claim: "C3", tier: "quick", seed: 7, ...finding });
  expect(bundle.spec).toMatch(/^[0-9a-f]{64}$/);
  expect(bundle.sql).toMatch(/^[0-9a-f]{64}$/);
  expect(JSON.parse(read("finding-C3-2.json"))).toMatchObject(nasty);
});

test("an earlier report goes away, whatever else is there stays", async () => {
  writeFileSync(join(dir, "notes.txt"), "mine");
  await ran(["check", "--report", dir], holding(others));
  await ran(["check", "--report", dir]);
  expect(readdirSync(dir).sort()).toEqual(["index.html", "junit.xml", "notes.txt"]);
  expect(junit().cases.map(([, , kind]) => kind)).not.toContain("failure");
});

test("a run that ends early leaves no verdict of an earlier one", async () => {
  await ran(["check", "--report", dir]);
  const C1 = async () => {
    throw new TypeError("a mistake");
  };
  expect((await ran(["check", "--report", dir], holding({ C1 }))).code).toBe(2);
  expect(readdirSync(dir)).toEqual([]);
});
