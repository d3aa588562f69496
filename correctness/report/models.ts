/**
 * The tables of README.md that come from the manifest, and from the bugs that are planted, and the
 * schema of histories. Run as a program, it writes them, the tables between their markers; a test
 * fails while a file says something else.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { packageRoot } from "../../src/package-root.js";
import { knownBugs, plantedIn, type KnownBug } from "../mutants/known-bugs.js";
import { readManifest, type ManifestEntry } from "../tlc/manifest.js";
import { manifestFile } from "../tlc/suite.js";
import { historySchema } from "../trace/schema.js";
import { markdownTable, marked, readmeFile } from "./markdown.js";

const count = (n: number): string => n.toLocaleString("en");

function models(entries: readonly ManifestEntry[]): string {
  const rows = entries.flatMap(({ name, about, tier, expect }) =>
    expect.verdict === "holds"
      ? [[name, about, tier, count(expect.distinct), String(expect.depth), expect.verdict]]
      : [],
  );
  return markdownTable(["model", "what it covers", "tier", "states", "depth", "verdict"], rows);
}

/** Which operators of the spec are replaced. */
const operatorsOf = ({ tlc: [first] }: KnownBug): string =>
  Object.keys(first?.overrides ?? {})
    .map((operator) => `\`${operator}\``)
    .join(" ");

const claims = { conform: "C3", lockstep: "C4", interleave: "C5", locks: "C6" } as const;

/** What TLC reports and in how many steps; where it sees nothing, the claims that do not hold. */
function foundBy({ name, tlc: [first], sql }: KnownBug): readonly string[] {
  if (first) {
    const { property, steps, back } = first.entry.expect;
    const way = back === undefined ? `${steps}` : `${steps}, back to ${back}`;
    return [property, way, `\`npx ringproof tlc ${name}\``];
  }
  const on = sql?.on ?? {};
  const violated = Object.entries(claims).flatMap(([check, id]) => (check in on ? id : []));
  return [violated.join(", "), "", `\`npx ringproof mutants --only ${name}\``];
}

function trackRecord(bugs: readonly KnownBug[]): string {
  const rows = bugs
    .filter(({ name, tlc: [first] }) => !first || first.entry.name === name)
    .map((bug) => {
      const [violated, steps, see] = foundBy(bug);
      const where = plantedIn(bug, operatorsOf(bug));
      return [bug.name, bug.loss, violated!, where, steps!, see!];
    });
  return markdownTable(
    ["bug", "what a user loses", "violates", "planted in", "steps", "see it"],
    rows,
  );
}

/** The text of a README with its generated tables up to date. */
export async function withTables(readme: string): Promise<string> {
  const entries = await readManifest(manifestFile());
  const parts = { models: models(entries), "track record": trackRecord(await knownBugs()) };
  return Object.entries(parts).reduce((text, [name, body]) => marked(text, name, body), readme);
}

export const schemaFile = (): string =>
  join(packageRoot(), "correctness", "trace", "history.schema.json");

export const schemaText = (): string => `${JSON.stringify(historySchema(), null, 2)}\n`;

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(readmeFile(), await withTables(readFileSync(readmeFile(), "utf8")));
  writeFileSync(schemaFile(), schemaText());
}
