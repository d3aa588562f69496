/**
 * Which steps of a run come after which: those of one session, and those that depend on each other.
 * Every order of the steps that respects this is the same run.
 */

import { depend, type Footprint } from "./footprint.js";

/** For each session the last step of it that comes before this one, or -1. */
export type Clock = readonly number[];

/** Tells of each step that depends on an earlier one, and does not come after it anyway. */
export function clocksOf(
  steps: readonly Footprint[],
  sessions: number,
  onRace: (earlier: number, later: number) => void = () => undefined,
): readonly Clock[] {
  const clocks: Clock[] = [];
  const latest = new Map<number, number>();
  steps.forEach((step, j) => {
    const own = latest.get(step.session);
    const clock = own === undefined ? Array<number>(sessions).fill(-1) : [...clocks[own]!];
    for (let i = j - 1; i >= 0; i--) {
      const other = steps[i]!;
      if (other.session === step.session || clock[other.session]! >= i) continue;
      if (!depend(other, step)) continue;
      onRace(i, j);
      clocks[i]!.forEach((at, s) => (clock[s] = Math.max(clock[s]!, at)));
    }
    clock[step.session] = j;
    clocks.push(clock);
    latest.set(step.session, j);
  });
  return clocks;
}

/**
 * A text that is the same for two runs of the same calls exactly if they only differ in the order
 * of steps that do not depend on each other: of each step, how much of each session comes before.
 */
export function classOf(steps: readonly Footprint[], sessions: number): string {
  const made = Array<number>(sessions).fill(0);
  const place = steps.map(({ session }) => ++made[session]!);
  const texts = Array<string>(sessions).fill("");
  clocksOf(steps, sessions).forEach((clock, j) => {
    const before = clock.map((at) => (at < 0 ? 0 : place[at]));
    texts[steps[j]!.session] += ` ${before.join()}`;
  });
  return texts.join("|");
}

/** How many interleavings a run stands for: orders that respect its clocks. */
export function ordersOf(steps: readonly Footprint[], sessions: number): number {
  const clocks = clocksOf(steps, sessions);
  const bySession = new Map<number, number[]>();
  steps.forEach(({ session }, j) => {
    bySession.set(session, [...(bySession.get(session) ?? []), j]);
  });
  const chains = [...bySession.entries()];
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
