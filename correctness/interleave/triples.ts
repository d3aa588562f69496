/**
 * Which three operations meet, and where: in the states in which most of them can succeed, and of
 * those where it makes most difference which comes first. The explorer chooses them, as for pairs.
 */

import type { ActionName, Scope } from "../../src/core/index.js";
import type { Case } from "./cases.js";
import { meetable, Tried, type Place } from "./places.js";

export type Triple = readonly [ActionName, ActionName, ActionName];

/** Where races were: workers and maintenance in one slot, several ends of one attempt. */
export const triples: readonly Triple[] = [
  ["Claim", "RotateClaims", "PruneClaims"],
  ["CompleteFast", "PruneClaims", "AdvanceClaimCursor"],
  ["Enqueue", "RotateQueue", "PruneQueue"],
  ["Claim", "Enqueue", "RotateQueue"],
  ["RescueStaleReceipts", "CompleteFast", "Heartbeat"],
  ["RescueStaleReceipts", "RescueStaleReceipts", "RotateClaims"],
  ["CompleteFast", "Complete", "DiscardTerminal"],
  ["DiscardTerminal", "PruneQueue", "PruneClaims"],
  ["Claim", "Claim", "CancelReady"],
];

/** How much there is to see where three calls meet. */
interface Rank {
  /** Of the calls, how many succeed in some order. */
  readonly succeed: number;
  /** What the callers are told, over all orders: how many different things. */
  readonly different: number;
}

interface Ranked extends Rank {
  readonly met: Case;
}

const order = (a: Rank, b: Rank): number => b.succeed - a.succeed || b.different - a.different;

export class TripleChooser {
  private readonly wanted: number;
  private readonly found: readonly { readonly triple: Triple; best: readonly Ranked[] }[];

  /** So many states of each of these triples. */
  constructor(wanted: number, some: readonly Triple[] = triples) {
    this.wanted = wanted;
    this.found = some.map((triple) => ({ triple, best: [] }));
  }

  get cases(): readonly Case[] {
    return this.found.flatMap(({ best }) => best.map(({ met }) => met));
  }

  /** Looks for better ones here. */
  look(place: Place): void {
    const { calls, ...where } = place;
    const then = secondsIn(place);
    for (const found of this.found) {
      const here = bestOf(found.triple, place, then);
      if (!here) continue;
      const together = here.tried.map(({ call }) => call);
      const met: Case = { ...where, calls: together, kind: "changes" };
      found.best = [...found.best, { met, ...here.rank }].sort(order).slice(0, this.wanted);
    }
  }
}

/** The second of two calls, behind the first. */
type Then = (first: Tried, second: Tried) => Tried;

/** Each once: many triples begin alike. */
function secondsIn({ scope }: Place): Then {
  const known = new Map<Tried, Map<Tried, Tried>>();
  return (first, second) => {
    const behind = known.get(first) ?? new Map<Tried, Tried>();
    known.set(first, behind);
    const tried = behind.get(second) ?? new Tried(first.after, second.call, scope);
    behind.set(second, tried);
    return tried;
  };
}

interface Best {
  readonly tried: readonly Tried[];
  readonly rank: Rank;
}

/** The best of one state, if the order in which they meet makes any difference there. */
function bestOf(triple: Triple, { calls, scope }: Place, then: Then): Best | null {
  const [firsts, seconds, thirds] = triple.map((name) => calls.get(name)!);
  const all = firsts!.flatMap((a) => seconds!.flatMap((b) => thirds!.map((c) => [a, b, c])));
  const best = all
    .filter(([a, b, c]) => meetable(a!, b!) && meetable(b!, c!) && meetable(a!, c!))
    .map((tried): Best => ({ tried, rank: rankOf(tried, then, scope) }))
    .sort((a, b) => order(a.rank, b.rank))[0];
  return best && best.rank.different > 1 ? best : null;
}

function rankOf(tried: readonly Tried[], then: Then, scope: Scope): Rank {
  const seen = new Set<string>();
  const succeeded = new Set<number>();
  for (const [i, first] of tried.entries()) {
    for (const [j, second] of tried.entries()) {
      if (i === j) continue;
      const k = 3 - i - j;
      const next = then(first, second);
      const inOrder = [first, next, new Tried(next.after, tried[k]!.call, scope)];
      [i, j, k].forEach((call, n) => inOrder[n]!.ok && succeeded.add(call));
      seen.add([i, j, k].map((_, call) => inOrder[[i, j, k].indexOf(call)]!.told).join());
    }
  }
  return { succeed: succeeded.size, different: seen.size };
}
