/**
 * Which steps of a run come after which: those of one session, and those that depend on each other.
 * Every order of the steps that respects this is the same run.
 */

import { grouped } from "../grouped.js";
import { depend, type Footprint } from "./footprint.js";

/** For each session the last step of it that comes before this one, or -1. */
export type Clock = readonly number[];

type OnRace = (earlier: number, later: number) => void;

/** Steps as they are made, and which of them come after which. */
export class Trace {
  readonly clocks: Clock[] = [];
  private readonly steps: Footprint[] = [];
  private readonly latest: number[];

  constructor(sessions: number) {
    this.latest = Array<number>(sessions).fill(-1);
  }

  /**
   * The steps of each session that would come before this one, if it were made now. Tells of those
   * that it depends on, and does not come after anyway.
   */
  before(step: Footprint, onRace?: OnRace): Clock {
    const own = this.latest[step.session]!;
    const clock = [...(own < 0 ? this.latest.map(() => -1) : this.clocks[own]!)];
    for (let i = this.steps.length - 1; i >= 0; i--) {
      const other = this.steps[i]!;
      if (other.session === step.session || clock[other.session]! >= i) continue;
      if (!depend(other, step)) continue;
      onRace?.(i, this.steps.length);
      this.clocks[i]!.forEach((at, s) => (clock[s] = Math.max(clock[s]!, at)));
    }
    return clock;
  }

  push(step: Footprint, clock: Clock): void {
    const j = this.steps.length;
    this.latest[step.session] = j;
    this.steps.push(step);
    this.clocks.push(clock.map((at, s) => (s === step.session ? j : at)));
  }
}

/** Tells of each step that depends on an earlier one, and does not come after it anyway. */
export function clocksOf(
  steps: readonly Footprint[],
  sessions: number,
  onRace?: OnRace,
): readonly Clock[] {
  const trace = new Trace(sessions);
  for (const step of steps) trace.push(step, trace.before(step, onRace));
  return trace.clocks;
}

/** How many interleavings a run stands for: orders that respect its clocks. */
export function ordersOf(steps: readonly Footprint[], sessions: number): number {
  const clocks = clocksOf(steps, sessions);
  const chains = [...grouped(steps.keys(), (j) => steps[j]!.session)];
  const counts = new Map<string, number>([[chains.map(() => 0).join(), 1]]);
  return countOrders(chains, clocks, counts);
}

/** Orders by how far each session has come, from nothing to everything. */
function countOrders(
  chains: readonly (readonly [session: number, steps: readonly number[]])[],
  clocks: readonly Clock[],
  counts: Map<string, number>,
): number {
  const goal = chains.map(([, steps]) => steps.length);
  const visit = (at: readonly number[]): number => {
    const known = counts.get(at.join());
    if (known !== undefined) return known;
    let sum = 0;
    chains.forEach(([session, steps], c) => {
      if (at[c] === 0) return;
      const step = steps[at[c]! - 1]!;
      // It can be the last one only if nobody else has done what comes after it.
      const before = at.map((n, d) => (d === c ? n - 1 : n));
      const free = chains.every(
        ([, others], d) =>
          d === c || before[d] === 0 || clocks[others[before[d]! - 1]!]![session]! < step,
      );
      if (free) sum += visit(before);
    });
    counts.set(at.join(), sum);
    return sum;
  };
  return visit(goal);
}
