/** That every claim ends, on the core's graph of ClaimPruneRace, and under which fairness. */

import { expect, test } from "vitest";
import type { NamedCall } from "../../src/core/index.js";
import { claimPruneRace } from "../../src/core/machines/claim-prune-race.js";
import type { RaceConstants, RaceState } from "../../src/core/machines/race-locks.js";
import type { FocusedModel } from "../../src/core/machines/focused.js";
import { stepsOf, waitsForEver, type Fairness } from "./fair.js";
import { andThen } from "./planted.js";

type Model = FocusedModel<RaceState, RaceConstants>;
type Args = { readonly claim?: string; readonly pass?: string };

const args = ({ args }: NamedCall): Args => args as Args;
const steps = (owner: string, optional: readonly string[]): Fairness => ({
  calls: (call) =>
    [args(call).claim, args(call).pass].includes(owner) && !optional.includes(call.action),
});

/** A transaction that has begun goes on. */
const claimGoesOn = (claim: string) => steps(claim, ["AbortClaim", "Finish"]);
const passGoesOn = (pass: string) => steps(pass, ["LockNext", "LookAtOldest"]);

/** A pass that waits for the ring's row gets it, if it is free again and again. */
const rowIsFair = (pass: string): Fairness => ({
  calls: (call) => call.action === "AdvanceRing" && args(call).pass === pass,
  strong: true,
});

const claims = ["a", "b"];
const running = (claim: string) => (state: RaceState) =>
  !["committed", "finished", "aborted"].includes(state.claims[claim]!.at);

const forEver = async (model: Model, cfg: string, ...fairness: (readonly Fairness[])[]) => {
  const steps = await stepsOf(model, cfg);
  return fairness.map((f) => waitsForEver(steps, running("a"), f) !== undefined);
};

const onePass = [...claims.map(claimGoesOn), passGoesOn("m")];
const twoPasses: readonly Fairness[] = [...onePass, passGoesOn("n")];

test("ClaimPruneRace: with one pass, weak fairness ends every claim", async () => {
  expect(await forEver(claimPruneRace, "race-eventually.cfg", onePass)).toEqual([false]);
});

test("ClaimPruneRace: with two, one that waits for the ring's row must get it", async () => {
  const fair = [...twoPasses, rowIsFair("m"), rowIsFair("n")];
  expect(await forEver(claimPruneRace, "race-passes.cfg", fair, twoPasses)).toEqual([false, true]);
});

const endless: Readonly<Record<string, Model>> = {
  // A claim takes the other slot, and finds each time that it is not the current one.
  EveryClaimEnds: andThen(claimPruneRace, "ReadSlot", (after) => ({
    ...after,
    claims: Object.fromEntries(
      Object.entries(after.claims).map(([c, s]) =>
        s.at === "read" ? [c, { ...s, slot: (after.generation + 1) % 2 }] : [c, s],
      ),
    ),
  })),
};

test.each(Object.entries(endless))("ClaimPruneRace: %s breaks", async (_, model) => {
  expect(await forEver(model, "race-eventually.cfg", onePass)).toEqual([true]);
});
