/** Properties of the core; which bug breaks which is in test/mutants/core-bugs.test.ts. */

import { expect, test } from "vitest";
import { explore } from "../../correctness/explore/explorer.js";
import { readScope } from "../../correctness/explore/scope.js";
import { coreBugs } from "../../correctness/mutants/core-bugs.js";
import { actions, invariants, stepProperties, storageMachine } from "../../src/core/index.js";

test("a counterexample is the shortest, and replays", async () => {
  const scope = await readScope("lifecycle.cfg");
  const table = { ...actions, ...coreBugs["cursor-jumps"] };
  const properties = ["CursorNeverPassesUnspent"];
  const { violation } = explore(storageMachine(scope, { table }), { properties });
  expect(violation?.trace.map((t) => t.call?.action)).toEqual([
    undefined,
    "Enqueue",
    "AdvanceClaimCursor",
  ]);
  const last = violation!.trace.at(-1)!.state;
  expect(invariants.CursorNeverPassesUnspent.holds(last)).toBe(false);
});

test("every property says what a user loses", () => {
  for (const { loss } of Object.values({ ...invariants, ...stepProperties }))
    expect(loss).toMatch(/^[a-z]/);
});
