/** Every known bug under one name: in TLA+, in the core and in SQL, wherever it can be planted. */

import { isDeepStrictEqual } from "node:util";
import { focusedModules, invariants, stepProperties } from "../../src/core/index.js";
import { readCfg } from "../explore/scope.js";
import { readManifest, type ExpectViolated, type ManifestEntry } from "../tlc/manifest.js";
import { manifestFile } from "../tlc/suite.js";
import { bugs } from "./bugs.js";
import { coreBugs } from "./core-bugs.js";
import type { SqlMutant } from "./sql-mutant.js";

export type Negative = ManifestEntry & { readonly expect: ExpectViolated };

/** A negative configuration, and which operators it puts in the place of which. */
export interface Wrong {
  readonly entry: Negative;
  readonly overrides: Readonly<Record<string, string>>;
}

export interface KnownBug {
  readonly name: string;
  /** What is wrong. */
  readonly about: string;
  /** What a user loses. */
  readonly loss: string;
  /** The configurations in which TLC finds it, that of its name first. */
  readonly tlc: readonly Wrong[];
  /** Whether an action of the core is wrong likewise. */
  readonly core: boolean;
  /** The SQL that is wrong likewise, which may have another name. */
  readonly sql: SqlMutant | null;
}

/** Where it is planted, in these words in the spec; SQL of another name is called by that. */
export const plantedIn = ({ name, core, sql }: KnownBug, inSpec: string): string =>
  [inSpec, core && "core", sql && (sql.name === name ? "SQL" : `SQL as ${sql.name}`)]
    .filter(Boolean)
    .join(", ");

const negative = (entry: ManifestEntry): entry is Negative => entry.expect.verdict === "violated";

/** What a user loses when a property of the storage breaks, by its name. */
export const storageLosses: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({ ...invariants, ...stepProperties }).map(([name, { loss }]) => [name, loss]),
);

/** The same, and of the focused modules. */
export const losses: Readonly<Record<string, string>> = Object.assign(
  { ...storageLosses },
  ...Object.values(focusedModules).map((module) => module.losses),
);

async function wrongs(): Promise<readonly Wrong[]> {
  const entries = (await readManifest(manifestFile())).filter(negative);
  return Promise.all(
    entries.map(async (entry) => {
      const { overrides } = await readCfg(entry.cfg);
      return { entry, overrides };
    }),
  );
}

const alike = (a: Wrong, b: Wrong): boolean =>
  a.entry.module === b.entry.module && isDeepStrictEqual(a.overrides, b.overrides);

/** In the order of the manifest; those that TLC does not see, and those of another name, last. */
export async function knownBugs(): Promise<readonly KnownBug[]> {
  const all = await wrongs();
  const named = new Map(all.map((wrong) => [wrong.entry.name, wrong]));
  const told = bugs().map((bug): KnownBug => {
    const tlc = bug.tlc.map((name) => named.get(name)!);
    return { ...bug, tlc, core: bug.name in coreBugs };
  });
  /** The SQL is that of the bug's first configuration, and of others that are wrong likewise. */
  const sqlOf = (wrong: Wrong): SqlMutant | null =>
    told.find(({ tlc: [first], sql }) => sql && first && alike(first, wrong))?.sql ?? null;
  const configured = all.map((wrong): KnownBug => {
    const { name, about, expect } = wrong.entry;
    const own = told.find((bug) => bug.name === name);
    const loss = losses[expect.property]!;
    const core = name in coreBugs;
    return own ?? { name, about, loss, tlc: [wrong], core, sql: sqlOf(wrong) };
  });
  return [...configured, ...told.filter(({ name }) => !named.has(name))];
}
