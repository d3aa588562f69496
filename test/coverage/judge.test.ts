/** A zero is a finding that names it and says what to do, and nothing else is. */

import { describe, expect, test } from "vitest";
import { columns, Counts, type Column, type Kind } from "../../correctness/coverage/counts.js";
import { judge, type JudgeOptions } from "../../correctness/coverage/judge.js";
import { counted, counting, items, once, without } from "./all.js";

const options: JudgeOptions = { tier: "quick", seed: 1, labels: true };

const find = (name: string) => items.find((item) => item.name === name)!;
const fills = (column: Column, kind: Kind): boolean =>
  counting.some((claim) => claim.fills?.[column]?.includes(kind));

test("counts add up, and an answer is one of its action", () => {
  const [some, more] = [new Counts(), new Counts()];
  some.answer("core", "Claim", "empty", 2);
  some.answer("core", "Claim", "claimed");
  more.all("core", [["Claim empty", 5]]);
  some.merge(more);
  expect(some.of("core", "Claim")).toBe(3);
  expect(some.of("core", "Claim empty")).toBe(7);
  expect([some.of("TLC", "Claim"), some.of("core", "Retry")]).toEqual([0, 0]);
});

test("where all occurs nothing is said", () => {
  const { findings, open } = judge(items, counted(once), options);
  expect({ findings, open }).toEqual({ findings: [], open: [] });
});

describe("whatever is missing somewhere is named", () => {
  const inQuick = (kind: Kind, column: Column) =>
    items.filter(
      ({ kind: own, applies, later }) =>
        own === kind && applies.includes(column) && later?.[column] !== "full",
    );
  const kinds: readonly Kind[] = ["action", "answer", "property", "label"];
  const places = columns.flatMap((column) =>
    kinds
      .filter((kind) => fills(column, kind) && inQuick(kind, column).length > 0)
      .map((kind) => [kind, column] as const),
  );

  test.each(places)("each %s in %s", (kind, column) => {
    const some = inQuick(kind, column);
    expect(some.length).toBeGreaterThan(8);
    for (const item of some) {
      const { findings, rows } = judge(items, counted(without(item, column)), options);
      expect(findings).toHaveLength(1);
      const [{ title, lines, replay }] = findings as [(typeof findings)[0]];
      expect(title).toMatch(new RegExp(`^${column}: .*: ${item.name.replace(".", "\\.")}$`));
      expect(lines[0]).toBe(item.name);
      expect(lines.at(-1)).toMatch(/^(Add|Name|Raise|Aim|Where) .*\.$/);
      expect(replay).toBe("ringproof coverage --tier quick --seed 1");
      const zeros = rows.flatMap((row) => columns.filter((c) => row.cells[c].state === "zero"));
      expect(zeros).toEqual([column]);
    }
  });
});

test("many zeros are one finding, which lists them all", () => {
  const often = (item: (typeof items)[0], column: Column) =>
    item.kind === "label" && column === "lockstep" ? 0 : once(item, column);
  const { findings } = judge(items, counted(often), options);
  const missing = items.filter(
    ({ kind, applies }) => kind === "label" && applies.includes("lockstep"),
  );
  expect(findings).toHaveLength(1);
  expect(findings[0]!.title).toContain(` and ${missing.length - 3} more`);
  expect(findings[0]!.lines.slice(0, -2)).toEqual(missing.map(({ name }) => name));
});

describe("what is no zero", () => {
  const stateOf = (name: string, column: Column, ...args: Parameters<typeof judge>) =>
    judge(...args).rows.find(({ item }) => item.name === name)!.cells[column].state;

  test("a property whose bugs are for a later tier; in that tier it is one", () => {
    const often = without(find("LaneSeqUnique"), "mutants");
    const state = (tier: JudgeOptions["tier"]) =>
      stateOf("LaneSeqUnique", "mutants", items, counted(often), { ...options, tier });
    expect([state("quick"), state("full")]).toEqual(["later", "zero"]);
  });

  test("what a claim did not come to that is violated, or was not run", () => {
    const often = without(find("Claim empty"), "conform");
    for (const verdict of ["violated", "not-run"] as const) {
      const judged = judge(items, counted(often, { C3: verdict }), options);
      expect(judged.findings).toEqual([]);
      expect(judged.open.map(({ claim }) => claim.id)).toEqual(["C3"]);
      const all = [items, counted(often, { C3: verdict }), options] as const;
      expect(stateOf("Claim empty", "conform", ...all)).toBe("open");
      expect(stateOf("Claim claimed", "conform", ...all)).toBe("there");
    }
  });

  test("a label where nobody counted labels; the interleavings always do", () => {
    const state = (column: Column) => {
      const all = counted(without(find("hand_out.read_tail"), column));
      return stateOf("hand_out.read_tail", column, items, all, { ...options, labels: false });
    };
    expect(["conform", "lockstep", "interleave"].map((c) => state(c as Column))).toEqual([
      "none",
      "none",
      "zero",
    ]);
  });

  test("what nobody counts: how often bugs break an answer", () => {
    const all = [items, counted(once), options] as const;
    expect(stateOf("Claim empty", "mutants", ...all)).toBe("none");
  });

  test("a statement that only a later tier's mutants break; there it is one", () => {
    const often = without(find("hand_out.choose_rows"), "mutants");
    const state = (tier: JudgeOptions["tier"]) =>
      stateOf("hand_out.choose_rows", "mutants", items, counted(often), { ...options, tier });
    expect([state("quick"), state("full")]).toEqual(["later", "zero"]);
  });
});
