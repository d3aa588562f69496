/** Which choices are made by another call than that of their action. */

import type { ActionName, ArgsOf, Scope } from "../../src/core/index.js";
import type { Attempt } from "../conform/attempts.js";
import type { FurtherName } from "../locks/operations.js";
import { claimByQueue, moveByName, type Point } from "./by-queue.js";
import type { Choice } from "./choices.js";
import { isRescue } from "./due.js";
import type { OtherCall } from "./other-call.js";
import { inParts } from "./parts.js";
import { pass, rescuedByPass } from "./passes.js";

/** What a call that is no action of the model is to the core. */
export const actionBehind: Partial<Readonly<Record<FurtherName, ActionName>>> = {
  ClaimFromQueue: "Claim",
  Reprioritise: "MoveReady",
  MoveQueue: "MoveReady",
  RescueStaleReceiptsPass: "RescueStaleReceipts",
  RescueExpiredDeadlinesPass: "RescueExpiredDeadlines",
};

/** Taken from a number of the choice that its action has no other use for. */
export function otherCall(
  choice: Choice,
  { action, list }: Attempt,
  point: () => Point,
  scope: Scope,
): OtherCall | null {
  const byPass = rescuedByPass(action) ? pass(choice, action, point(), scope) : null;
  if (byPass) return byPass;
  if (isRescue(action)) return inParts(choice, action, list, point(), scope);
  if (action === "Claim") return claimByQueue(choice, list[0] as ArgsOf<"Claim">, point(), scope);
  if (action !== "MoveReady") return null;
  return moveByName(choice, list as readonly ArgsOf<"MoveReady">[], point(), scope);
}
