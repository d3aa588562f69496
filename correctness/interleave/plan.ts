/** What a tier runs: which calls meet where, and how many schedules of each. */

import { UserError } from "../../src/errors.js";
import type { ActionName } from "../../src/core/index.js";
import type { Tier } from "../claims.js";
import { didYouMean } from "../tlc/nearest.js";
import { Bounded } from "./bounded.js";
import { Chooser, nameOf, operations, pairs, type Case } from "./cases.js";
import { areas, deepAreas, meeting, startsOf, type Area } from "./scopes.js";
import { Schedules, type Schedule } from "./schedules.js";
import { TripleChooser, triples } from "./triples.js";

/** How much a tier covers. */
export interface Extent {
  readonly areas: readonly Area[];
  /** States of each pair, and of each triple. */
  readonly states: number;
  readonly tripleStates: number;
  /** Schedules of a pair in one state, at most; those of a triple follow from their switches. */
  readonly atMost: number;
  /** How often a session that could go on is left for another one, when three meet. */
  readonly switches: number;
}

const everywhere = [...areas, ...deepAreas];

export const extents: Readonly<Record<Tier, Extent>> = {
  quick: { areas, states: 3, tripleStates: 1, atMost: 4, switches: 1 },
  full: { areas: everywhere, states: 3, tripleStates: 2, atMost: 300, switches: 2 },
  nightly: { areas: everywhere, states: 6, tripleStates: 3, atMost: Infinity, switches: 3 },
};

/** Explored states of an area, before those that share a database are one. */
const EXPLORED = 6_000;

/** Calls that meet in a state. */
export interface Work extends Case {
  /** As in `Claim × Complete`. */
  readonly name: string;
  readonly schedule: () => Schedule;
  readonly atMost: number;
}

/** The operations of these names, in the registry's order. */
export function operationsNamed(names: readonly string[]): readonly ActionName[] {
  const unknown = names.find((name) => !operations.some((o) => o === name));
  if (unknown === undefined) return operations.filter((o) => names.includes(o));
  throw new UserError(
    `There is no operation ${unknown}.`,
    `${didYouMean(unknown, operations)}Their names stand in MAPPING.md.`,
  );
}

/** Of one operation, what meets it; of several, what they are when they meet each other. */
function concerns(some: readonly ActionName[], together: readonly ActionName[]): boolean {
  if (some.length === 0) return true;
  if (some.length === 1) return together.includes(some[0]!);
  return together.every((name) => some.includes(name));
}

/** Every second case begins with its other call: where schedules are cut, both are first. */
function work(met: Case, i: number, extent: Extent): Work {
  const name = nameOf(met.calls.map(({ action }) => action));
  if (met.calls.length > 2) {
    const schedule = () => new Bounded(met.calls.length, extent.switches);
    return { ...met, name, schedule, atMost: Infinity };
  }
  const calls = i % 2 === 0 ? met.calls : [...met.calls].reverse();
  return { ...met, calls, name, schedule: () => new Schedules(2), atMost: extent.atMost };
}

export interface Plan {
  readonly work: readonly Work[];
  /** Pairs and triples for which too few states were found. */
  readonly missing: readonly string[];
}

export function planFor(extent: Extent, names: readonly string[]): Plan {
  const some = operationsNamed(names);
  const wanted = {
    pairs: pairs.filter((pair) => concerns(some, pair)),
    triples: triples.filter((triple) => concerns(some, triple)),
  };
  const two = new Chooser(extent.states, wanted.pairs);
  const three = new TripleChooser(extent.tripleStates, wanted.triples);
  for (const area of extent.areas) {
    const nodes = startsOf(area, EXPLORED);
    two.look(area.name, nodes, meeting(area));
    three.look(area.name, nodes, meeting(area));
  }
  const all = [...two.cases, ...three.cases].map((met, i) => work(met, i, extent));
  const counts = new Map<string, number>();
  for (const { name } of all) counts.set(name, (counts.get(name) ?? 0) + 1);
  const missing = [
    ...wanted.pairs.filter((pair) => (counts.get(nameOf(pair)) ?? 0) < extent.states),
    ...wanted.triples.filter((t) => (counts.get(nameOf(t)) ?? 0) < extent.tripleStates),
  ].map(nameOf);
  return { work: all, missing };
}
