/** Rescue over the whole claim ring, oldest slot first. Each method is one statement. */

import type { PassLimits, RescuedAttempt } from "./answers.js";
import { fieldsOf } from "./arguments.js";
import { Caller } from "./caller.js";

function limitsOf(limits: Partial<PassLimits>): PassLimits {
  const { budget = 500, window = 10_000 } = fieldsOf("limits", limits, ["budget", "window"]);
  return { budget, window };
}

export class RescuePasses extends Caller {
  /** Ends attempts silent since before `cutoff` that were never parked. */
  async staleReceipts(cutoff: Date, now: Date, limits: Partial<PassLimits> = {}) {
    return this.rescued(this.sql.rescueStaleReceiptsPass(cutoff, limitsOf(limits), now));
  }

  /** Ends attempts whose deadline has passed, and that were never parked. */
  async expiredDeadlines(now: Date, limits: Partial<PassLimits> = {}): Promise<RescuedAttempt[]> {
    return this.rescued(this.sql.rescueExpiredDeadlinesPass(limitsOf(limits), now));
  }
}
