/**
 * Which calls meet in which states. The explorer chooses: among the states of an area, for every
 * unordered pair of operations, some in which both succeed, some in which one changes what the
 * other is told, and some in which one is refused; of each kind those in which the two have most to
 * do with each other.
 */

import type { ActionName, Call, Scope, State } from "../../src/core/index.js";
import { bits, concernsOf } from "./concerns.js";
import { meetable, operations, Tried, type Place } from "./places.js";

/** That both are refused says little: only where there is nothing else. */
export type Kind = "both" | "changes" | "refused" | "neither";
export const kinds: readonly Kind[] = ["both", "changes", "refused", "neither"];

export interface Case extends Omit<Place, "calls"> {
  /** One per session. */
  readonly calls: readonly Call[];
  readonly kind: Kind;
}

/** As in `Claim × Complete`, in the registry's order. */
export const nameOf = (actions: readonly ActionName[]): string => actions.join(" × ");

export type Pair = readonly [ActionName, ActionName];

export const pairs: readonly Pair[] = operations.flatMap((a, i) =>
  operations.slice(i).map((b) => [a, b] as const),
);

/** A case, and how much its calls have to do with each other. */
interface Candidate {
  readonly found: Case;
  readonly common: number;
}

/** What was found for a pair, best first. */
interface Found {
  readonly pair: Pair;
  readonly cases: Readonly<Record<Kind, Candidate[]>>;
}

/** A call, with what it has to do with. */
type Concerned = readonly [tried: Tried, concerns: number];

export class Chooser {
  private readonly wanted: number;
  private readonly found: readonly Found[];

  /** So many states of each of these pairs, of every kind that there is. */
  constructor(wanted: number, some: readonly Pair[] = pairs) {
    this.wanted = wanted;
    this.found = some.map((pair) => ({
      pair,
      cases: { both: [], changes: [], refused: [], neither: [] },
    }));
  }

  /** Each kind once, then each once more, in another state; what both refuse comes last. */
  get cases(): readonly Case[] {
    return this.found.flatMap(({ cases: { neither, ...telling } }) => {
      const turns = Array.from({ length: this.wanted }, (_, i) =>
        Object.values(telling).map((list) => list[i]),
      );
      const chosen = new Map<State, Case>();
      for (const candidate of [...turns.flat(), ...neither])
        if (candidate && !chosen.has(candidate.found.state))
          chosen.set(candidate.found.state, candidate.found);
      return [...chosen.values()].slice(0, this.wanted);
    });
  }

  /** Looks for better ones here. */
  look({ calls, ...place }: Place): void {
    const concerned = new Map<ActionName, readonly Concerned[]>();
    for (const [name, some] of calls)
      concerned.set(
        name,
        some.map((tried) => [tried, concernsOf(tried)]),
      );
    for (const found of this.found) {
      const [firsts, seconds] = found.pair.map((name) => concerned.get(name)!);
      for (const { both, common } of closest(firsts!, seconds!)) {
        const better = (kind: Kind) => common > this.least(found, kind);
        const still = kindAsTheyAre(...both);
        if (!better(still) && !better("changes")) continue;
        const kind = changeable(...both, place.scope) ? "changes" : still;
        if (!better(kind)) continue;
        const together = both.map(({ call }) => call);
        this.keep(found, common, { ...place, calls: together, kind });
      }
    }
  }

  /** What two calls must have in common to be better than those of this kind that are there. */
  private least({ cases }: Found, kind: Kind): number {
    return cases[kind][this.wanted - 1]?.common ?? -1;
  }

  /** One case of each state, and the best. */
  private keep({ cases }: Found, common: number, found: Case): void {
    const list = cases[found.kind];
    const same = list.findIndex((c) => c.found.state === found.state);
    if (same >= 0 && list[same]!.common >= common) return;
    if (same >= 0) list.splice(same, 1);
    const place = list.findIndex((c) => c.common < common);
    list.splice(place < 0 ? list.length : place, 0, { found, common });
    list.length = Math.min(list.length, this.wanted);
  }
}

interface Meeting {
  readonly both: readonly [Tried, Tried];
  readonly common: number;
}

/** Of those that both succeed, that one does, and that none does: the two with most in common. */
function closest(firsts: readonly Concerned[], seconds: readonly Concerned[]): readonly Meeting[] {
  const best: (Meeting | undefined)[] = [];
  for (const [first, mine] of firsts)
    for (const [second, its] of seconds) {
      const common = bits(mine & its);
      const group = (first.ok ? 1 : 0) + (second.ok ? 2 : 0);
      if (common > (best[group]?.common ?? -1) && meetable(first, second))
        best[group] = { both: [first, second], common };
    }
  return best.filter((meeting) => meeting !== undefined);
}

/** Whether the second is told something else once the first has had its effect. */
function changes(first: Tried, second: Tried, scope: Scope): boolean {
  if (first.after.db === second.before.db) return false;
  return new Tried(first.after, second.call, scope).told !== second.told;
}

const changeable = (a: Tried, b: Tried, scope: Scope): boolean =>
  changes(a, b, scope) || changes(b, a, scope);

/** Unless one changes what the other is told. */
function kindAsTheyAre(a: Tried, b: Tried): Kind {
  if (a.ok && b.ok) return "both";
  return a.ok || b.ok ? "refused" : "neither";
}
