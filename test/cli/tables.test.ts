/** What the tables of the real commands say, and the line above them while they work. */

import { afterEach, describe, expect, test, vi } from "vitest";
import { claims } from "../../correctness/registry.js";
import { wordingOf } from "../../correctness/tlc/claim.js";
import type { ManifestEntry } from "../../correctness/tlc/manifest.js";
import type { TlcResult } from "../../correctness/tlc/outcome.js";
import { ran } from "./fixture.js";

afterEach(() => vi.restoreAllMocks());

/** The rows by name, cells by column. */
async function tableOf(...args: string[]): Promise<Record<string, Record<string, string>>> {
  const { code, out } = await ran(args, claims);
  expect(code).toBe(0);
  const lines = out.split("\n").filter((line) => line.startsWith("│"));
  const [head, ...rows] = lines.map((line) =>
    line
      .split("│")
      .slice(1, -1)
      .map((c) => c.trim()),
  );
  const byColumn = (row: string[]) => Object.fromEntries(head!.map((name, i) => [name, row[i]!]));
  return Object.fromEntries(rows.map((row) => [row[0]!, byColumn(row)]));
}

test("tlc: a witness is violated as expected, and does not hold", async () => {
  const rows = await tableOf("tlc", "cursor", "spent-battery");
  expect(rows["cursor"]).toMatchObject({ states: "97", depth: "10", verdict: "holds" });
  expect(rows["spent-battery"]).toMatchObject({
    steps: "6",
    verdict: "violates NoTokenTwice, as expected",
  });
});

describe("tlc: the words for what came out", () => {
  const holds = { expect: { verdict: "holds" } } as ManifestEntry;
  const violates = { expect: { verdict: "violated", property: "P" } } as ManifestEntry;
  const of = (name?: string) => (name ? { violated: { name } } : {}) as TlcResult;

  test.each([
    [holds, of(), true, "holds"],
    [holds, of(), false, "not as expected"],
    [holds, of("Q"), false, "violates Q, not as expected"],
    [violates, of("P"), true, "violates P, as expected"],
    [violates, of("P"), false, "violates P, not as expected"],
    [violates, of("Q"), false, "violates Q, not as expected"],
    [violates, of("Q"), true, "violates Q, not as expected"],
    [violates, of(), false, "not as expected"],
    [violates, of(), true, "no violation found"],
  ])("%#", (entry, found, ok, words) => {
    expect(wordingOf(entry, found, ok)).toBe(words);
  });
});

test("graph: the seconds of TLC and of the core, and both with the comparison", async () => {
  const row = (await tableOf("graph", "slots"))["slots"]!;
  const [tlc, core, all] = ["TLC seconds", "core seconds", "seconds"].map((c) => Number(row[c]));
  expect(tlc).toBeGreaterThan(0);
  expect(core).toBeGreaterThan(0);
  expect(all).toBeGreaterThanOrEqual(tlc! + core! - 0.11);
});

test("explore: progress names the claim once", async () => {
  let now = 0;
  vi.spyOn(Date, "now").mockImplementation(() => (now += 3_000));
  const { err } = await ran(["explore", "slots"], claims);
  expect(err).toMatch(/^C2 explore slots [\d,]+/m);
  expect(err).not.toContain("explore explore");
});

test("lockstep: the columns say what is counted", async () => {
  const [row] = Object.values(await tableOf("lockstep", "--shard", "1/40"));
  expect(row).toMatchObject({ "random runs": "1", verdict: "holds" });
  expect(Number(row!["steps of all runs"])).toBeGreaterThan(100);
  expect(row!["kinds of answers"]).toMatch(/^\d+ of \d+$/);
  expect(row!["Postgres"]).toMatch(/^\d+\.\d+$/);
});
