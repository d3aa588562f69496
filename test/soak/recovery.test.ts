/** How long faults last, and whether tables grow: what is measured, and what is too much. */

import { describe, expect, test } from "vitest";
import { Pace, Recoveries } from "../../correctness/soak/recovery.js";
import { Sizes } from "../../correctness/soak/sizes.js";

describe("faults", () => {
  test("last until work goes on", () => {
    let now = 0;
    const recoveries = new Recoveries(() => now);
    const ends = [recoveries.begin("kill"), recoveries.begin("kill"), recoveries.begin("kill")];
    for (const [i, end] of ends.entries()) {
      now = 100 * (i + 1);
      end();
      end();
    }
    expect(recoveries.of("kill")).toEqual({ count: 3, median: 200, worst: 300 });
    expect(recoveries.of("clock")).toEqual({ count: 0, median: 0, worst: 0 });
  });

  test("after which it does not are found", () => {
    let now = 0;
    const recoveries = new Recoveries(() => now);
    const end = recoveries.begin("death");
    now = 1_000;
    expect(recoveries.late(1_000)).toEqual([]);
    now = 1_001;
    expect(recoveries.late(1_000)).toEqual(["death"]);
    end();
    expect(recoveries.late(1_000)).toEqual([]);
  });
});

describe("the pace", () => {
  /** After how many steps it is back, if so many jobs are completed in each of them. */
  const back = (usual: number, ...after: readonly number[]): number | null => {
    const pace = new Pace();
    let found: number | null = null;
    const step = (jobs: number) => (pace.completed(jobs), pace.step());
    for (let i = 0; i < 20; i++) step(usual);
    let steps = 0;
    pace.whenBack(() => (found = steps));
    for (const jobs of after) {
      steps++;
      step(jobs);
    }
    return found;
  };

  test.each([
    ["is back at once, but for the step of the fault itself", [40, 40], 2],
    ["is back when it is half as much as usual", [0, 0, 19, 20], 4],
    ["is not back", [0, 0, 19, 19], null],
  ])("%s", (_, after, steps) => expect(back(40, ...after)).toBe(steps));

  test("where nothing is usual, one job is enough", () => expect(back(0, 0, 0, 1)).toBe(3));
});

describe("tables", () => {
  const megabyte = 1024 ** 2;
  const growth = (...sizes: readonly number[]): string | null => {
    const all = new Sizes();
    for (const size of sizes) all.add({ rings: size * megabyte, others: megabyte, dead: 0 });
    return all.growth;
  };
  const steps = (count: number, of: (i: number) => number) =>
    Array.from({ length: count }, (_, i) => of(i));

  test.each([
    ["stay as they are", steps(40, () => 10)],
    ["go up and down", steps(40, (i) => 10 + 8 * (i % 2))],
    ["come from nothing", steps(40, (i) => Math.min(i, 8))],
    ["are too few to say", steps(7, (i) => 100 * i)],
  ])("%s", (_, sizes) => expect(growth(...sizes)).toBeNull());

  test("grow", () => {
    expect(growth(...steps(40, (i) => i))).toBe(
      "the tables grew from 16.0 MB to 36.0 MB at constant load",
    );
  });
});
