/**
 * Errors of the database come out of calls that are no action of the model as they are: each is
 * made with an error at each of its breakpoints. What the others do with errors is for C5.
 */

import { withErrorAt } from "../interleave/failing.js";
import { isFurther } from "./operations.js";
import { rewound } from "./session.js";
import type { Site } from "./site.js";
import type { Situation } from "./situation.js";

/** An error that a call did not pass on, and what it answered instead, as JSON. */
export interface Swallowed {
  readonly operation: string;
  readonly situation: string;
  readonly label: string;
  readonly answer: string;
}

export class PlannedErrors {
  readonly swallowed: Swallowed[] = [];
  private readonly site: Site;
  /** As in `EnsureLane ensure_lane.find_lane`. */
  private readonly tried = new Set<string>();

  constructor(site: Site) {
    this.site = site;
  }

  /** At these labels, to which the call comes in the situation that is loaded. */
  async look(
    { operation, name }: Situation,
    call: string,
    labels: readonly string[],
  ): Promise<void> {
    if (!isFurther(operation)) return;
    const { controller } = this.site;
    for (const label of labels) {
      const key = `${operation} ${label}`;
      if (!label.includes(".") || this.tried.has(key)) continue;
      this.tried.add(key);
      const found = await withErrorAt(controller, label, () => controller.query(call));
      await controller.query(rewound(this.site));
      if (!found) continue;
      const answer = JSON.stringify(found.rows);
      this.swallowed.push({ operation, situation: name, label, answer });
    }
  }
}
