/** What the calls of the in-memory queue take and give, and which numbers they accept. */

import { fields, mistaken, whole } from "./arguments.js";
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

export function ticksTo(deadline: number | undefined): number {
  if (deadline === undefined) return NO_DEADLINE;
  return whole(deadline, "deadline", { least: 1, most: NO_DEADLINE - 1 });
}

/** What the queue is made with, or what is usual. */
export function settingsOf(options: MemoryQueueOptions) {
  const given = fields(options, "options", [...limits, "observe"]);
  const { staleAfter = 1, callbackWait = 1, maxAttempts = 3, failedFloor = 0 } = given;
  const { observe = () => {} } = given;
  if (typeof observe !== "function") throw mistaken("observe", "a function", observe);
  return {
    staleAfter: whole(staleAfter, "staleAfter"),
    callbackWait: whole(callbackWait, "callbackWait"),
    maxAttempts: whole(maxAttempts, "maxAttempts"),
    failedFloor: whole(failedFloor, "failedFloor"),
    observe,
  };
}
const limits = ["staleAfter", "callbackWait", "maxAttempts", "failedFloor"] as const;

/** The ticks of a wait. */
export const waitOf = (given: Wait): number =>
  whole(fields(given, "wait", ["wait"]).wait ?? 0, "wait");
