/** From rounds to medians, from medians to goals, and what is said of those that are missed. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { figures, reckoned, type FigureName } from "../../correctness/bench/figures.js";
import { goals, judged, line, type GoalName } from "../../correctness/bench/goals.js";
import { median, quantile } from "../../correctness/quantile.js";
import { withPerformance } from "../../correctness/bench/readme.js";
import { names } from "../../correctness/bench/requests.js";
import { sectionOf } from "../../correctness/bench/section.js";
import { exitCode } from "../../correctness/check.js";
import { readmeFile } from "../../correctness/report/markdown.js";
import { jsonLine } from "../../correctness/report/text.js";
import { benchedWith, options, roundOf, surroundings, type Figures } from "./rounds.js";

const judgedWith = (figures: Figures) => judged(reckoned(benchedWith(figures).rounds));

test("the median is in the middle, whatever the order", () => {
  expect([[3], [9, 1, 5], [4, 1, 3, 2], []].map(median)).toEqual([3, 5, 2.5, null]);
});

test("of a hundred latencies the p99 is the second highest", () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect([0, 0.5, 0.99, 1].map((part) => quantile(hundred, part))).toEqual([1, 50, 99, 100]);
  expect(quantile([], 0.99)).toBeNull();
});

describe("medians of the rounds", () => {
  const drains = [9_000, 20_000, 10_000];
  const rounds = drains.map((drain) => roundOf("ringproof", { drain: [drain, drain / 2] }));
  const { medians } = reckoned({ ringproof: rounds });

  test("one that is far off counts for nothing", () => {
    expect(medians.ringproof).toMatchObject({ drain: 10_000, pinnedDrain: 5_000, wal: 400 });
    expect(medians["pg-boss"]).toBeUndefined();
  });

  test("pinned and clean are compared within a round", () => {
    expect(medians.ringproof!.pinnedOverClean).toBe(0.5);
  });

  test("what nobody can tell is no figure", () => {
    const blind = roundOf("ringproof", { cpu: [null, null] });
    expect(reckoned({ ringproof: [blind, blind] }).medians.ringproof!.drainCpu).toBeNull();
  });
});

test("every goal that is met is met by figures that are good", () => {
  const all = judgedWith({});
  expect(Object.values(all).map(({ met }) => met)).toEqual(Object.keys(goals).map(() => true));
  expect(line(all)).toEqual({
    ...{ drainRatio: 1.05, cpuRatio: 0.95, pinnedDrainRatio: 2.6, pinnedCpuRatio: 0.38 },
    ...{ pinnedOverClean: 0.99, walRatio: 0.444, p99Ratio: 0.975 },
    ...{ appendOnlyDeadTuples: 0, workerRelationLockWaits: 0 },
  });
});

const waits = { logged: 0, sampled: 1, told: ["claim waits for a lock"] };
const bad: { readonly [G in GoalName]: Figures } = {
  cpuRatio: { cpu: [20.1, 19] },
  pinnedCpuRatio: { cpu: [19, 20.1] },
  pinnedOverClean: { drain: [11_000, 10_400] },
  drainRatio: { drain: [9_999, 10_400] },
  pinnedDrainRatio: { drain: [10_001, 9_999] },
  walRatio: { wal: 901 },
  p99: { p99: [40.1, 41] },
  pinnedP99: { p99: [39, 60.1] },
  appendOnlyDeadTuples: { dead: { ready_entries: 1 } },
  workerRelationLockWaits: { waits },
};

test.each(Object.entries(bad))(
  "%s is missed where its figure is bad, and no other",
  (name, worse) => {
    const missed = Object.entries(judgedWith(worse)).filter(([, { met }]) => met === false);
    expect(missed.map(([goal]) => goal)).toEqual([name]);
    const section = sectionOf(benchedWith(worse), options, 60);
    expect([section.verdict, exitCode([section.verdict])]).toEqual(["violated", 1]);
    expect(section.findings).toHaveLength(1);
    expect(section.rows.filter(({ wording }) => wording === "missed")).toHaveLength(1);
  },
);

test("of two ratios of p99 the worse is for programs", () => {
  expect(line(judgedWith({ p99: [20, 90] })).p99Ratio).toBe(1.5);
  expect(line(judgedWith({ p99: [60, 30] })).p99Ratio).toBe(1.5);
});

test("dead tuples of mutable tables are none of that goal, nor are those of a peer", () => {
  const { appendOnlyDeadTuples } = judgedWith({ dead: { lane_claim_heads: 400, leases: 3 } });
  expect(appendOnlyDeadTuples).toMatchObject({ value: 0, met: true });
});

test("one bad round is enough for dead tuples and for waits", () => {
  const [good, worse] = [roundOf("ringproof"), roundOf("ringproof", { dead: { lanes: 2 }, waits })];
  const result = reckoned({ ringproof: [good, worse, good] });
  expect(result).toMatchObject({ appendOnlyDeadTuples: 2, relationLockWaits: 1 });
  expect(result.waitedFor).toEqual(waits.told);
});

describe("without some of them", () => {
  const alone = { rounds: { ringproof: [roundOf("ringproof")] }, surroundings };

  test("no peer: what is compared to one is not measured, and nothing is missed", () => {
    const all = judged(reckoned(alone.rounds));
    const met = (name: GoalName) => all[name].met;
    expect([met("drainRatio"), met("walRatio"), met("p99")]).toEqual([null, null, null]);
    expect([met("pinnedOverClean"), met("appendOnlyDeadTuples")]).toEqual([true, true]);
    const section = sectionOf(alone, { ...options, only: ["ringproof"] }, 1);
    expect(section).toMatchObject({ verdict: "holds", covered: { goals: 3, missed: 0 } });
    expect(section.rows[0]).toMatchObject({ verdict: "not-run", facts: { "best peer": "none" } });
  });

  test("no engine: peers have no goals", () => {
    const all = judged(reckoned({ "plain-table": [roundOf("plain-table")] }));
    expect(Object.values(all).map(({ met }) => met)).toEqual(Object.keys(goals).map(() => null));
  });
});

describe("what is told", () => {
  const section = sectionOf(benchedWith({ waits, wal: 1_234 }), options, 60);

  test("a row for each goal, with the best peer by name", () => {
    const row = section.rows.find(({ name }) => name.startsWith("WAL"))!;
    const peer = "900 (plain table, deleting)";
    expect(row.facts).toEqual({
      ringproof: "1,234",
      "best peer": peer,
      value: "1.37",
      goal: "≤ 1",
    });
    const [wal, locks] = section.findings;
    expect(wal!.title).toBe("WAL per job, enqueue and drain: 1.37, and it is to be ≤ 1");
    expect(wal!.lines).toEqual(["ringproof: 1,234", `best peer: ${peer}`]);
    expect(locks!.lines).toEqual(["ringproof: 3", "claim waits for a lock"]);
    expect(wal!.replay).toBe("ringproof bench --rounds 3 --jobs 1000 --seconds 2");
  });

  test("a table of all figures, a column for each contestant, with what they keep", () => {
    const { head, rows } = section.exhibits![0]!;
    expect(head).toHaveLength(1 + names.length);
    expect(rows).toHaveLength(Object.keys(figures).length + 1);
    for (const row of rows) expect(row).toHaveLength(head.length);
    expect(rows.at(-1)!.slice(-2)).toEqual(["kept", "deleted"]);
  });

  test("sizes, machine and settings", () => {
    expect(section.note).toBe(
      "Medians of 3 rounds, backlogs of 1,000 jobs, 2 seconds of offers, calls of at most 500 " +
        "jobs, 4 workers. a processor, 2 cores, load 0.3 before it; Postgres 18.4 (embedded); " +
        "Node 22.1.0. fsync on, deadlock_timeout 10ms.",
    );
  });

  test("one line for programs", () => {
    const names = Object.keys(JSON.parse(jsonLine({ command: "bench", sections: [section] })));
    const ratios = ["drainRatio", "cpuRatio", "pinnedDrainRatio", "pinnedCpuRatio"];
    const others = ["appendOnlyDeadTuples", "workerRelationLockWaits"];
    expect(names).toEqual([...ratios, "pinnedOverClean", "walRatio", "p99Ratio", ...others]);
  });

  test("between its markers in a README, once more each time", () => {
    const readme = "a\n<!-- performance -->\nnothing\n<!-- end -->\nb\n";
    const once = withPerformance(readme, benchedWith({ wal: 1_234 }), options, "2020-02-02");
    expect(once).toMatch(/^a\n<!-- performance -->\n\| {2}\| ringproof \| pg-boss \|/);
    const peer = "900 (plain table, deleting)";
    expect(once).toContain(
      `| WAL per job, enqueue and drain | 1,234 | ${peer} | 1.37 | ≤ 1 | missed |`,
    );
    expect(once).toContain("| relation locks waited for | 0 |  | 0 | 0 | met |");
    expect(once).toContain("`npx ringproof bench --rounds 3 --jobs 1000 --seconds 2`, 2020-02-02.");
    expect(once).toMatch(/\n<!-- end -->\nb\n$/);
    const again = withPerformance(once, benchedWith({ wal: 1_234 }), options, "2020-02-02");
    expect(again).toBe(once);
  });
});

test("the table of the README is one that a bench writes", () => {
  const readme = readFileSync(readmeFile(), "utf8");
  const [, table = ""] = /<!-- performance -->\n([^]*?)<!-- end -->/.exec(readme)!;
  const written = withPerformance(readme, benchedWith(), options, "2020-02-02");
  const [, fresh = ""] = /<!-- performance -->\n([^]*?)<!-- end -->/.exec(written)!;
  const titlesIn = (text: string) => [...text.matchAll(/^\| (.*?) \|/gm)].map(([, title]) => title);
  expect(titlesIn(table)).toEqual(titlesIn(fresh));
  expect(table).toMatch(/`npx ringproof bench .*`, \d{4}-\d\d-\d\d\. Medians of /);
});

test("every figure is read from a round", () => {
  const round = roundOf("ringproof");
  for (const name of Object.keys(figures) as FigureName[])
    expect(figures[name].of(round), name).toEqual(expect.any(Number));
});
