/** Configurations that grow: what is said of sizes that are given, and small ones in earnest. */

import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { growth, type Growth } from "../../correctness/bench/growth.js";
import { growthCommand, growthSectionOf } from "../../correctness/bench/growth-section.js";
import { grownText, SEED_CFG, ways, type Size } from "../../correctness/bench/sizes.js";
import { withGrowth } from "../../correctness/bench/readme.js";
import { specDir } from "../../correctness/explore/scope.js";
import { readmeFile } from "../../correctness/report/markdown.js";
import { readManifest } from "../../correctness/tlc/manifest.js";
import { manifestFile, positive } from "../../correctness/tlc/suite.js";
import { ran } from "../cli/fixture.js";

const small = { jobs: 1, lanes: 1, slots: 2 };
const seed = { jobs: 2, lanes: 1, slots: 2 };

const whole: Growth = {
  size: small,
  core: {
    ...{ states: 5_000, edges: 20_000, depth: 9, seconds: 0.25, whole: true },
    conformed: { databases: 400, walked: 400, checks: 12_000, seconds: 1.5 },
  },
  bytes: 120e6,
  tlc: { states: 5_000, seconds: 3.25, whole: true },
};
const cut: Growth = {
  size: seed,
  core: { states: 90_000, edges: 1, depth: 2, seconds: 5, whole: false, conformed: null },
  bytes: null,
  tlc: { states: 40_000, seconds: 5, whole: false },
};

describe("of sizes that are given", () => {
  test("a row for each, and the largest that was ended", () => {
    const half = { databases: 400, walked: 100, checks: 3_000, seconds: 5 };
    const partly = { ...whole, core: { ...whole.core, conformed: half } };
    const { rows, covered, verdict, note } = growthSectionOf(
      [whole, partly, cut],
      { limit: 5, ways },
      30,
    );
    expect(verdict).toBe("holds");
    expect(covered).toEqual({ configurations: 3, whole: 1, states: 5_000 });
    expect(note).toMatch(/5 seconds at most .* The largest .*: 1 job, 1 lane, 2 slots\. /);
    expect(rows[0]).toMatchObject({
      name: "1 job, 1 lane, 2 slots",
      wording: "all of it",
      facts: {
        ...{ states: 5_000, edges: 20_000, depth: 9, explorer: "0.3 s", MB: 120, TLC: "3.3 s" },
        ...{ databases: 400, checks: "12,000", conform: "1.5 s" },
      },
    });
    expect(rows[1]).toMatchObject({
      wording: "as far as it went",
      facts: { checks: "about 12,000", conform: "about 20 s" },
    });
    expect(rows[2]).toMatchObject({
      name: "2 jobs, 1 lane, 2 slots",
      wording: "as far as it went",
      facts: { states: "> 90,000", explorer: "> 5 s", TLC: "> 5 s", conform: "", MB: "" },
    });
  });

  test("the explorer and TLC have to agree where both know all states", () => {
    const other = { ...whole, tlc: { ...whole.tlc!, states: 4_999 } };
    const { verdict, findings } = growthSectionOf([other], { limit: 5, ways }, 30);
    expect(verdict).toBe("violated");
    expect(findings).toMatchObject([
      {
        title: "1 job, 1 lane, 2 slots: the explorer and TLC disagree",
        lines: ["explorer: 5,000 states", "TLC: 4,999 states"],
        replay: "ringproof bench --growth --limit 5",
      },
    ]);
    expect(growthSectionOf([cut], { limit: 5, ways }, 30).findings).toEqual([]);
  });
});

test("constants are replaced, and one that is not there is told of", async () => {
  const cfg = await readFile(join(specDir(), SEED_CFG), "utf8");
  expect(grownText(cfg, seed)).toBe(cfg);
  const grown = grownText(cfg, { jobs: 3, lanes: 2, slots: 4 });
  expect(grown).toContain('  Jobs = {j1, j2, j3}\n  Lanes = {"a", "b"}\n  QueueSlots = 4\n');
  expect(grown).toContain("  ClaimSlots = 4\n  LeaseSlots = 4\n");
  expect(() => grownText(cfg.replace("QueueSlots", "Slots"), seed)).toThrow(/sets no QueueSlots/);
});

test("each of jobs, lanes and slots grows, and nothing else with it", () => {
  const grows = (["jobs", "lanes", "slots"] as const).map((what) =>
    Object.values(ways).filter((sizes) =>
      sizes.every((size, i) => {
        const before = sizes[i - 1];
        return (!before || size[what] > before[what]) && isSame(size, { [what]: size[what] });
      }),
    ),
  );
  expect(grows.map((found) => found.length)).toEqual([1, 1, 1]);
});

const isSame = (size: Size, own: Partial<Size>) =>
  JSON.stringify(size) === JSON.stringify({ ...seed, ...own });

const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith("ringproof-growth-"));

test("small ones: the states of the manifest, and nothing that stays", async () => {
  const before = left();
  const [one, two] = (await growth({ limit: 40, ways: { jobs: [small, seed] } })) as [
    Growth,
    Growth,
  ];
  const entries = (await readManifest(manifestFile())).filter(positive);
  const { expect: expected } = entries.find(({ name }) => name === "batches")!;
  expect([two.core.states, two.core.depth]).toEqual([expected.distinct, expected.depth]);
  for (const { core, tlc } of [one, two]) {
    expect([core.whole, tlc!.whole]).toEqual([true, true]);
    expect(tlc!.states).toBe(core.states);
    expect(core.conformed!.checks).toBeGreaterThan(core.conformed!.walked);
  }
  expect(one.core.states).toBeLessThan(two.core.states);
  expect(one.core.conformed!.walked).toBe(one.core.conformed!.databases);
  expect(left()).toEqual(before);
}, 240_000);

test("the explorer alone: no server, and nothing of TLC", async () => {
  const asked = { limit: 15, explorerAlone: true, ways: { jobs: [small] } };
  const [{ core, tlc }] = (await growth(asked)) as [Growth];
  expect([core.whole, core.conformed, tlc]).toEqual([true, null, null]);
  expect(growthSectionOf([{ ...whole, tlc }], asked, 1)).toMatchObject({
    covered: { whole: 1 },
    rows: [{ wording: "all of it" }],
  });
});

test("what takes longer than it may is cut off, and what is larger is not begun", async () => {
  const grown = await growth({
    limit: 0.001,
    ways: { jobs: [seed, { ...seed, jobs: 3 }], slots: [small] },
  });
  expect(grown.map(({ size }) => size)).toEqual([seed, small]);
  const [{ core, tlc }] = grown as [Growth, Growth];
  expect([core.whole, core.conformed, tlc!.whole]).toEqual([false, null, false]);
});

test("the table of README.md", () => {
  const section = growthSectionOf([whole, cut], { limit: 5, ways }, 30);
  const how = { command: "ringproof bench --growth --limit 5", date: "2026-01-02" };
  const written = withGrowth("a\n<!-- growth -->\n\n<!-- end -->\nb\n", section, how);
  expect(written.split("\n")).toEqual([
    "a",
    "<!-- growth -->",
    "|  | states | edges | depth | explorer | MB | TLC | databases | checks | conform |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    "| 1 job, 1 lane, 2 slots | 5,000 | 20,000 | 9 | 0.3 s | 120 | 3.3 s | 400 | 12,000 | 1.5 s |",
    "| 2 jobs, 1 lane, 2 slots | > 90,000 |  |  | > 5 s |  | > 5 s |  |  |  |",
    "",
    expect.stringMatching(/^`npx ringproof bench --growth --limit 5`, 2026-01-02\. /),
    ...["<!-- end -->", "b", ""],
  ]);
  const shown = readFileSync(readmeFile(), "utf8");
  const head = written.split("\n").slice(1, 4).join("\n");
  expect(shown).toContain(`${head}\n| 1 job, 1 lane, 2 slots |`);
  expect(shown).toContain("\n`npx ringproof bench --growth --limit 60`, ");
});

test("the command says which of them", () => {
  const asked = { limit: 600, explorerAlone: true };
  expect(growthCommand({ ...asked, ways })).toBe("ringproof bench --growth --limit 600 --explorer");
  const { jobs, slots } = ways;
  expect(growthCommand({ limit: 5, ways: { jobs, slots } })).toBe(
    "ringproof bench --growth jobs slots --limit 5",
  );
});

test.each([
  [["--growth", "shards"], /argument 'shards' is invalid\. Give some of jobs, lanes, slots\./],
  [
    ["--growth", "--rounds", "2"],
    /'--growth \[ways...\]' cannot be used with option '--rounds <n>'/,
  ],
  [["--growth", "--checks"], /'--growth \[ways...\]' cannot be used with option '--checks'/],
  [
    ["--limit", "5", "--jobs", "9"],
    /'--growth \[ways...\]' cannot be used with option '--jobs <n>'/,
  ],
  [
    ["--explorer", "--checks"],
    /'--checks' cannot be used with option|cannot be used with option '--checks'/,
  ],
  [["--checks", "--write"], /cannot be used with option/],
  [["--limit", "0"], /'--limit <seconds>' argument '0' is invalid/],
])("%s is wrong usage", async (args, message) => {
  const { code, err } = await ran(["bench", ...args]);
  expect(code).toBe(2);
  expect(err).toMatch(message);
});
