/** What a tier runs: which calls meet where, and how many schedules of each. */

import { UserError } from "../../src/errors.js";
import type { ActionName } from "../../src/core/index.js";
import type { Tier } from "../claims.js";
import { didYouMean } from "../tlc/nearest.js";
import { Bounded } from "./bounded.js";
import { Chooser, nameOf, pairs, type Case } from "./cases.js";
import { GroupChooser, quadruples, triples } from "./groups.js";
import { operations, placesOf } from "./places.js";
import { areas, deepAreas, pruningAreas, type Area } from "./scopes.js";
import { Schedules, type Schedule } from "./schedules.js";

/** How much a tier covers. */
export interface Extent {
  readonly areas: readonly Area[];
  /** States of each area among which the explorer chooses. */
  readonly starts: number;
  /** States of each pair, and where more than two meet. */
  readonly states: number;
  readonly groupStates: number;
  /** Schedules of a pair in one state, at most; where more meet, the switches say. */
  readonly atMost: number;
  /** After so many they are from all over, and do not only differ late from those before. */
  readonly spreadAfter: number;
  /** How often a session that could go on is left for another one, when three meet, or four. */
  readonly switches: number;
}

const near = [...areas, ...pruningAreas];
const everywhere = [...near, ...deepAreas];

export const extents: Readonly<Record<Tier, Extent>> = {
  quick: {
    areas: near,
    starts: 80,
    states: 3,
    groupStates: 1,
    atMost: 3,
    spreadAfter: 0,
    switches: 1,
  },
  full: {
    areas: everywhere,
    starts: 300,
    states: 10,
    groupStates: 1,
    atMost: 44,
    spreadAfter: 22,
    switches: 2,
  },
  nightly: {
    areas: everywhere,
    starts: 1000,
    states: 10,
    groupStates: 3,
    atMost: Infinity,
    spreadAfter: Infinity,
    switches: 3,
  },
};

/** Calls that meet in a state. */
export interface Work extends Case {
  /** As in `Claim × Complete`. */
  readonly name: string;
  readonly schedule: () => Schedule;
  readonly atMost: number;
}

/** Those of these operations that somebody names, in their order. */
export function namedAmong<Name extends string>(
  all: readonly Name[],
  names: readonly string[],
): readonly Name[] {
  const unknown = names.find((name) => !all.some((o) => o === name));
  if (unknown === undefined) return all.filter((o) => names.includes(o));
  throw new UserError(
    `There is no operation ${unknown}.`,
    `${didYouMean(unknown, all)}Their names stand in MAPPING.md.`,
  );
}

/** Of one operation, what meets it; of several, what they are when they meet each other. */
function concerns(some: readonly ActionName[], together: readonly ActionName[]): boolean {
  if (some.length === 0) return true;
  if (some.length === 1) return together.includes(some[0]!);
  return together.every((name) => some.includes(name));
}

/** The schedules of two calls, and where more meet. */
export function schedulesOf(
  { calls }: Pick<Case, "calls">,
  { switches, spreadAfter, atMost }: Extent,
): Pick<Work, "schedule" | "atMost"> {
  return calls.length > 2
    ? { schedule: () => new Bounded(calls.length, switches), atMost: Infinity }
    : { schedule: () => new Schedules(spreadAfter), atMost };
}

/** In every second state of a pair the other begins: where schedules are cut, both are first. */
function work(met: Case, name: string, i: number, extent: Extent): Work {
  const turned = met.calls.length === 2 && i % 2 === 1;
  const calls = turned ? [...met.calls].reverse() : met.calls;
  return { ...met, calls, name, ...schedulesOf(met, extent) };
}

export interface Plan {
  readonly work: readonly Work[];
  /** Names of what meets, where too few states were found. */
  readonly missing: readonly string[];
}

export function planFor(extent: Extent, names: readonly string[]): Plan {
  const some = namedAmong(operations, names);
  const wanted = {
    pairs: pairs.filter((pair) => concerns(some, pair)),
    groups: [...triples, ...quadruples].filter(({ calls }) => concerns(some, calls)),
  };
  const two = new Chooser(extent.states, wanted.pairs);
  const more = new GroupChooser(extent.groupStates, wanted.groups);
  const together = wanted.groups.map(({ calls }) => calls);
  const enabled = [...new Set([...wanted.pairs, ...together].flat())];
  for (const area of extent.areas)
    for (const place of placesOf(area, extent.starts, enabled)) {
      two.look(place);
      more.look(place);
    }
  const counts = new Map<string, number>();
  const all = [...two.cases, ...more.cases].map((met) => {
    const name = nameOf(met.calls.map(({ action }) => action));
    const before = counts.get(name) ?? 0;
    counts.set(name, before + 1);
    return work(met, name, before, extent);
  });
  const missing = [
    ...wanted.pairs.filter((pair) => (counts.get(nameOf(pair)) ?? 0) < extent.states),
    ...together.filter((calls) => (counts.get(nameOf(calls)) ?? 0) < extent.groupStates),
  ].map(nameOf);
  return { work: all, missing };
}
