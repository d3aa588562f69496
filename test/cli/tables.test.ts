/** What the tables of the real commands say, and the line above them while they work. */

import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { claims } from "../../correctness/registry.js";
import { wordingOf } from "../../correctness/tlc/claim.js";
import type { ManifestEntry } from "../../correctness/tlc/manifest.js";
import type { TlcResult } from "../../correctness/tlc/outcome.js";
import { witnessOf } from "../../correctness/witness/generate.js";
import { sectionOf } from "../../correctness/witness/section.js";
import { shapes } from "../../correctness/witness/shapes.js";
import { openPostgres } from "../../src/postgres/server.js";
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

test("locks: a row for each operation", async () => {
  const rows = await tableOf("locks", "PurgeDlq", "RotateClaims");
  expect(Object.keys(rows)).toEqual(["PurgeDlq", "RotateClaims"]);
  expect(rows["PurgeDlq"]).toMatchObject({ calls: "alike", differences: "0", verdict: "holds" });
});

test("lockstep: the columns say what is counted", async () => {
  const [row] = Object.values(await tableOf("lockstep", "--shard", "1/40"));
  expect(row).toMatchObject({ "random runs": "1", verdict: "holds" });
  expect(Number(row!["steps of all runs"])).toBeGreaterThan(100);
  expect(row!["kinds of answers"]).toMatch(/^\d+ of \d+$/);
  expect(row!["Postgres"]).toMatch(/^\d+\.\d+$/);
});

test("conform: what the shard has nothing of is empty; all of it, wrong usage", async () => {
  const server = await openPostgres({ kind: "embedded" });
  onTestFinished(() => server.stop());
  const last = ["--shard", "90/90", "--pg", server.url];
  const rows = await tableOf("conform", "cursor", "claimer-lease", ...last);
  expect(rows["cursor"]).toMatchObject({ databases: "0", verdict: "empty" });
  expect(rows["claimer-lease"]).toMatchObject({ databases: "2", verdict: "holds" });
  const { code, out, err } = await ran(["conform", "cursor", ...last], claims);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(
    /^error: There is nothing to do in shard 90\/90: there is work for \d of the/,
  );
});

describe("witness", () => {
  test("a row each: how long it is, and what Postgres and TLC say", async () => {
    const rows = await tableOf("witness", "dlq-retry", "receipt-only-cancel");
    const agreed = { Postgres: "agrees", TLC: "accepts", verdict: "holds" };
    expect(rows).toMatchObject({
      "receipt-only-cancel": { configuration: "callbacks", steps: "4", ...agreed },
      "dlq-retry": { configuration: "dlq", steps: "6", ...agreed },
    });
  });

  test("one alone is shown call by call, with what is to be seen", async () => {
    const { code, out, err } = await ran(["witness", "receipt-only-cancel", "--json"], claims);
    expect(code).toBe(0);
    const [, shown] = err.split("\n\n");
    expect(shown!.split("\n").map((line) => line.trim().replace(/ {2,}/g, " | "))).toEqual([
      "Cancelling an attempt that has nothing but a receipt closes it, and its worker finds out.",
      "1 | Enqueue(a, j1) | enqueued j1",
      "2 | Claim(a, 1, 99) | claimed j1/1 | the job is handed out at run lease 1",
      "3 | CancelRunning(j1) | cancelled | it is cancelled while it has only its receipt",
      "4 | Complete(j1/1) | answered stale | its worker is told that it is over",
      "",
    ]);
    expect(JSON.parse(out).claims).toMatchObject([
      { id: "witness", verdict: "holds", covered: { witnesses: 1, steps: 4 } },
    ]);
  });

  test("a violation names witness, step and action, and shows the way there", async () => {
    const found = await Promise.all(shapes.slice(0, 2).map((shape) => witnessOf(shape)));
    const [snooze, rescue] = found.map((witness) => {
      const { shape } = witness!;
      return { shape, witness, seconds: 0, diverged: null, rejected: null };
    });
    const rejected = { ...snooze!, rejected: { step: 3, instead: null } };
    const lost = { ...rescue!, witness: null };
    const { verdict, rows, findings } = sectionOf([rejected, lost], 1);
    expect(verdict).toBe("violated");
    expect(rows).toMatchObject([
      { name: "snooze", verdict: "violated", facts: { TLC: "rejects step 3" } },
      { name: "receipt-rescue", verdict: "violated", facts: { steps: "none found" } },
    ]);
    expect(findings).toMatchObject([
      {
        title: "Enqueue(a, j1) → Claim(a, 1, 99) → Snooze(j1/1, wait 1)",
        lines: [
          "snooze in timeouts: TLC rejects step 3, Snooze(j1/1, wait 1)",
          "in the spec it is not enabled here",
        ],
        replay: "ringproof witness snooze",
      },
      {
        title: "no behaviour of the core within zombies is a receipt-rescue",
        replay: "ringproof witness receipt-rescue",
      },
    ]);
  });
});
