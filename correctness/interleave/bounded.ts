/**
 * Every schedule in which a session that could go on is left for another one at most so often:
 * where there are too many interleavings, those with few such switches are where the races are
 * (Musuvathi, Qadeer, 2007). Nobody is left before a step that depends on nothing that the others
 * do later: it is left behind it, and that is the same. What is known to repeat another run is not
 * made; what turns out to, is told.
 */

import { ordersOf } from "./clocks.js";
import { Events } from "./events.js";
import { depend, type Footprint } from "./footprint.js";
import type { Schedule } from "./schedules.js";

interface Point {
  /** The session that goes here, then those that are still to be tried. */
  readonly options: number[];
  /** The session that was tried first, because it could go on; null if none could. */
  readonly goesOn: number | null;
  /** Whether what it did here depended on what others did later. */
  matters: boolean;
  /** Switches that are left behind this point, by option. */
  readonly left: ReadonlyMap<number, number>;
}

export class Bounded implements Schedule {
  readonly partial = false;
  known = 0;
  private readonly sessions: number;
  private readonly switches: number;
  private readonly points: Point[] = [];
  private readonly steps: Footprint[] = [];
  private readonly events: Events;
  private depth = 0;

  constructor(sessions: number, switches: number) {
    this.sessions = sessions;
    this.switches = switches;
    this.events = new Events(sessions);
  }

  get burst(): number {
    const { depth, points } = this;
    const [chosen] = points[depth]!.options;
    const change = points.findIndex((p, i) => i >= depth && p.options[0] !== chosen);
    return change < 0 ? Infinity : change - depth;
  }

  choose(enabled: readonly number[]): number {
    const known = this.points[this.depth];
    if (known) return known.options[0]!;
    const before = this.points[this.depth - 1];
    const last = before?.options[0];
    const left = before ? before.left.get(last!)! : this.switches;
    const goesOn = last !== undefined && enabled.includes(last);
    const others = enabled.filter((session) => session !== last);
    const options = !goesOn ? [...enabled] : left === 0 ? [last] : [last, ...others];
    const cost = (session: number) => (goesOn && session !== last ? 1 : 0);
    this.points.push({
      options,
      goesOn: goesOn ? last : null,
      matters: false,
      left: new Map(options.map((s) => [s, left - cost(s)])),
    });
    return options[0]!;
  }

  executed(step: Footprint | null): void {
    if (step) this.steps[this.depth] = step;
    this.depth++;
  }

  amend(at: number, step: Footprint): void {
    this.steps[at] = step;
  }

  next(): boolean {
    do {
      this.points.length = this.depth;
      this.points.forEach((point, i) => (point.matters ||= this.mattersAt(i)));
      this.depth = 0;
      if (!this.turn()) return false;
    } while (this.foretold());
    return true;
  }

  /** To the last point that is left in another way. */
  private turn(): boolean {
    while (this.points.length > 0) {
      const { options, goesOn, matters } = this.points.at(-1)!;
      options.shift();
      if (options.length > 0 && (goesOn === null || matters)) return true;
      this.points.pop();
    }
    return false;
  }

  /** Whether the run that comes next is known to repeat another one: then it is as good as made. */
  private foretold(): boolean {
    const { length } = this.points;
    this.known = length - 1;
    const run = this.events.run();
    const left = new Set(Array.from({ length: this.sessions }, (_, session) => session));
    while (left.size > 0) {
      const session = this.choose([...left]);
      const before = this.depth < this.known ? this.steps[this.depth] : undefined;
      const step = before ?? run.foretell(session);
      // Who waits cannot go on, and nobody knows until when.
      if (!step || step.waitedFor !== null) break;
      this.executed(step);
      run.push(step);
      if (step.ends) left.delete(session);
    }
    if (left.size === 0 && this.events.repeats(run)) return true;
    this.points.length = length;
    this.depth = 0;
    return false;
  }

  private mattersAt(i: number): boolean {
    const step = this.steps[i]!;
    if (step.session !== this.points[i]!.goesOn) return true;
    for (let j = i + 1; j < this.depth; j++) {
      const later = this.steps[j]!;
      if (later.session !== step.session && depend(step, later)) return true;
    }
    return false;
  }

  ended(): number {
    const steps = this.steps.slice(0, this.depth);
    return this.events.add(steps) ? ordersOf(steps, this.sessions) : 0;
  }
}
