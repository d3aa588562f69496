/** A plan: the locks that one call of one operation takes, in order. */

import type { LockMode } from "./locks.js";

/** What happens where somebody else's lock is in the way. */
export type Policy = "wait" | "nowait" | "skip";

/**
 * A lock that is taken behind a label; or, mode `Release`, one that is given back with a
 * subtransaction, whose mode stands in the place of the policy.
 */
export interface Step {
  readonly label: string;
  readonly on: string;
  readonly mode: LockMode | "Release";
  readonly policy: Policy | LockMode;
}

export const callKinds = ["first", "planning", "generic"] as const;
export type CallKind = (typeof callKinds)[number];

export interface Plan {
  readonly operation: string;
  readonly situation: string;
  readonly call: CallKind;
  readonly steps: readonly Step[];
}
