/** Rescue of the whole claim ring in one call: to the core, of one slot after the other. */

import { byName, oldestSlot, type Outcome, type Scope, type Slot } from "../../src/core/index.js";
import { readTokens, type Row } from "../../src/postgres/twin.js";
import { twinFor } from "../locks/further.js";
import { functionOf } from "../locks/operations.js";
import type { Point } from "./by-queue.js";
import type { Choice } from "./choices.js";
import { due } from "./due.js";
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

/** Two passes: during the first, which ends as many others, somebody has a lane's receipts. */
function inHands(
  { where, manner }: Choice,
  action: RescuedByPass,
  { db, binding }: Point,
  scope: Scope,
): Pick<OtherCall, "busy" | "portions"> {
  const all = due[action](db, scope);
  const lanes = [...new Set(all.map(({ lane }) => lane))];
  if (manner > 6 || lanes.length < 2) return {};
  const lane = lanes[where % lanes.length]!;
  const held = all.filter((one) => one.lane === lane).length;
  return {
    busy: `select from ringproof.lease_claims
           where lane_id = ${binding.laneIds.get(lane)} for update`,
    portions: [all.length - held, held],
  };
}

/** Half of all calls are passes, and most of these two, if there are two lanes. */
export function pass(
  choice: Choice,
  action: RescuedByPass,
  point: Point,
  scope: Scope,
): OtherCall | null {
  if (choice.wait < 3) return null;
  const { db, binding } = point;
  const slots = slotsOf(point, scope);
  const operation = `${action}Pass` as const;
  const held = inHands(choice, action, point, scope);
  const { portions } = held;
  return {
    name: portions ? "pass in parts" : functionOf(operation),
    attempt: { action, list: slots.map((slot) => ({ slot })) },
    text: functionOf(operation) + (portions ? ` of ${portions.join(", then of ")}` : ""),
    statements: (sql) =>
      (portions ?? [scope.jobs.length]).map((limit) =>
        twinFor(operation).statement([{}], binding, { sql, scope, limit })!,
      ),
    ...held,
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
