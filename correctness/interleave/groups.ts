/**
 * Which three operations meet, or four, and where: three in the states in which most of them can
 * succeed, of those about the fewest jobs, and of those where it makes most difference which comes
 * first; a fourth joins them there. The explorer chooses them, as for pairs.
 */

import type { ActionName, Scope } from "../../src/core/index.js";
import type { Case } from "./cases.js";
import { Explainer } from "./explain.js";
import { jobsIn, meetable, Tried, type Place, type Start } from "./places.js";

/** Three operations, or one more that joins them, and the area if they do not meet anywhere. */
export interface Group {
  readonly calls: Three | readonly [...Three, ActionName];
  readonly area?: string;
}
type Three = readonly [ActionName, ActionName, ActionName];

const meeting = (...calls: Group["calls"]): Group => ({ calls });

/** Where races were: workers and maintenance in one slot, several ends of one attempt. */
export const triples: readonly Group[] = [
  meeting("Claim", "RotateClaims", "PruneClaims"),
  meeting("CompleteFast", "PruneClaims", "AdvanceClaimCursor"),
  meeting("Enqueue", "RotateQueue", "PruneQueue"),
  meeting("Claim", "Enqueue", "RotateQueue"),
  { calls: ["Claim", "RotateQueue", "Enqueue"], area: "lagging" },
  meeting("RescueStaleReceipts", "CompleteFast", "Heartbeat"),
  meeting("RescueStaleReceipts", "RescueStaleReceipts", "RotateClaims"),
  meeting("CompleteFast", "Complete", "DiscardTerminal"),
  meeting("DiscardTerminal", "PruneQueue", "PruneClaims"),
  meeting("DiscardTerminal", "DiscardTerminal", "PruneClaims"),
  meeting("Claim", "Claim", "CancelReady"),
  meeting("CancelReady", "PromoteDeferred", "Claim"),
  meeting("MoveReady", "PromoteDeferred", "Claim"),
];

/** Where one producer straddles a turn of the ring, and another one comes behind it. */
export const quadruples: readonly Group[] = [
  meeting("Enqueue", "RotateQueue", "Claim", "Enqueue"),
  meeting("Enqueue", "RotateQueue", "AdvanceClaimCursor", "Enqueue"),
];

/** How much there is to see where three calls meet. */
interface Rank {
  /** Of the calls, how many succeed in some order. */
  readonly succeed: number;
  /** How many jobs they name: those about one have most to do with each other. */
  readonly jobs: number;
  /** What the callers are told, over all orders: how many different things. */
  readonly different: number;
  /** How often they are told another thing where two that follow each other change places. */
  readonly swaps: number;
}

interface Ranked extends Rank {
  readonly place: Place;
  readonly tried: readonly Tried[];
}

const order = (a: Rank, b: Rank): number =>
  b.succeed - a.succeed || a.jobs - b.jobs || b.different - a.different || b.swaps - a.swaps;

export class GroupChooser {
  private readonly wanted: number;
  private readonly found: readonly { readonly group: Group; best: readonly Ranked[] }[];

  /** So many states of each of these groups. */
  constructor(wanted: number, some: readonly Group[]) {
    this.wanted = wanted;
    this.found = some.map((group) => ({ group, best: [] }));
  }

  get cases(): readonly Case[] {
    return this.found.flatMap(({ group, best }) => {
      const [, , , fourth]: readonly ActionName[] = group.calls;
      return best.flatMap(({ place: { start, all }, tried }) => {
        const met = fourth ? joined(tried, all.get(fourth)!, start.scope) : [tried];
        const together = met.map((some) => some.map(({ call }) => call));
        return together.map((calls): Case => ({ ...start, calls, kind: "changes" }));
      });
    });
  }

  /** Looks for better ones here. */
  look(place: Place): void {
    const then = secondsIn(place.start);
    for (const found of this.found) {
      const { calls, area } = found.group;
      if (area !== undefined && area !== place.start.area) continue;
      const here = bestOf(calls, place, then);
      if (!here) continue;
      found.best = [...found.best, { place, ...here }].sort(order).slice(0, this.wanted);
    }
  }
}

/** The second of two calls, behind the first. */
type Then = (first: Tried, second: Tried) => Tried;

/** Each once: many triples begin alike. */
function secondsIn({ scope }: Start): Then {
  const known = new Map<Tried, Map<Tried, Tried>>();
  return (first, second) => {
    const behind = known.get(first) ?? new Map<Tried, Tried>();
    known.set(first, behind);
    const tried = behind.get(second) ?? new Tried(first.after, second.call, scope);
    behind.set(second, tried);
    return tried;
  };
}

/** The best three of one state, if there are any. */
function bestOf(
  names: Group["calls"],
  { calls, start }: Place,
  then: Then,
): Omit<Ranked, "place"> | undefined {
  const [one, two, three] = names;
  const [firsts, seconds, thirds] = [one, two, three].map((name) => calls.get(name)!);
  const all = firsts!.flatMap((a) => seconds!.flatMap((b) => thirds!.map((c) => [a, b, c])));
  return all
    .filter(([a, b, c]) => meetable(a!, b!) && meetable(b!, c!) && meetable(a!, c!))
    .map((tried) => ({ tried, ...rankOf(tried, then, start.scope) }))
    .sort(order)[0];
}

function rankOf(tried: readonly Tried[], then: Then, scope: Scope): Rank {
  const told = new Map<string, string>();
  const succeeded = new Set<number>();
  for (const [i, first] of tried.entries()) {
    for (const [j, second] of tried.entries()) {
      if (i === j) continue;
      const k = 3 - i - j;
      const next = then(first, second);
      const inOrder = [first, next, new Tried(next.after, tried[k]!.call, scope)];
      [i, j, k].forEach((call, n) => inOrder[n]!.ok && succeeded.add(call));
      told.set(`${i}${j}${k}`, [i, j, k].map((_, n) => inOrder[[i, j, k].indexOf(n)]!.told).join());
    }
  }
  const jobs = jobsIn(tried.map(({ call }) => call.args)).length;
  const swaps = [...told].filter(
    ([[i, j, k], one]) => one !== told.get(`${j}${i}${k}`) || one !== told.get(`${i}${k}${j}`),
  ).length;
  return { succeed: succeeded.size, jobs, different: new Set(told.values()).size, swaps };
}

/** With the fourth where it makes most difference who comes first; none if nobody can join. */
function joined(
  three: readonly Tried[],
  fourths: readonly Tried[],
  scope: Scope,
): readonly (readonly Tried[])[] {
  const different = (tried: readonly Tried[]): number => {
    const calls = tried.map(({ call }) => call);
    const { serials } = new Explainer(tried[0]!.before, calls, scope);
    return new Set(serials.map(({ outcomes, db }) => JSON.stringify([outcomes, db]))).size;
  };
  const able = fourths.filter((fourth) => three.every((tried) => meetable(tried, fourth)));
  const options = able
    .map((fourth) => [...three, fourth])
    .map((all) => ({ all, n: different(all) }));
  const [best] = options.sort((a, b) => b.n - a.n);
  return best ? [best.all] : [];
}
