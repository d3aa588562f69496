/** Progress without a terminal: silent at first, then a line every five seconds. */

import { expect, test } from "vitest";
import { PlainProgress } from "../../correctness/report/progress.js";

/** Every line with its time in seconds, when `report` is called ten times a second. */
function linesOf(seconds: number, report: (p: PlainProgress, second: number) => void) {
  let now = 0;
  const lines: [number, string][] = [];
  const write = (text: string) => void lines.push([now / 1000, text]);
  const progress = new PlainProgress(write, () => now);
  for (; now < seconds * 1000; now += 100) report(progress, now / 1000);
  return lines;
}

const lastOf = (...run: Parameters<typeof linesOf>): string => linesOf(...run).at(-1)![1];

test("what is over within two seconds says nothing", () => {
  expect(linesOf(2, (p, second) => p.report("C3", "databases", second, 10))).toEqual([]);
});

test("a line at two seconds, then one every five, with rate and estimate", () => {
  const lines = linesOf(20, (p, second) => p.report("C3", "databases", second * 100, 5000));
  expect(lines).toEqual([
    [2, "C3 databases 200 of 5,000, 100/s, about 48 s left\n"],
    [7, "C3 databases 700 of 5,000, 100/s, about 43 s left\n"],
    [12, "C3 databases 1,200 of 5,000, 100/s, about 38 s left\n"],
    [17, "C3 databases 1,700 of 5,000, 100/s, about 33 s left\n"],
  ]);
});

test("where nobody knows the end there is no estimate", () => {
  const line = lastOf(3, (p, second) => p.report("C1", "TLC slots", second * 1000));
  expect(line).toBe("C1 TLC slots 2,000, 1,000/s\n");
});

test("a part of which nobody knows the end stands beside the whole", () => {
  const line = lastOf(3, (p, second) => {
    p.report("C1", "configurations", 3, 13);
    p.report("C1", "TLC slots", second * 1000);
  });
  expect(line).toMatch(/^C1 configurations 3 of 13( · TLC slots 1,900, 1,000\/s)?\n$/);
});

test("what only has a name is one", () => {
  const line = lastOf(3, (p) => p.report("C1", "fetching the jar", 0));
  expect(line).toBe("C1 fetching the jar\n");
});

test("a slow rate keeps a digit, and a long time is told in minutes", () => {
  const line = lastOf(8, (p, second) => p.report("C3", "runs", second * 0.5, 600));
  expect(line).toBe("C3 runs 3.5 of 600, 0.5/s, about 20 min left\n");
});
