import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { configs } from "../../correctness/conform/claim.js";
import { focusedConfigs } from "../../correctness/conform/focused-claim.js";
import { modelled } from "../../correctness/explore/model.js";
import { readmeFile, withTables } from "../../correctness/report/models.js";
import { readManifest, type ExpectHolds } from "../../correctness/tlc/manifest.js";
import { manifestFile, positive, upTo } from "../../correctness/tlc/suite.js";

const readme = readFileSync(readmeFile(), "utf8");

test("the generated tables say what the manifest says: npm run docs", async () => {
  expect(await withTables(readme)).toBe(readme);
  expect(readme.match(/<!-- end -->/g)).toHaveLength(2);
});

test("the table that check prints has the manifest's numbers", async () => {
  const quick = (await readManifest(manifestFile())).filter(upTo("quick"));
  const held = quick.filter((e) => modelled(e) && positive(e));
  const sum = (of: (e: ExpectHolds) => number, some = held) =>
    some.reduce((total, e) => total + of(e.expect as ExpectHolds), 0).toLocaleString("en");
  const edges = (e: ExpectHolds) => Object.values(e.edges).reduce((a, b) => a + b, 0);
  const put = [...configs.quick, ...focusedConfigs.quick];
  const tried = held.filter((e) => put.includes(e.name));
  const positives = quick.filter(positive).length;
  expect(readme).toContain(`${positives} configs, ${quick.length - positives} negative configs `);
  expect(readme).toContain(`${sum((e) => e.distinct)} states, ${sum(edges)} edges `);
  expect(readme).toContain(`  ${sum((e) => e.distinct, tried)} states, `);
});

test("every file that it sends a reader to exists", () => {
  const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((m) => m[1]!);
  expect(links.length).toBeGreaterThan(5);
  for (const link of links)
    expect(() => readFileSync(new URL(`../../${link}`, import.meta.url))).not.toThrow();
});
