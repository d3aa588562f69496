/** Lanes by queue and priority, for who does not name them one by one. A call is one statement. */

import type { ClaimedJob, MoveAnswer } from "./answers.js";
import { fieldsOf } from "./arguments.js";
import { Caller } from "./caller.js";

export interface LaneChoice {
  /** The attempts may be rescued from then on; never by default. */
  readonly deadline?: Date | null;
  /** For every so many milliseconds that its first job waits, a lane counts as one priority more
   * urgent; a minute by default. */
  readonly ageing?: number;
}

export class Lanes extends Caller {
  /**
   * Hands out up to `limit` jobs of one lane of the queue, as a claim from it does: of the most
   * urgent one, which is that with the lowest priority number, unless others have waited for too
   * long.
   */
  async claim<P = unknown>(
    queue: string,
    limit: number,
    now: Date,
    choice: LaneChoice = {},
  ): Promise<ClaimedJob<P>[]> {
    const { deadline = null, ageing = 60_000 } = fieldsOf("choice", choice, ["deadline", "ageing"]);
    return this.handedOut(this.sql.claimFromQueue(queue, limit, deadline, ageing, now));
  }

  /** Pending jobs get another priority in their queues. */
  async reprioritise(
    jobIds: readonly string[],
    priority: number,
    now: Date,
  ): Promise<MoveAnswer[]> {
    return this.answer(this.sql.reprioritise(jobIds, priority, now));
  }

  /** Pending jobs go to another queue, with the priority that they have. */
  async moveQueue(jobIds: readonly string[], queue: string, now: Date): Promise<MoveAnswer[]> {
    return this.answer(this.sql.moveQueue(jobIds, queue, now));
  }
}
