import { readFileSync } from "node:fs";
import type pg from "pg";
import { expect, test } from "vitest";
import { configs } from "../../correctness/conform/claim.js";
import { focusedConfigs } from "../../correctness/conform/focused-claim.js";
import { FocusedWalker } from "../../correctness/conform/focused.js";
import { newTally } from "../../correctness/conform/tally.js";
import { modelled } from "../../correctness/explore/model.js";
import { readConstants } from "../../correctness/explore/scope.js";
import { readmeFile, withTables } from "../../correctness/report/models.js";
import {
  readManifest,
  type ExpectHolds,
  type ManifestEntry,
} from "../../correctness/tlc/manifest.js";
import { manifestFile, positive, upTo } from "../../correctness/tlc/suite.js";
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

test("every file that it sends a reader to exists", () => {
  const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((m) => m[1]!);
  expect(links.length).toBeGreaterThan(5);
  for (const link of links)
    expect(() => readFileSync(new URL(`../../${link}`, import.meta.url))).not.toThrow();
});
