/** What the calls of the in-memory queue take and give, and which numbers they accept. */

import type { Limits } from "./life.js";
import {
  NO_DEADLINE,
  type Operation,
  type Outcome,
  type Token,
  type UniqueKey,
} from "./operations.js";

/** A token with the payload of its job; any call that wants a token takes one as it is. */
export interface Attempt<Payload> extends Token {
  readonly payload: Payload;
}

/** A new job; of those that carry one key, at most one is alive. */
export interface Keyed<Payload> {
  readonly payload: Payload;
  readonly key: UniqueKey | null;
}

export interface Wait {
  /** Whole ticks until the job is due; 0 by default. */
  readonly wait?: number;
}

export interface Deadline {
  /** Whole ticks until the attempts must have ended, from 1 to 98; none by default. */
  readonly deadline?: number;
}

/** By default attempts are stale, and callbacks overdue, after 1 tick; 3 attempts are the most. */
export interface MemoryQueueOptions extends Partial<Limits> {
  /** Sees every call as data, with its answer, after it took effect. */
  readonly observe?: (operation: Operation, outcome: Outcome) => void;
}

/** The value, if it is one that counts something. */
export function whole(value: number, what: string): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(`${what} must be a whole number from 0, not ${value}`);
}

export function ticksTo(deadline: number | undefined): number {
  if (deadline === undefined) return NO_DEADLINE;
  if (Number.isInteger(deadline) && 1 <= deadline && deadline < NO_DEADLINE) return deadline;
  throw new RangeError(`deadline must be a whole number from 1 to 98, not ${deadline}`);
}
