/** No action and no refusal has a zero count in a whole run of C3, or of C4. */

import { describe, expect, test } from "vitest";
import { configs } from "../../correctness/conform/configs.js";
import { focusedAnswers, focusedConfigs } from "../../correctness/conform/focused-claim.js";
import { neverAnswered, newTally } from "../../correctness/conform/tally.js";
import { neverSeen } from "../../correctness/lockstep/claim.js";
import { readManifest } from "../../correctness/tlc/manifest.js";
import { manifestFile } from "../../correctness/tlc/suite.js";
import { actions, allAnswers, type ActionName } from "../../src/core/index.js";

const entries = (await readManifest(manifestFile())).filter((e) =>
  [...configs.quick, ...focusedConfigs.quick].includes(e.name),
);
const others = focusedAnswers(entries);
const outside = (answer: string) =>
  actions[answer.split(" ")[0] as ActionName]?.family === "environment";

describe("C3", () => {
  const tallyOf = (answers: readonly string[]) => {
    const tally = newTally();
    for (const answer of answers) tally.results.set(answer, 1);
    return tally;
  };
  const all = [...allAnswers.filter((a) => !outside(a)), ...others];

  test("says nothing where all came", () => {
    expect(others.length).toBeGreaterThan(3);
    expect(neverAnswered(tallyOf(all), others)).toEqual([]);
  });

  test.each(all)("names %s where it alone never came", (answer) => {
    const [finding, ...more] = neverAnswered(tallyOf(all.filter((a) => a !== answer)), others);
    expect(more).toEqual([]);
    expect(finding!.lines).toEqual([`never answered: ${answer}`]);
  });
});

describe("C4", () => {
  const whole = { tier: "quick", seed: 1, shard: { index: 1, count: 1 } } as const;
  const part = { ...whole, shard: { index: 1, count: 4 } };
  const seen = (answers: readonly string[], steps: number) => ({
    steps,
    counts: new Map(answers.map((answer) => [answer, 1])),
  });

  test("says nothing where all came", () => {
    expect(neverSeen(seen(allAnswers, 9_000), whole)).toEqual([]);
  });

  test.each(allAnswers)("names %s where it alone never came", (answer) => {
    const rest = allAnswers.filter((a) => a !== answer);
    const [finding, ...more] = neverSeen(seen(rest, 9_000), whole);
    expect(more).toEqual([]);
    expect(finding!.title).toBe(`never happened in the random runs: ${answer}`);
  });

  test("however few steps the whole tier makes; of a shard, only where they are enough", () => {
    expect(neverSeen(seen([], 1), whole)).toHaveLength(1);
    expect(neverSeen(seen([], 4_999), part)).toEqual([]);
    expect(neverSeen(seen([], 5_000), part)).toHaveLength(1);
  });
});
