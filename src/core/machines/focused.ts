/**
 * Machines of the focused modules. A state is plain data, one field per TLA+ variable: arrays
 * stand for sets, objects for records and functions, and nothing else is needed.
 */

import type { Outcome } from "../action.js";
import type { Machine, MachineStep, NamedCall } from "../machine.js";

export type Plain =
  number | string | boolean | readonly Plain[] | { readonly [key: string]: Plain };

/** What a `.cfg` gives to the constants of a module. */
export type Constants = Readonly<Record<string, Plain>>;

export interface FocusedAction<S, K, A extends object = object> {
  /** Every instance that `Next` ranges over. */
  candidates(constants: K): readonly A[];
  /** The step; the same state object where the action is not enabled. */
  step(state: S, args: A, constants: K): { outcome: Outcome; state: S };
}

export interface FocusedModel<S, K> {
  /** Twin of Init. */
  readonly initial: (constants: K) => S;
  /** In the order of `Next`. */
  readonly actions: Readonly<Record<string, FocusedAction<S, K>>>;
  readonly invariants: Readonly<Record<string, Property<S, K>>>;
  readonly stepProperties?: Readonly<Record<string, StepProperty<S, K>>>;
  /** Temporal properties, which TLC alone checks. */
  readonly liveness?: Readonly<Record<string, { readonly loss: string }>>;
  /** Where there is one: the states that every run must be able to reach. */
  readonly drained?: (state: S) => boolean;
  /** Twin of the CONSTRAINT, where the configurations have one. */
  readonly inBounds?: (state: S, constants: K) => boolean;
}

export interface Property<S, K> {
  /** What a user loses when it breaks. */
  readonly loss: string;
  readonly holds: (state: S, constants: K) => boolean;
}

export interface StepProperty<S, K> {
  readonly loss: string;
  readonly holds: (before: S, after: S, constants: K) => boolean;
}

/** The machine of a focused module under the constants of one configuration. */
export function focusedMachine<S extends object, K>(
  model: FocusedModel<S, K>,
  constants: K,
): Machine<S, NamedCall> {
  const { actions, invariants, stepProperties = {}, inBounds = () => true, drained } = model;
  const actionNames = Object.keys(actions);
  const map = <T, F>(properties: Readonly<Record<string, T>>, bind: (p: T) => F) =>
    Object.fromEntries(Object.entries(properties).map(([name, p]) => [name, bind(p)]));
  return {
    actionNames,
    initial: model.initial(constants),
    calls: actionNames.flatMap((action) =>
      actions[action]!.candidates(constants).map((args) => ({ action, args })),
    ),
    possible: () => true,
    step: (state, { action, args }): MachineStep<S> =>
      actions[action]!.step(state, args, constants),
    inBounds: (state) => inBounds(state, constants),
    key: (state) => canonical(state as unknown as Plain),
    invariants: map(invariants, (p) => (state: S) => p.holds(state, constants)),
    stepProperties: map(
      stepProperties,
      (p) => (before: S, after: S) => p.holds(before, after, constants),
    ),
    ...(drained && { drained }),
  };
}

/** One text for all arrays that are the same set, and all objects that are the same function. */
export function canonical(value: Plain): string {
  if (typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `{${[...new Set(value.map(canonical))].sort().join(",")}}`;
  const fields = Object.entries(value).map(([key, field]) => `${key}:${canonical(field as Plain)}`);
  return `[${fields.sort().join(",")}]`;
}
