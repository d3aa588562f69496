/** Any two operations meet in the core as in TLC, and meetings of wrong plans are told. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { explore } from "../../correctness/explore/explorer.js";
import { isShared, plansFile, type Recording } from "../../correctness/locks/files.js";
import { readManifest } from "../../correctness/tlc/manifest.js";
import { manifestFile } from "../../correctness/tlc/suite.js";
import { focusedMachine } from "../../src/core/machines/focused.js";
import { lockOrder } from "../../src/core/machines/lock-order.js";
import { sequence, type LockStep, type Plan } from "../../src/core/machines/lock-rules.js";

const { plans } = JSON.parse(readFileSync(plansFile(), "utf8")) as Recording;

type Change = (steps: readonly LockStep[], op: string) => readonly LockStep[];

/** Any two of the recorded plans, changed or as they are. */
const meeting = (change: Change = (steps) => steps) => {
  const changed = plans.map(({ operation: op, steps }): Plan => {
    const bare = steps.filter(isShared).map(({ on, mode, policy }) => ({ on, mode, policy }));
    return { op, steps: sequence(change(bare, op)) };
  });
  return explore(focusedMachine(lockOrder, { Size: 2, Plans: sequence(changed) }));
};

test("as many states and edges as TLC finds, and nothing is wrong", async () => {
  const entry = (await readManifest(manifestFile())).find(({ name }) => name === "lock-pairs")!;
  const { states, depth, edges, violation } = meeting();
  expect(violation).toBeNull();
  const verdict = "holds";
  expect({ verdict, distinct: states.length, depth, edges }).toEqual(entry.expect);
}, 240_000);

const waiting = (step: LockStep): LockStep =>
  step.policy === "nowait" ? { ...step, policy: "wait" } : step;

const wrong: Readonly<Record<string, readonly [property: string, change: Change]>> = {
  "an operation that locks its rows the other way round": [
    "NoDeadlock",
    (steps, op) => (op === "CancelReady" ? [...steps].reverse() : steps),
  ],
  "a rollup that waits": [
    "NoConvoy",
    (steps, op) => (op === "RollupTerminalCounts" ? steps.map(waiting) : steps),
  ],
  "maintenance that waits": ["NoConvoy", (steps) => steps.map(waiting)],
};

test.each(Object.entries(wrong))("%s is told", (_, [property, change]) => {
  expect(meeting(change).violation?.property).toBe(property);
});
