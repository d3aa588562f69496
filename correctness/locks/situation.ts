/** A situation: a state, how to get there, and the call whose locks are recorded in it. */

import type { NamedCall, Scope } from "../../src/core/index.js";
import type { Operation } from "./operations.js";

export interface Situation {
  readonly operation: Operation;
  /** The calls that lead to it, and what is called and answered there. */
  readonly name: string;
  readonly scope: Scope;
  readonly way: readonly NamedCall[];
  /** The arguments of the calls that one statement makes. */
  readonly list: readonly object[];
  /** Whether the rows lie in their tables the other way round. */
  readonly reversed: boolean;
}

/** What the name says behind the way: the rows of several jobs may lie in two orders. */
export const saidOf = (call: string, words: readonly string[], reversed: boolean): string =>
  `${call}: ${words.join(", ")}${reversed ? ", rows the other way round" : ""}`;
