/** Every schedule of the calls of one case, run and explained, until one is not. */

import type { ActionTable } from "../../src/core/index.js";
import type { Arena, Ran } from "./arena.js";
import type { Case } from "./cases.js";
import { Explainer } from "./explain.js";
import { Schedules } from "./schedules.js";

export interface Met {
  /** Schedules that were run. */
  readonly runs: number;
  /** Interleavings that they stand for: those that only reorder steps that commute are one. */
  readonly interleavings: number;
  /** Runs that turned out to repeat another one. */
  readonly redundant: number;
  /** Runs in which a call was turned away by a lock. */
  readonly benign: number;
  /** The first run that no order of the calls explains. */
  readonly unexplained: Ran | null;
}

/** At most so many runs; the rows of the arena are those of the case's state afterwards. */
export async function meet(
  arena: Arena,
  { way, state, calls }: Pick<Case, "way" | "state" | "calls">,
  options: { readonly atMost?: number; readonly table?: ActionTable } = {},
): Promise<Met> {
  const { atMost = Infinity, table } = options;
  await arena.load(way);
  const explainer = new Explainer(state, calls, arena.scope, table);
  const schedules = new Schedules(calls.length);
  let [runs, interleavings, redundant, benign] = [0, 0, 0, 0];
  do {
    const ran = await arena.run(calls, schedules);
    runs++;
    if (schedules.redundant) redundant++;
    else interleavings += schedules.orders();
    const explained = explainer.explain(ran);
    if (explained === null) return { runs, interleavings, redundant, benign, unexplained: ran };
    if (explained.benign.length > 0) benign++;
  } while (schedules.next() && runs < atMost);
  return { runs, interleavings, redundant, benign, unexplained: null };
}
