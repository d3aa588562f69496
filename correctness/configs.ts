/** `ringproof configs`: the configurations of the manifest, and the commands that take them. */

import { conformable, modelled } from "./explore/model.js";
import type { Tier } from "./claims.js";
import { plainTable } from "./report/text.js";
import { readManifest, type ManifestEntry } from "./tlc/manifest.js";
import { manifestFile, upTo } from "./tlc/suite.js";

const ABOUT_WIDTH = 48;

export interface Configuration {
  readonly name: string;
  readonly tier: Tier;
  readonly about: string;
  /** What the manifest says must come out. */
  readonly expected: string;
  readonly commands: readonly string[];
}

const describe = (entry: ManifestEntry): Configuration => ({
  name: entry.name,
  tier: entry.tier,
  about: entry.about,
  expected: entry.expect.verdict === "holds" ? "holds" : `violates ${entry.expect.property}`,
  commands: [
    "tlc",
    ...(modelled(entry) ? ["explore", "graph"] : []),
    ...(conformable(entry) ? ["conform"] : []),
  ],
});

/** Those that a tier runs, or all. */
export async function configurations(tier: Tier = "nightly"): Promise<Configuration[]> {
  const entries = await readManifest(manifestFile());
  return entries.filter(upTo(tier)).map(describe);
}

export const configurationsTable = (list: readonly Configuration[]): string =>
  plainTable(
    ["name", "tier", "what it covers", "expected", "commands"],
    list.map((c) => [c.name, c.tier, c.about, c.expected, c.commands.join(" ")]),
    [null, null, ABOUT_WIDTH],
  );
