/** Calls that were lost, and may still do something until Postgres has ended their sessions. */

import type { Session } from "./session.js";

export class LostCalls<Call> {
  private left: (readonly [Call, Session])[] = [];

  /** How many may still do something. */
  get count(): number {
    return this.left.length;
  }

  add(call: Call, session: Session): void {
    this.left.push([call, session]);
  }

  /** Those that have come to an end since it was last asked, one way or the other. */
  async ended(by: Session): Promise<readonly Call[]> {
    const ended: Call[] = [];
    const still: typeof this.left = [];
    for (const each of this.left.splice(0)) {
      if (await by.sees(each[1])) still.push(each);
      else ended.push(each[0]);
    }
    this.left.push(...still);
    return ended;
  }
}
