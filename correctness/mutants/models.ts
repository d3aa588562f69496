/** Where mutants are looked for: small configurations, among which each action has its own. */

import { storage } from "../explore/model.js";
import { readManifest, type ManifestEntry } from "../tlc/manifest.js";
import { manifestFile } from "../tlc/suite.js";
import { exploreAll, type Explored } from "./core.js";
import { treesOf, type Trees } from "./trees.js";

/** Postgres is put through these. */
const walked = [
  "cursor",
  "pinned",
  "parking",
  "waiting",
  "retention",
  "neighbours",
  "moving",
  "keys",
  "claimer-lease",
  "claimer-expiry",
  "claimer-slots",
  "rescue-single",
  "rescue-window",
  "rescue-leases",
  "rescue-deadlines",
  "rescue-three",
  "batches",
  "conform",
  "lanes",
];

/** The core alone, too. */
const onlyExplored = ["slots", "recycle", "zombies", "heartbeats"];

export interface Models {
  readonly entries: readonly ManifestEntry[];
  readonly trees: Trees;
  readonly explored: readonly Explored[];
  readonly manifest: readonly ManifestEntry[];
}

export async function readModels(): Promise<Models> {
  const manifest = await readManifest(manifestFile());
  const named = (names: readonly string[]) =>
    names.map((name) => manifest.find((entry) => entry.name === name)!);
  const entries = named(walked);
  const some = await exploreAll(entries.filter(storage));
  const explored = [...some, ...(await exploreAll(named(onlyExplored)))];
  return { entries, trees: treesOf(some), explored, manifest };
}
