import { readFileSync } from "node:fs";
import type pg from "pg";
import { describe, expect, test } from "vitest";
import { groundOf } from "../../correctness/conform/claim.js";
import { configs } from "../../correctness/conform/configs.js";
import { focusedConfigs } from "../../correctness/conform/focused-claim.js";
import { FocusedWalker } from "../../correctness/conform/focused.js";
import { newTally } from "../../correctness/conform/tally.js";
import { statesIn } from "../../correctness/conform/tree.js";
import { storyOf } from "../../correctness/explain/explain.js";
import { storyText } from "../../correctness/explain/text.js";
import { allTopics, topicOf } from "../../correctness/explain/topics.js";
import { itemsOf } from "../../correctness/coverage/items.js";
import { modelled } from "../../correctness/explore/model.js";
import { readConstants } from "../../correctness/explore/scope.js";
import { pairs } from "../../correctness/interleave/cases.js";
import { triples } from "../../correctness/interleave/groups.js";
import { readPlans } from "../../correctness/locks/files.js";
import { sampled } from "../../correctness/mutants/choose.js";
import { bugs } from "../../correctness/mutants/bugs.js";
import { coreMutants } from "../../correctness/mutants/core.js";
import { readModels } from "../../correctness/mutants/models.js";
import { coreBugs } from "../../correctness/mutants/core-bugs.js";
import { knownBugs } from "../../correctness/mutants/known-bugs.js";
import { allOperations } from "../../correctness/locks/operations.js";
import { readmeFile } from "../../correctness/report/markdown.js";
import { schemaFile, schemaText, withTables } from "../../correctness/report/models.js";
import {
  readManifest,
  type ExpectHolds,
  type ManifestEntry,
} from "../../correctness/tlc/manifest.js";
import { manifestFile, positive, upTo } from "../../correctness/tlc/suite.js";
import { inShard } from "../../correctness/shard.js";
import { extents } from "../../correctness/versions/claim.js";
import { shapes } from "../../correctness/witness/shapes.js";
import { operationsOf, taskNames, type Task } from "../../src/postgres/tasks.js";
import * as library from "../../src/index.js";
import * as memory from "../../src/memory/index.js";
import { focusedModules } from "../../src/core/index.js";
import { focusedTwins } from "../../src/postgres/focused-twins.js";
import { ran } from "../cli/fixture.js";

const readme = readFileSync(readmeFile(), "utf8");

test("the schema of histories is that of their reader: npm run docs", () => {
  expect(JSON.parse(readFileSync(schemaFile(), "utf8"))).toEqual(JSON.parse(schemaText()));
});

test("the generated tables say what the manifest says: npm run docs", async () => {
  expect(await withTables(readme)).toBe(readme);
  expect(readme.match(/<!-- end -->/g)).toHaveLength(4);
});

test("who may do what is what the tasks say", () => {
  const section = readme.split("\n## Who may do what\n")[1]!.split("\n## ")[0]!;
  const rows = [...section.matchAll(/^\| (\w+) \| (`.*) \|$/gm)];
  expect(rows.map(([, task]) => task)).toEqual(taskNames);
  for (const [, task, functions] of rows)
    expect([...functions!.matchAll(/`(\w+)`/g)].map((m) => m[1]!)).toEqual(
      task === "read" ? ["ring_health", "select", "audit"] : operationsOf(task as Task),
    );
});

describe("the track record", async () => {
  const known = await knownBugs();
  const rows = readme.split("<!-- track record -->")[1]!.split("<!-- end -->")[0]!.split("\n");
  const cellsOf = (name: string) =>
    rows
      .find((row) => row.startsWith(`| ${name} |`))!
      .split("|")
      .map((cell) => cell.trim());

  test.each(bugs().filter(({ tlc }) => tlc.length === 0))(
    "$name, which the spec does not see, is there with its SQL",
    ({ name, loss }) => {
      const command = `\`npx ringproof mutants --only ${name}\``;
      const [, , lost, claims, planted, steps, see] = cellsOf(name);
      expect([lost, planted, steps, see]).toEqual([loss, "SQL", "", command]);
      expect(claims).toMatch(/^C[3-6](, C[3-6])*$/);
    },
  );

  test.each(Object.keys(coreBugs))("%s is planted in the core", (name) => {
    expect(cellsOf(name)[4]).toMatch(/^`.+`, core(, SQL.*)?$/);
  });

  test("every bug that is planted in SQL is named, by its own name or by another", () => {
    const planted = rows.flatMap((row) => {
      const [, name, , , cell = ""] = row.split("|").map((one) => one.trim());
      return cell.endsWith("SQL") ? name! : (/SQL as ([\w-]+)$/.exec(cell)?.[1] ?? []);
    });
    const all = known.flatMap(({ sql }) => sql?.name ?? []);
    expect(new Set(planted)).toEqual(new Set(all));
  });
});

test("the run that it shows is the end of the one that explain tells", async () => {
  const topics = await allTopics();
  const context = { progress: () => undefined, signal: new AbortController().signal };
  const story = await storyOf(topicOf("spent-battery", topics), topics, context);
  const [, rest = ""] = readme.split("`explain` tells the story");
  const shown = rest
    .split("`--pg")[0]!
    .split("\n")
    .filter((line) => line.startsWith("    "));
  const text = storyText(story, 100).split("\n");
  expect(shown.length).toBeGreaterThan(8);
  for (const line of shown) expect(text).toContain(line.slice(4));
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
  const options = { schema: "unused", module, machine, constants, twin, tally: newTally() };
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

test("and the states of the sample of the oldest version", async () => {
  const entries = (await readManifest(manifestFile())).filter(positive);
  const named = (names: readonly string[]) => entries.filter((e) => names.includes(e.name));
  const { versions, looks } = extents.quick;
  const { part } = looks.find(({ claim }) => claim.id === "C3")!;
  const walked = await Promise.all(named(configs.quick).map(groundOf));
  const others = await Promise.all(named(focusedConfigs.quick).map(statesOf));
  const counts = [
    ...walked.map(({ work }) => statesIn(inShard(work, part))),
    ...others.map((count) => inShard([...Array(count).keys()], part).length),
  ];
  const states = counts.reduce((a, b) => a + b).toLocaleString("en");
  expect(readme).toContain(`  ${versions.length} versions, ${states} states `);
});

test("and of what meets, of lock plans and of what is covered, as many as there are", async () => {
  expect(readme).toContain(`  ${pairs.length} pairs, ${triples.length} triples `);
  const { plans } = await readPlans();
  expect(readme).toContain(`  ${allOperations.length} operations, ${plans.length} plans `);
  const items = itemsOf(await readManifest(manifestFile()));
  expect(readme).toContain(`  ${items.length} items, 0 zeros `);
  const planted = [...bugs(), ...coreMutants((await readModels()).explored)].length + sampled.quick;
  expect(readme).toContain(` ${planted} mutants, 0 survived `);
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

test("what it shows of the queue of one table is in that file, in its order", () => {
  const [, shown = ""] = /^```typescript\n([^]*?)^```$/m.exec(readme)!;
  const file = new URL("../../correctness/examples/one-table.ts", import.meta.url);
  const lines = readFileSync(file, "utf8").split("\n");
  let at = 0;
  for (const line of shown.split("\n").filter((one) => one !== "")) {
    at = lines.indexOf(line, at) + 1;
    expect(at, line).toBeGreaterThan(0);
  }
});

describe("every flag that it shows with a command is one of that command", () => {
  const shown = [...readme.matchAll(/ringproof ([a-z]+(?: record| check)?)\b([^`|\n#]*)/g)]
    .map(([, command, rest]) => [command!, [...rest!.matchAll(/--[a-z]+/g)].map(String)] as const)
    .filter(([, flags]) => flags.length > 0);

  test("and there are such commands", () => {
    expect(shown.length).toBeGreaterThan(8);
  });

  test.each(shown)("%s %s", async (command, flags) => {
    const { code, out } = await ran([...command.split(" "), "--help"]);
    expect(code).toBe(0);
    for (const flag of flags) expect(out).toMatch(new RegExp(`${flag}\\b`));
  });
});
