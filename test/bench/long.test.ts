/** Minutes that nobody has waited for: phases, curves, and what is wrong in them. */

import { XMLParser, XMLValidator } from "fast-xml-parser";
import { describe, expect, test } from "vitest";
import { beginOf, phaseNames, type Lasted } from "../../correctness/bench/long.js";
import { longSectionOf } from "../../correctness/bench/long-section.js";
import { Latencies } from "../../correctness/bench/offers.js";
import type { Name } from "../../correctness/bench/requests.js";
import { page } from "../../correctness/report/page.js";
import { ceiling, svg, type Plot } from "../../correctness/report/plot.js";
import { surroundings } from "./rounds.js";

const none = { logged: 0, sampled: 0, told: [] };
const seconds = Array.from({ length: 60 }, (_, at) => {
  const pinned = at >= 24 && at < 48;
  return pinned ? { completed: 790, p99: 90 } : { completed: 800, p99: 30 };
});

/** A character of a picture is no wider than this. */
const GLYPH = 8;

/** A minute in which 10 jobs a second are left while it is pinned. */
const minuteOf = (name: Name, some: Partial<Lasted> = {}): Lasted => ({
  name,
  seconds: [...seconds, { completed: 240, p99: 400 }],
  dead: seconds.map((_, at) => ({ at, tuples: { jobs: 10 * at, ready_entries: 0 } })),
  waits: { "warm-up": none, clean: none, pinned: none, recovery: none },
  ...some,
});

const sectionOf = (...lasted: readonly Lasted[]) =>
  longSectionOf({ lasted, surroundings }, { minutes: 1, only: ["ringproof", "plain-table"] }, 120);

test("the phases are parts of the time, one after the other", () => {
  expect(phaseNames.map((name) => Math.round(beginOf(name, 60)))).toEqual([0, 6, 24, 48]);
});

test("a row for each contestant and phase: medians, the worst, what is left", () => {
  const section = sectionOf(minuteOf("ringproof"), minuteOf("plain-table"));
  expect(section.verdict).toBe("holds");
  expect(section.rows).toHaveLength(8);
  const [, clean, pinned, recovery] = section.rows.map(({ facts }) => facts);
  expect(clean).toMatchObject({ "jobs/s": 800, backlog: 0, "p99 ms": 30, "dead tuples": 230 });
  expect(pinned).toMatchObject({ "jobs/s": 790, backlog: 240, "p99 ms": 90, "dead tuples": 470 });
  expect(recovery).toMatchObject({ "jobs/s": 800, backlog: 0, "worst p99 ms": 400 });
  expect(section.numbers!["ringproof, pinned"]).toMatchObject({
    rate: 790,
    backlog: 240,
    locks: 0,
  });
});

test("the most dead tuples of each table", () => {
  const [exhibit] = sectionOf(minuteOf("ringproof"), minuteOf("plain-table")).exhibits!;
  expect(exhibit!.rows).toEqual([
    ["ringproof", "jobs", "590", ""],
    ["ringproof", "ready_entries", "0", "yes"],
    ["plain table", "jobs", "590", ""],
  ]);
});

describe("what is wrong", () => {
  const waits = {
    ...minuteOf("ringproof").waits,
    pinned: { ...none, logged: 2, told: ["a lock"] },
  };

  test("the engine waits for a lock", () => {
    const section = sectionOf(minuteOf("ringproof", { waits }));
    expect(section.verdict).toBe("violated");
    const [{ title, lines, replay }] = section.findings as [(typeof section.findings)[number]];
    expect(title).toMatch(/^ringproof, pinned: /);
    expect(lines).toEqual(expect.arrayContaining(["relation locks waited for: 2", "a lock"]));
    expect(replay).toBe("ringproof bench --long --minutes 1 --only ringproof plain-table");
  });

  test("the engine has dead tuples where none may be", () => {
    const dead = [{ at: 10, tuples: { ready_entries: 1 } }];
    const section = sectionOf(minuteOf("ringproof", { dead }));
    expect(section.findings.map(({ title }) => title)).toEqual([
      expect.stringMatching(/^ringproof, clean: /),
    ]);
  });

  test("peers may wait", () => {
    expect(sectionOf(minuteOf("plain-table", { waits })).verdict).toBe("holds");
  });
});

describe("curves", () => {
  const section = sectionOf(minuteOf("ringproof"), minuteOf("plain-table-deleting"));

  test("rate, backlog, p99 and dead tuples, a curve for each contestant, on the page", () => {
    expect(section.plots!.map(({ title }) => title)).toEqual([
      ...["Completed", "Backlog", "p99", "Dead in all tables"],
    ]);
    const html = page({ command: "bench", sections: [section] });
    const pictures = html.match(/<svg[^]*?<\/svg>/g)!;
    expect(pictures).toHaveLength(4);
    for (const picture of pictures) {
      expect(XMLValidator.validate(picture)).toBe(true);
      const { svg: drawn } = new XMLParser({ ignoreAttributes: false }).parse(picture);
      const curves = drawn.path.filter((path: { "@_fill"?: string }) => path["@_fill"] === "none");
      expect(curves).toHaveLength(2);
      expect(JSON.stringify(drawn.text)).toContain("plain table, deleting");
    }
    expect(html).not.toMatch(/<script|<img|https?:/);
  });

  test("the phases are where they are in each of them, and none is written over another", () => {
    const rows = section.plots!.map((plot) => {
      const texts = [
        ...svg(plot, String).matchAll(/x="(.+?)" y="(.+?)" text-anchor="middle">(.*?)</g),
      ];
      const at = (y: string) =>
        texts.filter((text) => text[2] === y).map(([, x, , text]) => ({ x: Number(x), text }));
      return [...new Set(texts.map(([, , y]) => y!))].map(at);
    });
    const [times, names] = rows[0]!;
    expect(times!.map(({ text }) => text)).toEqual(["0 s", "6 s", "24 s", "48 s", "60 s"]);
    expect(names!.map(({ text }) => text)).toEqual(phaseNames);
    for (const others of rows) expect(others).toEqual(rows[0]);
    for (const row of rows[0]!)
      row.slice(1).forEach(({ x, text }, i) => {
        const { x: before, text: former } = row[i]!;
        expect(x - before).toBeGreaterThan(((text!.length + former!.length) / 2) * GLYPH);
      });
  });

  test("many points are thinned to their peaks", () => {
    const long = Array.from({ length: 3_000 }, (_, at) => ({
      completed: 800,
      p99: at === 1_234 ? 999 : 10,
    }));
    const { plots } = sectionOf(minuteOf("ringproof", { seconds: long }));
    const { points } = plots!.find(({ title }) => title === "p99")!.curves[0]!;
    expect(points).toHaveLength(300);
    expect(points).toContainEqual([1_230, 999]);
  });

  test("a gap where there is no value, and names that need escaping", () => {
    const points = [
      [0, 1],
      [1, null],
      [2, 4],
      [3, 2],
    ] as const;
    const curves = [{ name: "c&d", points }];
    const plot: Plot = { title: "a<b", unit: "x", phases: [], curves, until: 3 };
    const drawn = svg(plot, (text) => text.replace("&", "&amp;").replace("<", "&lt;"));
    expect(drawn).toMatch(/d="M70 [\d.]+M[\d.]+ [\d.]+L880 [\d.]+"/);
    expect(drawn).toContain("a&lt;b");
    expect(drawn).toContain("c&amp;d");
  });

  test.each([
    [0, 1],
    [0.3, 0.5],
    [1, 1],
    [7, 10],
    [120, 200],
    [4_000, 5_000],
  ])("the axis for %d ends at %d", (value, top) => expect(ceiling(value)).toBeCloseTo(top, 9));
});

test("latencies go to the second in which a job was completed", () => {
  const started = Date.now() - 2_500;
  const latencies = new Latencies(started);
  for (const late of [10, 30]) latencies.completed({ at: Date.now() - late, text: "" });
  const { p50, p99, seconds } = latencies.offered;
  expect(seconds.map(({ completed }) => completed)).toEqual([0, 0, 2]);
  expect(seconds[0]!.p99).toBeNull();
  for (const [is, atLeast] of [
    [p50, 10],
    [p99, 30],
    [seconds[2]!.p99!, 30],
  ] as const) {
    expect(is).toBeGreaterThanOrEqual(atLeast);
    expect(is).toBeLessThan(atLeast + 20);
  }
});
