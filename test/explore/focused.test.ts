/** Properties of ClaimerLease, each broken by a planted bug of the core. */

import { expect, test } from "vitest";
import {
  claimerLease,
  type ClaimerConstants,
  type ClaimerState,
} from "../../src/core/machines/claimer-lease.js";
import type { FocusedModel } from "../../src/core/machines/focused.js";
import { andThen, broken } from "./planted.js";

const claimer = (
  name: string,
  change: (after: ClaimerState, before: ClaimerState) => ClaimerState,
) => andThen<ClaimerState, ClaimerConstants>(claimerLease, name, change);

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
