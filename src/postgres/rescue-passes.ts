/** Rescue over the whole claim ring, oldest slot first. Each method is one statement. */

import type { PassLimits, RescuedAttempt } from "./answers.js";
import { Caller } from "./caller.js";

const usual: PassLimits = { budget: 500, window: 10_000 };

export class RescuePasses extends Caller {
  /** Ends attempts silent since before `cutoff` that were never parked. */
  async staleReceipts(cutoff: Date, now: Date, limits: Partial<PassLimits> = {}) {
    const all = { ...usual, ...limits };
    return this.rescued(this.sql.rescueStaleReceiptsPass(cutoff, all, now));
  }

  /** Ends attempts whose deadline has passed, and that were never parked. */
  async expiredDeadlines(now: Date, limits: Partial<PassLimits> = {}): Promise<RescuedAttempt[]> {
    return this.rescued(this.sql.rescueExpiredDeadlinesPass({ ...usual, ...limits }, now));
  }
}
