/** The bounds of a model: what TLC calls its constants. */

import type { Job, Lane } from "./state.js";

/** The constants of one configuration, as its `.cfg` gives them to TLC. */
export interface Scope {
  readonly jobs: readonly Job[];
  readonly lanes: readonly Lane[];
  readonly queueSlots: number;
  readonly claimSlots: number;
  readonly leaseSlots: number;
  readonly leases: readonly number[];
  readonly maxBatch: number;
  readonly maxWait: number;
  /** Ticks from a claim to its deadline; `NONE` for none. */
  readonly deadlines: readonly number[];
  /** Ticks from parking an attempt to its timeout. */
  readonly callbackWait: number;
  readonly staleAfter: number;
  /** Counted attempts after which a callback timeout gives a job up. */
  readonly maxAttempts: number;
  /** Ticks for which a failed job outlives the pruning of its slot. */
  readonly failedFloor: number;
  /** Jobs that carry the same unique key; those in none carry no key. */
  readonly sameKey: readonly (readonly Job[])[];
  /** The last lane_seq within the bounds. */
  readonly maxSeq: number;
  /** Names of the actions that the configuration has. */
  readonly enabled: readonly string[];
}
