/** Rescue of the whole claim ring in one call: to the core, of one slot after the other. */

import { byName, oldestSlot, type Outcome, type Scope, type Slot } from "../../src/core/index.js";
import { readTokens, type Row } from "../../src/postgres/twin.js";
import { twinFor } from "../locks/further.js";
import { functionOf } from "../locks/operations.js";
import type { Point } from "./by-queue.js";
import type { Choice } from "./choices.js";
import type { OtherCall } from "./other-call.js";

const rescues = ["RescueStaleReceipts", "RescueExpiredDeadlines"] as const;

export type RescuedByPass = (typeof rescues)[number];

export const rescuedByPass = (action: string): action is RescuedByPass =>
  rescues.some((each) => each === action);

/** From the oldest slot to the current one. */
function slotsOf({ db: { rings } }: Point, { claimSlots }: Scope): readonly Slot[] {
  const oldest = oldestSlot(rings.claim, claimSlots);
  return Array.from({ length: rings.claim.init }, (_, i) => (oldest + i) % claimSlots);
}

/** Half of all calls are passes. */
export function pass(
  { wait }: Choice,
  action: RescuedByPass,
  point: Point,
  scope: Scope,
): OtherCall | null {
  if (wait < 3) return null;
  const { db, binding } = point;
  const slots = slotsOf(point, scope);
  const operation = `${action}Pass` as const;
  return {
    name: functionOf(operation),
    attempt: { action, list: slots.map((slot) => ({ slot })) },
    text: functionOf(operation),
    statement: (sql) => twinFor(operation).statement([{}], binding, { sql, scope })!,
    answer(rows: readonly Row[], known) {
      const tokens = readTokens(rows, known).map((token) => {
        const { job, lease } = token;
        return {
          token,
          slot: db.leaseClaims.find((c) => c.job === job && c.lease === lease)?.slot,
        };
      });
      if (tokens.some(({ slot }) => slot === undefined || !slots.includes(slot)))
        throw new Error("it ends attempts that are in no slot");
      return slots.map((slot): Outcome => {
        const own = tokens.filter((one) => one.slot === slot).map(({ token }) => token);
        return own.length === 0 ? { result: "noop" } : { result: "rescued", tokens: byName(own) };
      });
    },
  };
}
