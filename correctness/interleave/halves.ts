/**
 * Every schedule of two sessions, if there are not too many. Where there are, those that were run
 * differ from each other late, for that is how all are found; so the other half of what may be run
 * is from all over.
 */

import { Events } from "./events.js";
import type { Footprint } from "./footprint.js";
import { Schedules, type Schedule } from "./schedules.js";

export class Halves implements Schedule {
  partial = false;
  /** Runs after which the first half is over. */
  private readonly half: number;
  private readonly events = new Events(2);
  private schedules = new Schedules();
  private runs = 0;

  constructor(half: number) {
    this.half = half;
  }

  get burst(): number {
    return this.schedules.burst;
  }

  get known(): number {
    return this.schedules.known;
  }

  choose(enabled: readonly number[]): number {
    return this.schedules.choose(enabled);
  }

  executed(step: Footprint | null): void {
    this.schedules.executed(step);
  }

  amend(at: number, step: Footprint): void {
    this.schedules.amend(at, step);
  }

  /** Also 0 if the other half has it. */
  ended(): number {
    return this.events.add(this.schedules.made) ? this.schedules.ended() : 0;
  }

  next(): boolean {
    const more = this.schedules.next();
    if (!more || ++this.runs !== this.half) return more;
    this.partial = true;
    this.schedules = new Schedules({ spread: true });
    return true;
  }
}
