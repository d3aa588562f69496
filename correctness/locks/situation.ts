/** A situation: a state, how to get there, and the call whose locks are recorded in it. */

import type { NamedCall, Scope } from "../../src/core/index.js";
import type { Operation } from "./operations.js";

export interface Situation extends Layout {
  readonly operation: Operation;
  /** The calls that lead to it, and what is called and answered there. */
  readonly name: string;
  readonly scope: Scope;
  readonly way: readonly NamedCall[];
  /** The arguments of the calls that one statement makes. */
  readonly list: readonly object[];
}

/** How the rows lie in their tables, and how Postgres comes to them. */
export interface Layout {
  /** The other way round. */
  readonly reversed: boolean;
  /** Read as they lie, joined and grouped by their hashes, and put in order only where asked. */
  readonly hashed: boolean;
}

const usual: Layout = { reversed: false, hashed: false };

/** The rows of several jobs may be locked in several orders. */
export const layoutsFor = (jobs: number): readonly Layout[] =>
  jobs > 1 ? [usual, { reversed: true, hashed: false }, { reversed: true, hashed: true }] : [usual];

/** What the name says behind the way. */
export const saidOf = (call: string, words: readonly string[], layout: Layout): string =>
  `${call}: ${words.join(", ")}${layout.reversed ? ", rows the other way round" : ""}` +
  (layout.hashed ? ", hashed" : "");
