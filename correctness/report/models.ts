/**
 * The tables of README.md that come from the manifest. Run as a program, it writes them into the
 * file between their markers; a test fails while the file says something else.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { focusedModules, invariants, stepProperties } from "../../src/core/index.js";
import { packageRoot } from "../../src/package-root.js";
import { readManifest, type ManifestEntry } from "../tlc/manifest.js";
import { manifestFile } from "../tlc/suite.js";

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

const count = (n: number): string => n.toLocaleString("en");

function models(entries: readonly ManifestEntry[]): string {
  const rows = entries.flatMap(({ name, about, tier, expect }) =>
    expect.verdict === "holds"
      ? [[name, about, tier, count(expect.distinct), String(expect.depth), expect.verdict]]
      : [],
  );
  return table(["model", "what it covers", "tier", "states", "depth", "verdict"], rows);
}

const stored = Object.entries({ ...invariants, ...stepProperties });
const losses: Readonly<Record<string, string>> = Object.assign(
  Object.fromEntries(stored.map(([name, { loss }]) => [name, loss])),
  ...Object.values(focusedModules).map((m) => m.losses),
);

function trackRecord(entries: readonly ManifestEntry[]): string {
  const rows = entries.flatMap(({ name, expect }) =>
    expect.verdict === "violated"
      ? [
          [
            name,
            losses[expect.property]!,
            expect.property,
            expect.back === undefined
              ? `${expect.steps}`
              : `${expect.steps}, back to ${expect.back}`,
            `\`npx ringproof tlc ${name}\``,
          ],
        ]
      : [],
  );
  return table(["bug", "what a user loses", "property", "steps", "see it"], rows);
}

/** The text of a README with its generated tables up to date. */
export async function withTables(readme: string): Promise<string> {
  const entries = await readManifest(manifestFile());
  const parts = { models: models(entries), "track record": trackRecord(entries) };
  return Object.entries(parts).reduce(
    (text, [name, body]) =>
      text.replace(
        new RegExp(`(<!-- ${name} -->\n)[^]*?(\n<!-- end -->)`),
        (_, start: string, end: string) => `${start}${body}${end}`,
      ),
    readme,
  );
}

export const readmeFile = (): string => join(packageRoot(), "README.md");

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  writeFileSync(readmeFile(), await withTables(readFileSync(readmeFile(), "utf8")));
