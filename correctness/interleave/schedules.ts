/**
 * Which schedules of two sessions are tried: one of each class that only reorders steps that do
 * not depend on each other. Dynamic partial-order reduction with sleep sets (Flanagan, Godefroid,
 * 2005): a run is made, its races are found, and each is turned round in a later run. What a step
 * does may depend on what was done before it; of three sessions races would be missed for that.
 */

import { clocksOf, ordersOf } from "./clocks.js";
import { depend, type Footprint } from "./footprint.js";

interface Point {
  readonly enabled: readonly number[];
  chosen: number;
  /** Sessions that must be tried here. */
  readonly wanted: Set<number>;
  /** What was tried here, and what it did. */
  readonly tried: Map<number, Footprint>;
  /** What need not be tried here: it was tried before something that it does not depend on. */
  readonly asleep: ReadonlyMap<number, Footprint>;
}

/** What leads the runs of one case: which session goes next, told what each step did. */
export interface Schedule {
  /** For how many steps the session that goes next goes on, if it can. */
  readonly burst: number;
  /** So many steps at the beginning are as in the run before: what they do is known. */
  readonly known: number;
  /** Whether it leaves out what it was to run. */
  readonly partial: boolean;
  /** The session that goes next. */
  choose(enabled: readonly number[]): number;
  /** What it did; null if that is known. */
  executed(step: Footprint | null): void;
  /** What a step did that was waiting when it was reported. */
  amend(at: number, step: Footprint): void;
  /** After a run: how many interleavings it stands for; 0 if it only repeats another one. */
  ended(): number;
  /** Whether another run is needed, which `choose` then leads. */
  next(): boolean;
}

const SESSIONS = 2;

/** Multiples of it, as far as they are behind the point, lie far from each other. */
const GOLDEN = 0.618;

export class Schedules implements Schedule {
  private readonly points: Point[] = [];
  private readonly steps: Footprint[] = [];
  partial = false;
  known = 0;
  private readonly spreadAfter: number;
  private depth = 0;
  /** From where on the run only repeats another one; nothing is left in another way there. */
  private repeats = Infinity;
  private runs = 0;

  /**
   * Where there are more runs than these, they are spread from then on: the next one differs from
   * the last one anywhere, not as late as possible, and what that leaves out is not made up for.
   */
  constructor(spreadAfter = Infinity) {
    this.spreadAfter = spreadAfter;
  }

  get burst(): number {
    const { depth, points } = this;
    const last = points.length - 1;
    const { chosen } = points[depth]!;
    for (let i = depth; i <= last; i++) if (points[i]!.chosen !== chosen) return i - depth;
    return Infinity;
  }

  /** The session that goes next: the one that went last, while that is to be tried. */
  choose(enabled: readonly number[]): number {
    const known = this.points[this.depth];
    if (known) return known.chosen;
    const last = this.points[this.depth - 1];
    const asleep = new Map<number, Footprint>();
    if (last) {
      const step = this.steps[this.depth - 1]!;
      const before = [...last.asleep, ...last.tried].filter(([s]) => s !== last.chosen);
      for (const [session, did] of before) if (!depend(did, step)) asleep.set(session, did);
    }
    const awake = enabled.filter((session) => !asleep.has(session));
    if (awake.length === 0) this.repeats = Math.min(this.repeats, this.depth);
    const from = awake.length === 0 ? enabled : awake;
    const chosen = last && from.includes(last.chosen) ? last.chosen : from[0]!;
    this.points.push({ enabled, chosen, wanted: new Set([chosen]), tried: new Map(), asleep });
    return chosen;
  }

  executed(step: Footprint | null): void {
    const { depth } = this;
    if (step) {
      this.steps[depth] = step;
      this.points[depth]!.tried.set(step.session, step);
    }
    this.depth++;
  }

  amend(at: number, step: Footprint): void {
    this.steps[at] = step;
    this.points[at]!.tried.set(step.session, step);
  }

  next(): boolean {
    this.steps.length = this.points.length = Math.min(this.depth, this.repeats);
    this.findRaces();
    this.depth = 0;
    this.repeats = Infinity;
    const turn = this.turn();
    if (turn === undefined) return false;
    this.partial ||= this.points.some((_, i) => i > turn && this.openAt(i) !== undefined);
    this.points.length = turn + 1;
    this.known = turn;
    this.points[turn]!.chosen = this.openAt(turn)!;
    return true;
  }

  /** The point that is left in another way next: the last, or one after the other from all over. */
  private turn(): number | undefined {
    this.runs++;
    const open = this.points.flatMap((_, i) => (this.openAt(i) === undefined ? [] : [i]));
    if (this.runs <= this.spreadAfter) return open.at(-1);
    return open[Math.floor(((this.runs * GOLDEN) % 1) * open.length)];
  }

  /** A session that is wanted there and was not tried. */
  private openAt(i: number): number | undefined {
    const { wanted, tried, asleep } = this.points[i]!;
    return [...wanted].find((s) => !tried.has(s) && !asleep.has(s));
  }

  /** Of two steps that depend on each other the later one could have come first. */
  private findRaces(): void {
    clocksOf(this.steps, SESSIONS, (earlier, later) => {
      const { enabled, wanted } = this.points[earlier]!;
      const { session } = this.steps[later]!;
      if (enabled.includes(session)) wanted.add(session);
    });
  }

  ended(): number {
    return this.repeats < Infinity ? 0 : ordersOf(this.steps.slice(0, this.depth), SESSIONS);
  }
}
