import { readFileSync } from "node:fs";
import type pg from "pg";
import { expect, test } from "vitest";
import { configs } from "../../correctness/conform/claim.js";
import { focusedConfigs } from "../../correctness/conform/focused-claim.js";
import { FocusedWalker } from "../../correctness/conform/focused.js";
import { newTally } from "../../correctness/conform/tally.js";
import { modelled } from "../../correctness/explore/model.js";
import { readConstants } from "../../correctness/explore/scope.js";
import { pairs } from "../../correctness/interleave/cases.js";
import { triples } from "../../correctness/interleave/triples.js";
import { readPlans } from "../../correctness/locks/files.js";
import { allOperations } from "../../correctness/locks/operations.js";
import { readmeFile, withTables } from "../../correctness/report/models.js";
import {
  readManifest,
  type ExpectHolds,
  type ManifestEntry,
} from "../../correctness/tlc/manifest.js";
import { manifestFile, positive, upTo } from "../../correctness/tlc/suite.js";
import { shapes } from "../../correctness/witness/shapes.js";
import * as library from "../../src/index.js";
import * as memory from "../../src/memory/index.js";
import { focusedModules } from "../../src/core/index.js";
import { focusedTwins } from "../../src/postgres/focused-twins.js";

const readme = readFileSync(readmeFile(), "utf8");

test("the generated tables say what the manifest says: npm run docs", async () => {
  expect(await withTables(readme)).toBe(readme);
  expect(readme.match(/<!-- end -->/g)).toHaveLength(2);
});

/** How many states C3 visits: where a module has a twin, those that the twin can reach. */
async function statesOf({
  module,
  cfg,
  expect: { distinct },
}: ManifestEntry & { expect: ExpectHolds }) {
  const twin = focusedTwins[module];
  if (!twin) return distinct;
  const constants = await readConstants(cfg);
  const machine = focusedModules[module]!.machine(constants);
  const options = { schema: "", module, machine, constants, twin, tally: newTally() };
  return new FocusedWalker({} as pg.Client, options).graph.states.length;
}

test("the table that check prints has the manifest's numbers", async () => {
  const quick = (await readManifest(manifestFile())).filter(upTo("quick"));
  const held = quick.filter(positive).filter(modelled);
  const sum = (of: (e: ExpectHolds) => number, some = held) =>
    some.reduce((total, e) => total + of(e.expect as ExpectHolds), 0).toLocaleString("en");
  const edges = (e: ExpectHolds) => Object.values(e.edges).reduce((a, b) => a + b, 0);
  const put = [...configs.quick, ...focusedConfigs.quick];
  const tried = held.filter((e) => put.includes(e.name));
  const positives = quick.filter(positive).length;
  expect(readme).toContain(`${positives} configs, ${quick.length - positives} negative configs `);
  expect(readme).toContain(`${sum((e) => e.distinct)} states, ${sum(edges)} edges `);
  const visited = await Promise.all(tried.map(statesOf));
  const states = visited.reduce((a, b) => a + b, 0).toLocaleString("en");
  expect(readme).toContain(`  ${states} states, `);
});

test("and of what meets, and of lock plans, as many as there are", async () => {
  expect(readme).toContain(`  ${pairs.length} pairs, ${triples.length} triples `);
  const { plans } = await readPlans();
  expect(readme).toContain(`  ${allOperations.length} operations, ${plans.length} plans `);
});

/** What stands in backticks in this section. */
function namesIn(heading: string): string[] {
  const [, section = ""] = readme.split(`\n## ${heading}\n`);
  return [...section.split("\n## ")[0]!.matchAll(/`([^`\n]+)`/g)].map((m) => m[1]!);
}

test("the exports that it lists are those that there are", () => {
  const rows = [...readme.matchAll(/^\| (`\w+`(?:, `\w+`)*) \| /gm)].map((m) => m[1]!);
  const listed = rows.flatMap((cell) => [...cell.matchAll(/\w+/g)].map(([name]) => name));
  const ofMemory = ["MemoryQueue", "allows"];
  expect(listed.sort()).toEqual([...Object.keys(library), ...ofMemory].sort());
  for (const name of ofMemory) expect(memory).toHaveProperty(name);
});

test("every call of maintenance is there, and none of storage is forgotten", () => {
  const made = { ...methodsOf(library.PostgresStorage), ...methodsOf(library.RescuePasses) };
  const named = namesIn("Maintenance");
  const calls = named.filter((name) => /^[a-z]+[A-Z]\w+$/.test(name) && name !== "failedFloor");
  for (const name of calls) expect(made).toHaveProperty(name);
  const due = Object.keys(made).filter((name) =>
    /^(advance|promote|rotate|prune|rollup|rescue.*Lease|rescueCallback)/.test(name),
  );
  expect(due.filter((name) => !named.includes(name))).toEqual([]);
});

const methodsOf = ({ prototype }: { prototype: object }) =>
  Object.fromEntries(Object.getOwnPropertyNames(prototype).map((name) => [name, true]));

test("the witnesses that it names are those that there are", () => {
  const named = namesIn("Validate a change");
  for (const { name } of shapes) expect(named).toContain(name);
});

test("every file that it sends a reader to exists", () => {
  const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((m) => m[1]!);
  expect(links.length).toBeGreaterThan(5);
  for (const link of links)
    expect(() => readFileSync(new URL(`../../${link}`, import.meta.url))).not.toThrow();
});
