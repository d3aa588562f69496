/** The bench of the checks: what it says of figures that are given, and a small one. */

import { describe, expect, test } from "vitest";
import { checksBench, large, type ChecksRound } from "../../correctness/bench/checks.js";
import { checksSectionOf } from "../../correctness/bench/checks-section.js";
import { PeakMemory } from "../../correctness/bench/memory.js";
import { readManifest } from "../../correctness/tlc/manifest.js";
import { manifestFile, positive } from "../../correctness/tlc/suite.js";
import { ran } from "../cli/fixture.js";

interface Given {
  readonly speed?: number;
  readonly bytes?: number | null;
  readonly check?: number;
  readonly schedule?: number;
}

/** A million states in 100 seconds of TLC, and round trips of half a millisecond. */
function given({ speed = 4, bytes = 600e6, check = 3, schedule = 38 }: Given = {}): ChecksRound {
  const states = 1e6;
  const trips = (count: number) => ({ count: 1_000, ms: count / 2, roundTripMs: 0.5 });
  const core = { states, seconds: 100 / speed, bytes };
  const tlc = { states, seconds: 100, bytes: 900e6 };
  return {
    explored: [{ name: "wide", core, tlc }],
    conform: trips(check),
    interleave: trips(schedule),
    calls: trips(9),
  };
}

const of = (...rounds: readonly Given[]) => checksSectionOf(rounds.map(given), 0.3, 12);

describe("of figures that are given", () => {
  test("a row for each goal, and a line for programs", () => {
    const { verdict, rows, line, note, findings } = of({});
    expect(verdict).toBe("holds");
    expect(findings).toEqual([]);
    expect(rows.map(({ name, facts }) => [name, facts])).toEqual([
      [
        "explorer on wide: over TLC's, states a second",
        { explorer: "40,000", TLC: "10,000", value: "4", goal: "≥ 3" },
      ],
      [
        "explorer on wide: memory a state, over TLC's",
        { explorer: "600", TLC: "900", value: "0.67", goal: "≤ 1" },
      ],
      [
        "conform, a check, in round trips",
        { "costs in all": "1.5 ms", "round trip": "0.5 ms", value: "3", goal: "≤ 4" },
      ],
      [
        "interleave, a schedule of two, in round trips",
        {
          "costs in all": "19 ms",
          "round trip": "0.5 ms",
          "its two calls alone": "18 round trips",
          value: "38",
          goal: "≤ 40",
        },
      ],
    ]);
    expect(line).toEqual({ explorerOverTlc: 4, conformRoundTrips: 3, interleaveRoundTrips: 38 });
    expect(note).toMatch(/TLC with 2 workers and a heap of 512 MB/);
  });

  test.each<[string, Given, RegExp]>([
    ["an explorer that is not three times as fast", { speed: 2.9 }, /states a second: 2\.9, /],
    ["an explorer that takes more memory", { bytes: 901e6 }, /memory a state, over TLC's: 1, /],
    ["checks that cost more", { check: 4.1 }, /^conform, a check, in round trips: 4\.1, /],
    ["schedules that cost more", { schedule: 41 }, /^interleave, .*: 41, and it is to be ≤ 40$/],
  ])("%s: found", (_, wrong, title) => {
    const { verdict, findings } = of(wrong);
    expect(verdict).toBe("violated");
    expect(findings).toMatchObject([
      { title: expect.stringMatching(title), replay: "ringproof bench --checks --rounds 1" },
    ]);
  });

  test("the median of the rounds counts", () => {
    expect(of({ speed: 1 }, { speed: 5 }, { speed: 6 }).line).toMatchObject({ explorerOverTlc: 5 });
    expect(of({ check: 9 }, { check: 2 }, { check: 3 }).verdict).toBe("holds");
  });

  test("memory that nobody tells of is not measured, and no goal is missed for it", () => {
    const { verdict, rows } = of({ bytes: null });
    expect(verdict).toBe("holds");
    expect(rows[1]).toMatchObject({ verdict: "not-run", facts: { value: "not measured" } });
  });
});

test("a small one measures everything", async () => {
  const said: string[] = [];
  const rounds = await checksBench({
    rounds: 1,
    large: ({ name }) => name === "rescue-leases" || name === "batches",
    conformed: "cursor",
    sample: 300,
    progress: (what) => said.push(what),
  });
  const [{ explored, conform, interleave, calls }] = rounds as [ChecksRound];
  const entries = (await readManifest(manifestFile())).filter(positive);
  for (const { name, core, tlc } of explored) {
    const { expect: expected } = entries.find((entry) => entry.name === name)!;
    expect(core.states).toBe(expected.distinct);
    expect(tlc.states).toBe(expected.distinct);
    expect(Math.min(core.seconds, tlc.seconds)).toBeGreaterThan(0);
    if (process.platform === "linux") expect(core.bytes! / tlc.bytes!).toBeLessThan(10);
  }
  expect(conform.count).toBeGreaterThan(20_000);
  expect(interleave.count).toBeGreaterThan(5);
  expect(calls.count).toBe(12);
  for (const { ms, roundTripMs } of [conform, interleave, calls])
    expect(ms).toBeGreaterThan(roundTripMs / 10);
  expect(said).toContain("round 1 of 1: conform cursor");
}, 240_000);

test("there are large configurations to explore", async () => {
  const all = (await readManifest(manifestFile())).filter(positive).filter(large);
  expect(all.map(({ name }) => name)).toContain("receipts");
  for (const { expect: expected } of all) expect(expected.distinct).toBeGreaterThan(100_000);
});

test.runIf(process.platform === "linux")("the peak of a process that runs", async () => {
  const peak = new PeakMemory();
  peak.watch(process.pid);
  await expect.poll(() => peak.bytes).toBeGreaterThan(10e6);
  peak.stop();
});

test.each([
  [["--only", "ringproof"], /'--checks' cannot be used with option '--only/],
  [["--long"], /'--checks' cannot be used with option '--long'/],
  [["--write"], /'--checks' cannot be used with option '--write'/],
])("--checks with %s is wrong usage", async (other, message) => {
  const { code, err } = await ran(["bench", "--checks", ...other]);
  expect(code).toBe(2);
  expect(err).toMatch(message);
});
