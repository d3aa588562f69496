import type { Dice } from "./dice.js";

/** By how many ticks a clock leaps. */
export const leap = {
  ahead: (dice: Dice): number => 2 + dice(4),
  back: (dice: Dice): number => -1 - dice(2),
} as const;

/** The clock that callers read: it goes on now and then, at times by a leap, seldom backwards. */
export class Clock {
  /** How often it went by more than a tick, or backwards. */
  leaps = 0;
  private tick = 0;
  private left = 0;
  private readonly dice: Dice;

  constructor(dice: Dice) {
    this.dice = dice;
  }

  get now(): number {
    return this.tick;
  }

  /** What it says at the beginning of a call; who is late has last looked at it a tick ago. */
  read(late: boolean): number {
    if (this.left-- <= 0) {
      this.left = 20 + this.dice(30);
      this.move();
    }
    return Math.max(0, late ? this.tick - 1 : this.tick);
  }

  private move(): void {
    const { dice } = this;
    switch (dice(16)) {
      case 0:
        this.leaps++;
        this.tick += leap.ahead(dice);
        return;
      case 1:
        this.leaps++;
        this.tick = Math.max(0, this.tick + leap.back(dice));
        return;
      default:
        this.tick++;
    }
  }

  pass(): number {
    return ++this.tick;
  }
}
