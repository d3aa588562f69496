/** Each property that no witness configuration breaks is broken by one planted bug of the core. */

import { describe, expect, test } from "vitest";
import {
  actions,
  invariants,
  stepProperties,
  storageMachine,
  type ActionTable,
  type Scope,
} from "../../src/core/index.js";
import { explore } from "../../correctness/explore/explorer.js";
import { readScope } from "../../correctness/explore/scope.js";
import { propertyBugs } from "../../correctness/mutants/property-bugs.js";

const violationOf = (scope: Scope, property: string, mutant: Partial<ActionTable> = {}) =>
  explore(storageMachine(scope, { table: { ...actions, ...mutant } }), { properties: [property] })
    .violation;

describe("planted bugs", () => {
  test.each(Object.entries(propertyBugs))(
    "%s is broken, and by nothing else",
    async (name, { configuration, table }) => {
      const scope = await readScope(`${configuration}.cfg`);
      expect(violationOf(scope, name, table)?.property).toBe(name);
      expect(violationOf(scope, name)).toBeNull();
    },
  );

  test("a counterexample is the shortest, and replays", async () => {
    const { configuration, table } = propertyBugs.CursorNeverPassesUnspent!;
    const scope = await readScope(`${configuration}.cfg`);
    const found = violationOf(scope, "CursorNeverPassesUnspent", table);
    expect(found?.trace.map((t) => t.call?.action)).toEqual([
      undefined,
      "Enqueue",
      "AdvanceClaimCursor",
    ]);
    const last = found!.trace.at(-1)!.state;
    expect(invariants.CursorNeverPassesUnspent.holds(last)).toBe(false);
  });
});

test("every property says what a user loses", () => {
  for (const { loss } of Object.values({ ...invariants, ...stepProperties }))
    expect(loss).toMatch(/^[a-z]/);
});
