/** The clock that callers read: that of the machine, but for its leaps. */

import type { Dice } from "../trace/dice.js";
import { leap } from "../trace/clock.js";

const TICK_MS = 1_000;

export class LeapingClock {
  private ahead = 0;

  get now(): number {
    return Date.now() + this.ahead;
  }

  /** By some seconds, now and then backwards. */
  leap(dice: Dice): void {
    this.ahead += TICK_MS * (dice(3) > 0 ? leap.ahead(dice) : leap.back(dice));
  }

  pass(milliseconds: number): void {
    this.ahead += milliseconds;
  }

  /** What it says to somebody; who is late has last looked at it a second ago. */
  read(late: boolean): number {
    return this.now - (late ? TICK_MS : 0);
  }
}
