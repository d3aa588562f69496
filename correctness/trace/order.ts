/** An order of calls that explains them, or as many of them as can be explained. */

import type { ContractState, Limits } from "../../src/memory/index.js";
import type { Event } from "./history.js";
import type { Part } from "./parts.js";

/** One call of the order, or a job that was forgotten in silence, and what that led to. */
export interface Step {
  readonly part: Part | null;
  readonly state: ContractState;
}

/** An order of all the calls, or of as many as could be explained. */
export type Order = { readonly complete: true; readonly steps: readonly Step[] } | Unexplained;

/** Of the longest orders the first, and a call that does not fit behind it. */
export interface Unexplained {
  readonly complete: false;
  readonly steps: readonly Step[];
  readonly misfit: { readonly part: Part; readonly why: string };
}

export interface World {
  readonly limits: Limits;
  /** The latest tick of any clock in a call that had begun by then. */
  readonly latestTick: (time: number) => number;
}

export const endOf = ({ event }: Part): number => event.return ?? Infinity;

/** When nothing can come any more of a call that nobody heard of again. */
export const goneAt = ({ gone = Infinity }: Event): number => gone;
