/** Which mutants a run is about: those named, or those of its tier, and of these its shard. */

import fc from "fast-check";
import { UserError } from "../../src/errors.js";
import type { Context, Tier } from "../claims.js";
import { shardOf } from "../shard.js";
import { didYouMean } from "../tlc/nearest.js";
import type { Bug } from "./bug.js";
import { bugs } from "./bugs.js";
import { coreMutants, type CoreMutant } from "./core.js";
import { equivalent } from "./equivalent.js";
import type { Models } from "./models.js";
import { systematicMutants, type SystematicMutant } from "./systematic.js";

export type Subject =
  | { readonly kind: "bug"; readonly name: string; readonly bug: Bug }
  | { readonly kind: "core"; readonly name: string; readonly mutant: CoreMutant }
  | { readonly kind: "SQL"; readonly name: string; readonly mutant: SystematicMutant };

/** Of the SQL's systematic mutants, which take Postgres seconds each. */
export const sampled: Readonly<Record<Tier, number>> = {
  quick: 7,
  full: Infinity,
  nightly: Infinity,
};

/** Its name, the definition or action that is changed, or the kind of change. */
const meant = ({ name }: Subject, word: string): boolean =>
  name === word || name.split(".").slice(0, 2).includes(word) || name.startsWith(`${word}.`);

function named(all: readonly Subject[], words: readonly string[]): readonly Subject[] {
  const unknown = words.find((word) => !all.some((subject) => meant(subject, word)));
  if (unknown === undefined)
    return all.filter((subject) => words.some((word) => meant(subject, word)));
  const names = all.flatMap(({ name }) => [name, ...name.split(".").slice(0, 2)]);
  throw new UserError(
    `There is no mutant named ${unknown}.`,
    `${didYouMean(unknown, [...new Set(names)])}Name a bug of the README's track record, a ` +
      "function such as claim, or a change such as dropRowLock.",
  );
}

/** So many of them, by the seed. */
function sample<T>(items: readonly T[], most: number, seed: number): readonly T[] {
  if (items.length <= most) return items;
  const [some] = fc.sample(fc.shuffledSubarray([...items], { minLength: most, maxLength: most }), {
    numRuns: 1,
    seed,
  });
  return some!;
}

/** Whoever says that a mutant is equivalent is asked for a proof each night. */
const looked = ({ name }: { readonly name: string }, tier: Tier): boolean =>
  tier === "nightly" || !(name in equivalent);

export function choose({ explored }: Models, context: Context): readonly Subject[] {
  const { tier, seed, shard, configs: words } = context;
  const historical = bugs().map((bug): Subject => ({ kind: "bug", name: bug.name, bug }));
  const core = coreMutants(explored).map((mutant): Subject => ({
    kind: "core",
    name: mutant.name,
    mutant,
  }));
  const sql = systematicMutants().map((mutant): Subject => ({
    kind: "SQL",
    name: mutant.name,
    mutant,
  }));
  if (words.length > 0) return shardOf(named([...historical, ...core, ...sql], words), shard);
  const some = sample(
    sql.filter((each) => looked(each, tier)),
    sampled[tier],
    seed,
  );
  return shardOf([...historical, ...core, ...some], shard);
}
