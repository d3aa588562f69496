/** Whose locks are recorded: the operations of the model, and the other calls that ship. */

import type { ActionName } from "../../src/core/index.js";
import { operations } from "../interleave/places.js";

/** Calls that are no action of the model, by their SQL functions, in the order of MAPPING.md. */
export const furtherNames = [
  "EnsureLane",
  "ClaimFromQueue",
  "Reprioritise",
  "MoveQueue",
  "RescueStaleReceiptsPass",
  "RescueExpiredDeadlinesPass",
  "RollupTerminalCounts",
  "RebuildTerminalCounts",
  "AcquireClaimer",
  "ClaimerClaimed",
  "RingHealth",
] as const;

export type FurtherName = (typeof furtherNames)[number];
export type Operation = ActionName | FurtherName;

/** In the order in which they are shown. */
export const allOperations: readonly Operation[] = [...operations, ...furtherNames];

export const isFurther = (name: string): name is FurtherName =>
  furtherNames.some((each) => each === name);

/** As in `rescue_stale_receipts_pass`. */
export const functionOf = (operation: Operation): string =>
  operation.replaceAll(/(?!^)[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
