/** What is said of two plans that are not the same. */

import { describe, expect, test } from "vitest";
import { differenceFindings } from "../../correctness/locks/claim.js";
import { differences, parting } from "../../correctness/locks/compare.js";
import { distinct, moduleText, plansOf, plansText } from "../../correctness/locks/files.js";
import { callKinds, type Plan, type Step } from "../../correctness/locks/plan.js";

const step = (label: string, on: string, more: Partial<Step> = {}): Step => ({
  label: `f.${label}`,
  on,
  mode: "RowShareLock",
  policy: "wait",
  ...more,
});
const [a, b, c] = [step("x", "a"), step("y", "b"), step("z", "c")];

describe("where two plans part", () => {
  test("nowhere", () => expect(parting([a, b], [a, b])).toBeNull());

  test("at a lock that is not taken any more", () => {
    expect(parting([a, b, c], [a, c])).toEqual({
      label: "f.y",
      expected: "RowShareLock on b",
      found: "no lock here",
      more: [],
    });
  });

  test("at one more lock", () => {
    expect(parting([a, c], [a, b, c])).toMatchObject({
      label: "f.y",
      expected: "no lock here",
      found: "RowShareLock on b",
    });
  });

  test("at two locks in another order", () => {
    expect(parting([a, b, c], [a, c, b])).toEqual({
      label: "f.z",
      expected: "RowShareLock on b, after f.y",
      found: "RowShareLock on c",
      more: [],
    });
  });

  test.each([
    ["mode", step("y", "b", { mode: "ShareLock" }), "ShareLock on b"],
    ["policy", step("y", "b", { policy: "nowait" }), "RowShareLock on b (nowait)"],
    ["statement", step("z", "b"), "RowShareLock on b, after f.z"],
    [
      "end: it is given back",
      step("y", "b", { mode: "Release", policy: "RowShareLock" }),
      "gives RowShareLock on b back",
    ],
  ])("at another %s", (_, other, found) => {
    expect(parting([a, b, c], [a, other, c])).toMatchObject({
      label: "f.y",
      expected: "RowShareLock on b",
      found,
    });
  });

  test("before the end of either", () => {
    expect(parting([a], [a, b])).toMatchObject({ label: "f.y", expected: "no lock here" });
    expect(parting([a, b], [a])).toMatchObject({ label: "f.y", found: "no lock here" });
  });

  test("and what else has changed", () => {
    const d = step("z", "d");
    expect(parting([a, b, c], [d])?.more).toEqual([
      "no longer taken: RowShareLock on b, after f.y",
      "no longer taken: RowShareLock on c, after f.z",
    ]);
    const many = Array.from({ length: 6 }, (_, i) => step("z", `t${i}`));
    expect(parting([a], [a, ...many])?.more.at(-1)).toBe("newly taken: 2 more");
  });
});

const plan = (steps: readonly Step[], more: Partial<Plan> = {}): Plan => ({
  operation: "Claim",
  situation: "one ready job",
  call: "first",
  steps,
  ...more,
});
const inEveryCall = (steps: readonly Step[], more: Partial<Plan> = {}) =>
  callKinds.map((call) => plan(steps, { call, ...more }));

describe("differences", () => {
  const disk = distinct(inEveryCall([a, b]));
  const of = (recorded: readonly Plan[]) => differences(disk, recorded, ["Claim"]);

  test("none", () => expect(of(inEveryCall([a, b]))).toEqual([]));

  test("the same in every call is one", () => {
    expect(of(inEveryCall([a]))).toMatchObject([{ situation: "one ready job", calls: callKinds }]);
  });

  test("in the generic call only", () => {
    const recorded = [...inEveryCall([a, b]).slice(0, 2), plan([b], { call: "generic" })];
    expect(of(recorded)).toMatchObject([{ calls: ["generic"] }]);
  });

  test("a situation that is gone, and one that is new", () => {
    expect(of(inEveryCall([a], { situation: "none" }))).toMatchObject([
      { situation: "none", expected: "no such call", found: "one" },
      { situation: "one ready job", expected: "such a call", found: "none" },
    ]);
  });

  test("not of operations that were not recorded", () => {
    expect(differences(disk, [], ["Enqueue"])).toEqual([]);
  });

  test("a finding names operation, label and lock, and counts its situations", () => {
    const more = distinct(["x", "y"].flatMap((s) => inEveryCall([a, b], { situation: s })));
    const recorded = ["x", "y"].flatMap((s) => inEveryCall([a], { situation: s }));
    expect(differenceFindings(differences(more, recorded, ["Claim"]))).toMatchObject([
      {
        title: "Claim, after f.y: expected RowShareLock on b, found no lock here",
        lines: ["in x (every call)", "and in 1 more"],
        replay: "ringproof locks Claim",
      },
    ]);
  });
});

describe("on disk", () => {
  const plans = [...inEveryCall([a, b]), ...inEveryCall([a, b], { situation: "two" })];
  const recording = { postgres: 18, plans: distinct([...plans, plan([], { situation: "none" })]) };

  test("plans that lock the same are one, and come back as they were", () => {
    expect(recording.plans).toHaveLength(2);
    expect(recording.plans.flatMap(plansOf)).toHaveLength(7);
    expect(JSON.parse(plansText(recording))).toEqual(recording);
  });

  test("one line for each step", () => {
    const line = '{ "label": "f.x", "on": "a", "mode": "RowShareLock", "policy": "wait" }';
    expect(
      plansText(recording)
        .split("\n")
        .map((l) => l.trim()),
    ).toContain(`${line},`);
  });

  test("the module has each list of locks once, whatever their labels", () => {
    const relabelled = distinct([...plans, plan([step("w", "a"), b], { situation: "three" })]);
    const text = moduleText({ postgres: 18, plans: relabelled });
    expect(text.match(/\[op \|->/g)).toHaveLength(1);
    expect(text).toContain('Wait("a", "RowShareLock"),\n      Wait("b", "RowShareLock") >>]');
    expect(text).toMatch(/\\\* one ready job; first, planning, generic\n.*two; .*\n.*three; first/);
  });

  test("policies and releases have operators of their own", () => {
    const steps = [
      step("x", "a", { policy: "nowait" }),
      step("x", "b", { policy: "skip" }),
      step("x", "a", { mode: "Release", policy: "RowShareLock" }),
    ];
    const text = moduleText({ postgres: 18, plans: distinct([plan(steps)]) });
    expect(text).toContain('NoWait("a", "RowShareLock")');
    expect(text).toContain('Skip("b", "RowShareLock")');
    expect(text).toContain('Release("a", "RowShareLock") >>]');
    const empty = moduleText({ postgres: 18, plans: distinct([plan([])]) });
    expect(empty).toContain("steps |-> << >>]");
  });
});
