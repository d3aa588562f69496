/** Properties of StorageTransition, each broken by a planted bug of the core. */

import { describe, expect, test } from "vitest";
import { firstStuck } from "../../correctness/explore/drain.js";
import { explore } from "../../correctness/explore/explorer.js";
import type { NamedCall } from "../../src/core/index.js";
import type { FocusedModel } from "../../src/core/machines/focused.js";
import { storageTransition } from "../../src/core/machines/storage-transition.js";
import {
  backlog,
  type TransitionConstants,
  type TransitionState,
} from "../../src/core/machines/transition-fleet.js";
import { stepsOf, waitsForEver, type Fairness } from "./fair.js";
import { andThen, broken, machineOf } from "./planted.js";

type Model = FocusedModel<TransitionState, TransitionConstants>;

const cfg = "transition-drains.cfg";

/** What re-schedules itself stays in the engine that it was taken from. */
const stays: Model = andThen(storageTransition, "Reschedule", (after, before) => ({
  ...after,
  rows: after.rows.map((row, i) => ({ ...row, engine: before.rows[i]!.engine })),
}));

const planted: Readonly<Record<string, Model>> = {
  // The row in the old engine is left behind.
  WorkConserved: andThen(storageTransition, "Reschedule", (after, before) => ({
    ...after,
    rows: [...before.rows, ...after.rows.filter((row) => !before.rows.includes(row))],
  })),
  // The new engine is worked on as soon as its schema is there.
  ServedAtEntry: andThen(storageTransition, "Prepare", (after) => ({ ...after, phase: "mixed" })),
  // The last producer that switches ends the transition where there is no backlog.
  NobodyLeftBehind: andThen(storageTransition, "Switch", (after) =>
    backlog(after).length > 0 ? after : { ...after, phase: "segmented" },
  ),
};

test.each(Object.entries(planted))("StorageTransition: %s breaks", async (property, model) => {
  expect(await broken(storageTransition, cfg, property)).toBeUndefined();
  expect(await broken(model, cfg, property)).toBe(property);
});

describe("a mixed fleet drains the old engine", () => {
  const stuckIn = async (model: Model) =>
    firstStuck(explore(await machineOf(model, cfg), { keepEdges: true, properties: [] }));

  test("from every state the transition can be brought to its end", async () => {
    expect(await stuckIn(storageTransition)).toBeNull();
    expect(await stuckIn(stays)).not.toBeNull();
  });

  const jobs = ["once", "daily"];
  const is = (action: string, args: object) => (call: NamedCall) =>
    call.action === action &&
    Object.entries(args).every(([k, v]) => Reflect.get(call.args, k) === v);
  const ofJobs = (about: (job: string) => Fairness) => jobs.map(about);
  const fairness: Readonly<Record<string, readonly Fairness[]>> = {
    "starts executors": [{ calls: is("Start", { engine: "canonical" }) }],
    claims: ofJobs((job) => ({ calls: is("Claim", { job }), strong: true })),
    "ends attempts": ofJobs((job) => ({
      calls: (call) => is("Complete", { job })(call) || is("Reschedule", { job })(call),
      strong: true,
    })),
    rescues: ofJobs((job) => ({ calls: is("Rescue", { job }) })),
  };
  const waiting =
    (job: string) =>
    (state: TransitionState): boolean =>
      state.phase === "mixed" && backlog(state).some((row) => row.job === job);

  test("as long as the fleet is fair", async () => {
    const steps = await stepsOf(storageTransition, cfg);
    const all = Object.values(fairness).flat();
    for (const job of jobs) expect(waitsForEver(steps, waiting(job), all)).toBeUndefined();
  });

  test.each(Object.keys(fairness))("and not where nobody %s", async (name) => {
    const steps = await stepsOf(storageTransition, cfg);
    const rest = Object.entries(fairness).flatMap(([other, some]) => (other === name ? [] : some));
    for (const job of jobs) expect(waitsForEver(steps, waiting(job), rest)).toBeDefined();
  });

  test("and not where jobs come back to it", async () => {
    const steps = await stepsOf(stays, cfg);
    const all = Object.values(fairness).flat();
    expect(waitsForEver(steps, waiting("daily"), all)).toBeDefined();
    expect(waitsForEver(steps, waiting("once"), all)).toBeUndefined();
  });
});
