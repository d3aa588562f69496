/** What a worker has in hand: an attempt, and what is to become of it. */

import type { ClaimedJob } from "../../src/postgres/answers.js";
import type { Dice } from "../trace/dice.js";
import type { Payload } from "./hand-outs.js";

/** What attempts come to, of so many in a thousand; `slowly`: with heartbeats, and then done. */
const shares = {
  slowly: 30,
  park: 30,
  complete: 863,
  retry: 25,
  snooze: 20,
  fail: 22,
  failToDlq: 10,
} as const;
export type Plan = keyof typeof shares;

export const plans = Object.keys(shares) as Plan[];
const total = plans.reduce((sum, plan) => sum + shares[plan], 0);
const long = shares.slowly + shares.park;

function drawn(dice: Dice, quick: boolean): Plan {
  let left = quick ? long + dice(total - long) : dice(total);
  return plans.find((plan) => (left -= shares[plan]) < 0)!;
}

export interface Hand {
  readonly job: ClaimedJob<Payload>;
  plan: Plan;
  /** When the work is done, in milliseconds of the machine. */
  due: number;
  /** When it was last heard of. */
  heard: number;
}

/** Most work is short; all of it is, if it is to be quick. */
export function newHand(job: ClaimedJob<Payload>, dice: Dice, quick: boolean): Hand {
  const plan = drawn(dice, quick);
  const now = performance.now();
  return { job, plan, due: now + (plan === "slowly" ? 500 + dice(2_500) : dice(30)), heard: now };
}
