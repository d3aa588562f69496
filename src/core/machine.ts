/**
 * A state machine as the explorer sees it: its calls in a stated order, what each does to a state,
 * and what must hold. The storage model is one; each focused module of the spec has its own.
 */

import type { Outcome } from "./action.js";
import { drained } from "./evidence.js";
import { invariants, stepProperties } from "./invariants.js";
import {
  actionNames,
  actions,
  calls,
  inBounds,
  possible,
  type ActionName,
  type ActionTable,
  type Call,
} from "./registry.js";
import type { Scope } from "./scope.js";
import { Shared } from "./shared.js";
import { initialState, type State } from "./state.js";

export interface NamedCall {
  readonly action: string;
  readonly args: object;
}

export interface MachineStep<S> {
  readonly outcome: Outcome;
  readonly state: S;
}

export interface Machine<S, C extends NamedCall> {
  readonly actionNames: readonly string[];
  readonly initial: S;
  /** Every call that `Next` ranges over. */
  readonly calls: readonly C[];
  /** Whether somebody in this state can make the call at all. */
  possible(state: S, call: C): boolean;
  /** One call; the same state object where nothing changes. */
  step(state: S, call: C): MachineStep<S>;
  inBounds(state: S): boolean;
  /** Equal for states that the machine does not tell apart. */
  key(state: S): string | number;
  readonly invariants: Readonly<Record<string, (state: S) => boolean>>;
  readonly stepProperties: Readonly<Record<string, (before: S, after: S) => boolean>>;
  /** Where there is one: the states that every run must be able to reach. */
  readonly drained?: (state: S) => boolean;
}

/** Without these no slot is ever reclaimed. */
const turning: readonly ActionName[] = ["RotateQueue", "PruneQueue", "RotateClaims", "PruneClaims"];

export interface StorageOptions {
  /** States that differ by a renaming of jobs are one. */
  readonly symmetric?: boolean;
  readonly table?: ActionTable;
}

/** The storage model under one configuration's constants. */
export function storageMachine(scope: Scope, options: StorageOptions = {}): Machine<State, Call> {
  const { table = actions, symmetric = false } = options;
  const all = calls(scope, table);
  const shared = new Shared(scope, table, all, symmetric);
  return {
    actionNames,
    initial: initialState(scope),
    calls: all,
    possible: (state, call) => possible(state, call, table),
    step: (state, call) => shared.step(state, call),
    inBounds: (state) => inBounds(state, scope),
    key: (state) => shared.key(state),
    invariants: bound(
      invariants,
      ({ holds }) =>
        (state: State) =>
          holds(state, scope, table),
    ),
    stepProperties: bound(
      stepProperties,
      ({ holds }) =>
        (before: State, after: State) =>
          holds(before, after, scope),
    ),
    ...(turning.every((name) => scope.enabled.includes(name)) && {
      drained: ({ db }: State) => drained(db),
    }),
  };
}

function bound<T, F>(properties: Readonly<Record<string, T>>, bind: (property: T) => F) {
  return Object.fromEntries(Object.entries(properties).map(([name, p]) => [name, bind(p)]));
}
