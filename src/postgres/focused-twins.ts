/**
 * The SQL twins of the focused modules. Some variables of a module's state are rows; some are what
 * callers know, and reach Postgres as arguments; the others are history that nobody stores.
 */

import type { Constants, NamedCall, Outcome } from "../core/index.js";
import { claimerTwin } from "./claimer-twin.js";
import { rescueCursorTwin } from "./rescue-cursor-twin.js";
import type { Statement, Statements } from "./statements.js";
import type { Row } from "./twin.js";

/** A state of the module, the calls on the way to it, and the ticks that passed meanwhile. */
export interface At<S> {
  readonly state: S;
  readonly path: readonly NamedCall[];
  readonly tick: number;
}

/** An installed schema, and the constants of a configuration. */
export interface FocusedContext<K> {
  readonly sql: Statements;
  readonly constants: K;
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
  /** The rings and the rows of the initial state, where an install alone has others. */
  readonly start?: {
    readonly slots: (constants: K) => { readonly queueSlots?: number; readonly claimSlots: number };
    readonly statements: (c: FocusedContext<K>) => readonly Statement[];
  };
  /** Whether the call is one of Postgres too; all are unless given. */
  possible?(state: S, call: NamedCall): boolean;
  /** What the call is; the last of several is the one that answers. */
  statements(call: NamedCall, at: At<S>, c: FocusedContext<K>): readonly Statement[];
  /** What the caller is told, and what callers know from then on. */
  answer(
    rows: readonly Row[],
    call: NamedCall,
    state: S,
  ): { readonly outcome: Outcome; readonly known: Partial<S> };
  /** The statement that reads the rows. */
  rows(schema: string): string;
  /** The state as far as rows can tell it from others; all of it unless given. */
  shown?(state: S): S;
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
  RescueCursor: untyped(rescueCursorTwin),
};
