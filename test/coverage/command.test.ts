/** `ringproof coverage`, and the line of `check`: the table, the verdict and the numbers. */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Claim, ClaimId, Context, Verdict } from "../../correctness/claims.js";
import type { Column } from "../../correctness/coverage/counts.js";
import { claimThat, finding, holding, ran, result } from "../cli/fixture.js";
import { counting, countsOf, items, without, type Often } from "./all.js";

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "ringproof-test-"));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

/** The claims, which count so; one of them may come to another verdict. */
const claimsThatCount = (
  often: Often,
  verdicts: Partial<Record<ClaimId, Verdict>> = {},
  seen: (id: ClaimId, context: Context) => void = () => undefined,
): readonly Claim[] =>
  holding().map(({ id }) => {
    const fills = counting.find((claim) => claim.id === id)?.fills;
    const own = claimThat(id, async (context) => {
      seen(id, context);
      const verdict = verdicts[id] ?? "holds";
      const counts = fills && { counts: countsOf({ fills }, often) };
      return { ...result(id, verdict, verdict === "violated" ? [finding] : []), ...counts };
    });
    return fills ? { ...own, fills } : own;
  });

const item = (name: string) => items.find((each) => each.name === name)!;
const missing = (name: string, column: Column) => claimsThatCount(without(item(name), column));
const line = (out: string, name: string) =>
  out.split("\n").find((each) => new RegExp(`^│ +${name} `).test(each));
const cells = (text: string | undefined) =>
  text!
    .split("│")
    .slice(1, -1)
    .map((c) => c.trim());

describe("coverage", () => {
  test("runs whoever counts, with labels, and prints what occurred where", async () => {
    const seen: [ClaimId, boolean | undefined][] = [];
    const all = claimsThatCount(
      ({ name, applies }, column) => (applies.includes(column) ? name.length * 1_000 : 0),
      {},
      (id, { labels }) => seen.push([id, labels]),
    );
    const { code, out, err } = await ran(["coverage", "--seed", "3"], all);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(seen).toEqual(["C1", "C2", "C3", "C4", "C5", "C7", "C8"].map((id) => [id, true]));
    expect(out).toMatch(/^ringproof coverage, tier quick, seed 3\n/);
    expect(cells(line(out, "Enqueue"))).toEqual(["Enqueue", ...Array(7).fill("7,000")]);
    expect(cells(line(out, "PassTime"))).toEqual([
      "PassTime",
      "8,000",
      "8,000",
      "",
      "8,000",
      "",
      "",
      "8,000",
    ]);
    expect(cells(line(out, "NoTokenTwice"))).toEqual(["NoTokenTwice", ...Array(3).fill("12,000")]);
    expect(cells(line(out, "find_same"))).toEqual(["find_same", ...Array(4).fill("20,000")]);
    expect(out).toMatch(
      new RegExp(`│ coverage │ everything occurs .* ${items.length} items .* holds`),
    );
  });

  test.each<readonly [string, Column, string]>([
    ["Snooze", "TLC", "actions never taken"],
    ["Enqueue uniqueConflict", "core", "answers never given"],
    ["BodiesRetained", "TLC", "properties never looked at"],
    ["move_ready.find_same", "conform", "statements never executed"],
    ["claim.read_heads", "lockstep", "statements never executed"],
    ["PruneLeases blocked", "interleave", "answers never given"],
    ["RescueStaleLeases", "trace", "actions never taken"],
    ["NoTokenTwice", "mutants", "property: broken by nobody"],
  ])("%s, never in %s: it is named, and what to do", async (name, column, what) => {
    const { code, out } = await ran(["coverage"], missing(name, column));
    expect(code).toBe(1);
    const [, found] = out.split("coverage is violated\n");
    const [title, ...lines] = found!.trimEnd().split("\n");
    expect(title).toBe(`✗ ${column}: ${what}: ${name}`);
    expect(lines.at(-1)).toBe("    replay: npx ringproof coverage --tier quick --seed 1");
    expect(out.match(/✗ 0/g)).toHaveLength(1);
    expect(out).toContain("1 zeros");
  });

  test("a claim that is violated is told first, and what it did not come to is open", async () => {
    const all = claimsThatCount(without(item("Retry waiting"), "lockstep"), { C4: "violated" });
    const { code, out } = await ran(["coverage"], all);
    expect(code).toBe(1);
    expect(out).toContain("C4 is violated\n");
    expect(out).toContain(
      "coverage was not run: C4 is violated: what is missing there is not known.",
    );
    expect(out).not.toContain("✗ 0");
    expect(out.match(/ \?/g)).toHaveLength(1);
  });

  test("--json: the numbers by item and column; --report: a row for each item", async () => {
    const dir = join(scratch, "report");
    const args = ["coverage", "--json", "--report", dir, "--pg", "postgres://h/x"];
    const { code, out, err } = await ran(args, missing("Claim empty", "conform"));
    expect(code).toBe(1);
    expect(err).toContain("--tier quick --seed 1 --pg postgres://h/x");
    const { claims } = JSON.parse(out);
    const coverage = claims.at(-1);
    expect(coverage).toMatchObject({ id: "coverage", verdict: "violated", covered: { zeros: 1 } });
    const numbers = { core: 1, conform: 0, lockstep: 1, interleave: 1, trace: 1 };
    expect(coverage.numbers["Claim empty"]).toEqual(numbers);
    expect(Object.keys(coverage.numbers)).toHaveLength(items.length);
    const page = await readFile(join(dir, "index.html"), "utf8");
    for (const { name } of items) expect(page).toContain(`<td>${name}</td>`);
    const junit = await readFile(join(dir, "junit.xml"), "utf8");
    expect(junit).toContain("Claim empty is violated");
  });
});

describe("check", () => {
  test("has a line for it, without labels in conform and lockstep", async () => {
    const seen: (boolean | undefined)[] = [];
    const often = without(item("move_ready.find_same"), "conform");
    const all = claimsThatCount(often, {}, (_, { labels }) => seen.push(labels));
    const { code, out } = await ran(["check"], all);
    expect(code).toBe(0);
    expect(new Set(seen)).toEqual(new Set([false]));
    expect(out).toMatch(new RegExp(`│ coverage │ everything .* ${items.length} items .* holds`));
  });

  test("a zero is a violation", async () => {
    const { code, out } = await ran(["check"], missing("Claim empty", "interleave"));
    expect(code).toBe(1);
    expect(out).toMatch(/│ coverage .* violated/);
    expect(out).toContain("✗ interleave: answers never given: Claim empty\n");
  });

  test("no line where a shard is checked, or nobody counts", async () => {
    const shard = await ran(["check", "--shard", "1/2"], missing("Claim empty", "interleave"));
    for (const { code, out } of [shard, await ran(["check"])]) {
      expect(code).toBe(0);
      expect(out).not.toContain("coverage");
    }
  });
});
