/** Every two operations meet; of an operation that somebody names only what it meets. */

import { describe, expect, test } from "vitest";
import { Explainer } from "../../correctness/interleave/explain.js";
import { kinds, nameOf, pairs } from "../../correctness/interleave/cases.js";
import { operations } from "../../correctness/interleave/places.js";
import { extents, planFor } from "../../correctness/interleave/plan.js";
import { quadruples, triples } from "../../correctness/interleave/groups.js";
import { tiers } from "../../correctness/claims.js";
import { replay } from "../../correctness/explore/explorer.js";
import { allAnswers, encodeDb, storageMachine, wordsOf } from "../../src/core/index.js";

const { work, missing } = planFor(extents.quick, []);

test("every pair, an operation with itself included, in three states, and more in one", () => {
  expect(missing).toEqual([]);
  expect(pairs).toHaveLength((operations.length * (operations.length + 1)) / 2);
  for (const [names, states] of [
    [pairs.map(nameOf), extents.quick.states],
    [[...triples, ...quadruples].map(({ calls }) => nameOf(calls)), extents.quick.groupStates],
  ] as const)
    for (const name of names) {
      const met = work.filter((w) => w.name === name);
      expect(new Set(met.map(({ state }) => state)).size).toBe(states);
    }
});

test("each state is the one to which its calls lead", () => {
  for (const { way, state, scope } of work) {
    const reached = replay(way, storageMachine(scope)).at(-1)!.state;
    expect(encodeDb(reached.db, scope)).toBe(encodeDb(state.db, scope));
  }
});

test("most pairs are there with both succeeding, and with one that is refused", () => {
  const of = (kind: string) => new Set(work.filter((w) => w.kind === kind).map((w) => w.name)).size;
  const [both, , refused] = kinds;
  expect(of(both!)).toBeGreaterThan(pairs.length / 2);
  expect(of(refused!)).toBeGreaterThan(pairs.length / 2);
});

test("every answer is given in some order of some of them", () => {
  const given = new Set(
    work.flatMap(({ state, calls, scope }) =>
      new Explainer(state, calls, scope).serials.flatMap(({ outcomes }) =>
        outcomes.flatMap((o, i) => wordsOf(o).map((word) => `${calls[i]!.action} ${word}`)),
      ),
    ),
  );
  const wanted = allAnswers.filter((answer) => {
    const [action] = answer.split(" ");
    return operations.some((name) => name === action) && !/^(Enqueue|Comp.*) empty$/.test(answer);
  });
  expect(wanted.length).toBeGreaterThan(70);
  expect(wanted.filter((answer) => !given.has(answer))).toEqual([]);
});

describe("names", () => {
  test("one: whatever meets it", () => {
    const names = new Set(planFor(extents.quick, ["PurgeDlq"]).work.map(({ name }) => name));
    expect(names.size).toBe(operations.length);
    for (const name of names) expect(name).toContain("PurgeDlq");
  });

  test("several: what they are when they meet each other", () => {
    const names = planFor(extents.quick, ["CancelReady", "Claim"]).work.map(({ name }) => name);
    expect([...new Set(names)]).toEqual([
      "Claim × Claim",
      "Claim × CancelReady",
      "CancelReady × CancelReady",
      "Claim × Claim × CancelReady",
    ]);
  });
});

test("no tier covers less than the one before", () => {
  const sizes = tiers.map((tier) => extents[tier]);
  for (const [less, more] of sizes.slice(1).map((more, i) => [sizes[i]!, more] as const))
    for (const key of ["starts", "states", "groupStates", "atMost", "switches"] as const)
      expect(more[key]).toBeGreaterThanOrEqual(less[key]);
});
