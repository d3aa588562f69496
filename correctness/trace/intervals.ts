/** Which calls were made one after the other, and which at the same time. */

import { grouped } from "../grouped.js";
import type { Event } from "./history.js";

/** By when it took effect, and had let go of its locks. */
export const endOf = (event: Event): number => event.return ?? event.gone ?? Infinity;

export const overlap = (a: Event, b: Event): boolean =>
  a !== b && a.call < endOf(b) && b.call < endOf(a);

/**
 * Calls in lines, each of which follows the one before it: those of a worker are such a line, and
 * a call of which nobody knows when it ended is one alone.
 */
export function linesOf(events: readonly Event[]): readonly (readonly Event[])[] {
  const known = events.filter((event) => event.return !== null);
  const unknown = events.filter((event) => event.return === null);
  const lines = [...grouped(known, ({ worker }) => worker).values(), ...unknown.map((e) => [e])];
  return lines.map((line) => [...line].sort((a, b) => a.call - b.call));
}

/** The calls at the same time as any of them. */
export class Intervals {
  private readonly lines: readonly (readonly Event[])[];

  constructor(lines: readonly (readonly Event[])[]) {
    this.lines = lines;
  }

  /** In no order; takes time in proportion to the number of lines. */
  beside(event: Event): readonly Event[] {
    return this.lines.flatMap((line) => {
      const found: Event[] = [];
      for (let i = firstAfter(line, event.call); i < line.length; i++) {
        if (line[i]!.call >= endOf(event)) break;
        if (line[i] !== event) found.push(line[i]!);
      }
      return found;
    });
  }
}

/** The first call of the line that ends after this. */
function firstAfter(line: readonly Event[], time: number): number {
  let [low, high] = [0, line.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (endOf(line[middle]!) > time) high = middle;
    else low = middle + 1;
  }
  return low;
}
