/** Wrong variants of a focused module's machine, and what they break. */

import { explore } from "../../correctness/explore/explorer.js";
import { readConstants } from "../../correctness/explore/scope.js";
import { focusedMachine, type FocusedModel } from "../../src/core/machines/focused.js";

/** The machine of a model, right or wrong, under one configuration. */
export const machineOf = async <S extends object, K>(model: FocusedModel<S, K>, cfg: string) =>
  focusedMachine(model, (await readConstants(cfg)) as K);

/** The property, if the model breaks it. */
export async function broken<S extends object, K>(
  model: FocusedModel<S, K>,
  cfg: string,
  property: string,
): Promise<string | undefined> {
  const machine = await machineOf(model, cfg);
  return explore(machine, { properties: [property] }).violation?.property;
}

/** The model with one action followed by one more change. */
export function andThen<S extends object, K>(
  model: FocusedModel<S, K>,
  name: string,
  change: (after: S, before: S) => S,
): FocusedModel<S, K> {
  const action = model.actions[name]!;
  const wrong: typeof action = {
    ...action,
    step(state, args, constants) {
      const done = action.step(state, args, constants);
      return done.state === state ? done : { ...done, state: change(done.state, state) };
    },
  };
  return { ...model, actions: { ...model.actions, [name]: wrong } };
}

/** The model with one action refused more often than it should be. */
export function unless<S extends object, K, A extends object>(
  model: FocusedModel<S, K>,
  name: string,
  refused: (state: S, args: A) => boolean,
): FocusedModel<S, K> {
  const action = model.actions[name]!;
  const wrong: typeof action = {
    ...action,
    step: (state, args, constants) =>
      refused(state, args as A)
        ? { outcome: { result: "refused" }, state }
        : action.step(state, args, constants),
  };
  return { ...model, actions: { ...model.actions, [name]: wrong } };
}
