import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readmeFile, withTables } from "../../correctness/report/models.js";

const readme = readFileSync(readmeFile(), "utf8");

test("the generated tables say what the manifest says: npm run docs", async () => {
  expect(await withTables(readme)).toBe(readme);
  expect(readme.match(/<!-- end -->/g)).toHaveLength(2);
});

test("every file that it sends a reader to exists", () => {
  const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((m) => m[1]!);
  expect(links.length).toBeGreaterThan(5);
  for (const link of links)
    expect(() => readFileSync(new URL(`../../${link}`, import.meta.url))).not.toThrow();
});
