/** Each property of a focused module that no witness configuration breaks is broken here. */

import { expect, test } from "vitest";
import { explore } from "../../correctness/explore/explorer.js";
import { readConstants } from "../../correctness/explore/scope.js";
import {
  claimerLease,
  type ClaimerConstants,
  type ClaimerState,
} from "../../src/core/machines/claimer-lease.js";
import { focusedMachine, type FocusedModel } from "../../src/core/machines/focused.js";

/** The property that a wrong model breaks first, of all or of those named. */
async function broken<S extends object, K>(
  model: FocusedModel<S, K>,
  cfg: string,
  property: string,
): Promise<string | undefined> {
  const machine = focusedMachine(model, (await readConstants(cfg)) as K);
  return explore(machine, { properties: [property] }).violation?.property;
}

/** The model with one action followed by one more change. */
function then<S extends object, K>(
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

const claimer = (
  name: string,
  change: (after: ClaimerState, before: ClaimerState) => ClaimerState,
) => then<ClaimerState, ClaimerConstants>(claimerLease, name, change);

const claimerMutants: Readonly<Record<string, FocusedModel<ClaimerState, ClaimerConstants>>> = {
  // The row of the owner before is left behind.
  OneOwnerPerSlot: claimer("Acquire", (after, before) => ({
    ...after,
    leases: [...before.leases, ...after.leases.filter((r) => !before.leases.includes(r))],
  })),
  // Every epoch is the first.
  OneHolderPerEpoch: claimer("Acquire", (after) => ({
    ...after,
    leases: after.leases.map((r) => ({ ...r, epoch: 1 })),
    holds: after.holds.map((h) => ({ ...h, epoch: 1 })),
  })),
  // A refresh counts as a new owner.
  EpochsGrow: claimer("Claimed", (after, before) => ({
    ...after,
    leases: after.leases.map((r) => (before.leases.includes(r) ? r : { ...r, epoch: r.epoch + 1 })),
  })),
};

test.each(Object.entries(claimerMutants))("ClaimerLease: %s breaks", async (property, model) => {
  expect(await broken(claimerLease, "claimer-lease.cfg", property)).toBeUndefined();
  expect(await broken(model, "claimer-lease.cfg", property)).toBe(property);
});
