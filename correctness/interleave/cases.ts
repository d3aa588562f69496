/**
 * Which calls meet in which states. The explorer chooses: among the states of an area, for every
 * unordered pair of operations, some in which both succeed, some in which one changes what the
 * other is told, and some in which one is refused; of each kind those in which the two have most to
 * do with each other, and of the refusals each in its turn.
 */

import type { ActionName, Call, Scope, State } from "../../src/core/index.js";
import { add } from "../counting.js";
import { bits, concernsOf } from "./concerns.js";
import { meetable, operations, Tried, type Place, type Start } from "./places.js";

/** That both are refused says little: only where there is nothing else. */
export type Kind = "both" | "changes" | "refused" | "neither";
export const kinds: readonly Kind[] = ["both", "changes", "refused", "neither"];

export interface Case extends Start {
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

/** A case, how much its calls have to do with each other, and what one of them is refused with. */
interface Candidate {
  readonly found: Case;
  readonly common: number;
  readonly refusal: Refusal;
}

/** What the two calls are refused with, as a number; 0 if both succeed. */
type Refusal = number;

/** Best first. */
type ByRefusal = Map<Refusal, Candidate[]>;

/** What was found for a pair. */
interface Found {
  readonly pair: Pair;
  readonly cases: Readonly<Record<Kind, ByRefusal>>;
}

/** A call, with what it has to do with, and a number for what it is refused with. */
type Concerned = readonly [tried: Tried, concerns: number, refusal: number];

/** More than there are refusals. */
const MANY = 1_000;

export class Chooser {
  private readonly wanted: number;
  private readonly found: readonly Found[];
  /** Of refusals; of none, 0. */
  private readonly numbers = new Map([["", 0]]);

  /** So many states of each of these pairs, of every kind that there is. */
  constructor(wanted: number, some: readonly Pair[] = pairs) {
    this.wanted = wanted;
    this.found = some.map((pair) => ({
      pair,
      cases: { both: new Map(), changes: new Map(), refused: new Map(), neither: new Map() },
    }));
  }

  /** Each kind once, then each once more, in another state; what both refuse comes last. */
  get cases(): readonly Case[] {
    const times = new Map<Refusal, number>();
    return this.found.flatMap(({ cases: { neither, ...telling } }) => {
      const lists = Object.values(telling).map((found) => this.inTurn(found, times));
      const turns = Array.from({ length: this.wanted }, (_, i) => lists.map((list) => list[i]));
      const chosen = new Map<State, Candidate>();
      for (const candidate of [...turns.flat(), ...this.inTurn(neither, times)])
        if (candidate && chosen.size < this.wanted && !chosen.has(candidate.found.state))
          chosen.set(candidate.found.state, candidate);
      for (const { refusal } of chosen.values()) add(times, refusal);
      return [...chosen.values()].map(({ found }) => found);
    });
  }

  /** The best with each refusal, then the next best: first what was chosen least often so far. */
  private inTurn(found: ByRefusal, times: ReadonlyMap<Refusal, number>): readonly Candidate[] {
    const often = (list: readonly Candidate[]) => times.get(list[0]!.refusal) ?? 0;
    const lists = [...found.values()].sort(
      (a, b) => often(a) - often(b) || b[0]!.common - a[0]!.common,
    );
    const turns = Array.from({ length: this.wanted }, (_, i) => lists.map((list) => list[i]));
    return turns.flat().filter((candidate) => candidate !== undefined);
  }

  /** Looks for better ones here. */
  look({ start, calls }: Place): void {
    const concerned = new Map<ActionName, readonly Concerned[]>();
    for (const [name, some] of calls)
      concerned.set(
        name,
        some.map((tried) => [tried, concernsOf(tried), this.numberOf(tried.refusal)]),
      );
    for (const found of this.found) {
      const [firsts, seconds] = found.pair.map((name) => concerned.get(name)!);
      for (const { both, common, refusal } of closest(firsts!, seconds!)) {
        const better = (kind: Kind, told: Refusal) => common > this.least(found.cases[kind], told);
        const still = kindAsTheyAre(...both);
        if (!better(still, refusal) && !better("changes", 0)) continue;
        const kind = changeable(...both, start.scope) ? "changes" : still;
        const told = kind === "changes" ? 0 : refusal;
        if (!better(kind, told)) continue;
        const together = both.map(({ call }) => call);
        const met = { ...start, calls: together, kind };
        this.keep(found.cases[kind], { found: met, common, refusal: told });
      }
    }
  }

  private numberOf(refusal: string): number {
    const known = this.numbers.get(refusal) ?? this.numbers.size;
    this.numbers.set(refusal, known);
    return known;
  }

  /** What two calls must have in common to be better than those that are there. */
  private least(found: ByRefusal, refusal: Refusal): number {
    return found.get(refusal)?.[this.wanted - 1]?.common ?? -1;
  }

  /** One case of each state, and the best. */
  private keep(all: ByRefusal, candidate: Candidate): void {
    const { found, common, refusal } = candidate;
    const list = all.get(refusal) ?? [];
    const same = list.findIndex((c) => c.found.state === found.state);
    if (same >= 0 && list[same]!.common >= common) return;
    if (same >= 0) list.splice(same, 1);
    const place = list.findIndex((c) => c.common < common);
    list.splice(place < 0 ? list.length : place, 0, candidate);
    list.length = Math.min(list.length, this.wanted);
    all.set(refusal, list);
  }
}

interface Meeting {
  readonly both: readonly [Tried, Tried];
  readonly common: number;
  readonly refusal: Refusal;
}

/** Of those that both succeed, and of those with the same refusals: the two with most in common. */
function closest(firsts: readonly Concerned[], seconds: readonly Concerned[]): Iterable<Meeting> {
  const best = new Map<Refusal, Meeting>();
  for (const [first, mine, one] of firsts)
    for (const [second, its, other] of seconds) {
      const common = bits(mine & its);
      const refusal = one * MANY + other;
      if (common > (best.get(refusal)?.common ?? -1) && meetable(first, second))
        best.set(refusal, { both: [first, second], common, refusal });
    }
  return best.values();
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
