/**
 * The SQL twins of the focused modules. Some variables of a module's state are rows; some are what
 * callers know, and reach Postgres as arguments; the others are history that nobody stores.
 */

import type { Constants, NamedCall, Outcome } from "../core/index.js";
import { claimerTwin } from "./claimer-twin.js";
import type { Statement, Statements } from "./statements.js";
import type { Row } from "./twin.js";

/** A state of the module, and the ticks that passed on the way to it. */
export interface At<S> {
  readonly state: S;
  readonly tick: number;
}

/** A call, and what its caller knows in its stead. */
export interface StrangeCall<S> {
  readonly state: S;
  readonly call: NamedCall;
}

export interface FocusedTwin<S, K> {
  /** The variables that are rows. */
  readonly stored: readonly (keyof S & string)[];
  /** The action by which a tick passes; it is no call. */
  readonly clock: string;
  /** Every answer of every other action. */
  readonly answers: Readonly<Record<string, readonly string[]>>;
  statement(call: NamedCall, at: At<S>, c: { sql: Statements; constants: K }): Statement;
  /** What the caller is told, and what callers know from then on. */
  answer(
    rows: readonly Row[],
    call: NamedCall,
    state: S,
  ): { readonly outcome: Outcome; readonly known: Partial<S> };
  /** The statement that reads the rows. */
  rows(schema: string): string;
  /** The stored variables, as the rows have them. */
  read(rows: readonly Row[], tick: number, constants: K): Partial<S>;
  /** Calls of this state with knowledge that no well-behaved caller has. */
  strangers(state: S, constants: K): readonly StrangeCall<S>[];
}

/** A twin without its types, for the machine of its module. */
export type AnyTwin = FocusedTwin<object, Constants>;

const untyped = <S, K>(twin: FocusedTwin<S, K>): AnyTwin => twin as unknown as AnyTwin;

export const focusedTwins: Readonly<Record<string, AnyTwin>> = {
  ClaimerLease: untyped(claimerTwin),
};
