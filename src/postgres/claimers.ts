/** Dispatch slots: which instances may claim from a queue. Each method is one statement. */

import type { AcquireOutcome, Claimer, ClaimerAnswer, ClaimerTerms, HeldSlot } from "./answers.js";
import { Caller } from "./caller.js";

export class ClaimerLeases extends Caller {
  /** The instance's own slot of the queue, or one that nobody uses, or none. */
  async acquire(claimer: Claimer, terms: ClaimerTerms, now: Date): Promise<AcquireOutcome> {
    return this.answer(this.sql.acquireClaimer(claimer, terms, now));
  }

  /** To be called after a claim that returned jobs: refreshes the lease where it must be. */
  async claimed(
    claimer: Claimer,
    held: HeldSlot | null,
    terms: ClaimerTerms,
    now: Date,
  ): Promise<ClaimerAnswer> {
    return this.answer(this.sql.claimerClaimed(claimer, held, terms, now));
  }
}
