/** One schedule, as it was: the sessions in the order of their steps. */

import { ordersOf } from "./clocks.js";
import type { Footprint } from "./footprint.js";
import type { Schedule } from "./schedules.js";

export class Kept implements Schedule {
  readonly partial = false;
  readonly known = 0;
  /** The first step that its session could not make: it had ended, or waited for another one. */
  left: number | null = null;
  private readonly order: readonly number[];
  private readonly steps: Footprint[] = [];

  constructor(order: readonly number[]) {
    this.order = order;
  }

  get burst(): number {
    const { length } = this.steps;
    const rest = this.order.slice(length);
    const change = rest.findIndex((session) => session !== rest[0]);
    if (this.left !== null) return 1;
    return change < 0 ? rest.length : change;
  }

  choose(enabled: readonly number[]): number {
    const at = this.steps.length;
    const wanted = this.order[at];
    if (wanted !== undefined && enabled.includes(wanted)) return wanted;
    this.left ??= at;
    return enabled[0]!;
  }

  executed(step: Footprint): void {
    this.steps.push(step);
  }

  amend(at: number, step: Footprint): void {
    this.steps[at] = step;
  }

  next(): boolean {
    return false;
  }

  ended(): number {
    const sessions = Math.max(...this.steps.map(({ session }) => session)) + 1;
    return ordersOf(this.steps, sessions);
  }
}
