/** Texts beside one another and below one another, and what differs between two of them. */

import { describe, expect, test } from "vitest";
import { plainChanges, storageChanges } from "../../correctness/explain/changes.js";
import { blocks, pairs, wrap } from "../../correctness/explain/layout.js";
import { lineDiff } from "../../correctness/explain/line-diff.js";
import { readScope } from "../../correctness/explore/scope.js";
import { storageMachine } from "../../src/core/index.js";

describe("blocks", () => {
  const two = [
    { title: "one", lines: ["a".repeat(20), "b"] },
    { title: "two", lines: ["c"] },
  ];

  test("side by side where they fit, to the column", () => {
    const side = blocks(two, 32);
    expect(side[0]).toMatch(/^── one ─{13} {3}── two ─*$/);
    expect(side.slice(2)).toEqual([`${"a".repeat(20)}   c`, "b", ""]);
    expect(Math.max(...side.map((line) => line.length))).toBeLessThanOrEqual(32);
  });

  test("one below the other where they do not", () => {
    expect(blocks(two, 31)).toEqual([
      `── one ${"─".repeat(24)}`,
      "",
      "a".repeat(20),
      "b",
      "",
      `── two ${"─".repeat(24)}`,
      "",
      "c",
      "",
    ]);
  });
});

test("lines are broken between words, and go on where they are told to", () => {
  expect(wrap("a bb ccc dddd", 7, "  ", "    ")).toEqual(["  a bb", "    ccc", "    dddd"]);
  expect(wrap("no_blank_anywhere", 5)).toEqual(["no_blank_anywhere"]);
  expect(pairs([["x", "one two three"]], 12)).toEqual(["  x  one two", "     three"]);
});

describe("a diff", () => {
  const before = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

  test("shows three lines around, and that others are left out", () => {
    const after = [...before.slice(0, 4), "five", "5.5", ...before.slice(5)];
    expect(lineDiff(before.join("\n"), after.join("\n"))).toEqual([
      "  2",
      "  3",
      "  4",
      "- 5",
      "+ five",
      "+ 5.5",
      "  6",
      "  7",
      "  8",
      "  …",
    ]);
  });

  test("leaves out what is between two changes", () => {
    const after = ["0", ...before, "10"];
    const lines = lineDiff(before.join("\n"), after.join("\n"));
    expect(lines).toEqual(["+ 0", "  1", "  2", "  3", "  …", "  7", "  8", "  9", "+ 10"]);
  });
});

describe("what a step changes", async () => {
  test("in plain data: rows of sets, fields of records, whatever comes and goes", () => {
    const before = { at: { a: 1 }, rows: [{ id: 1, to: "x" }], queue: {}, gone: { b: [2] } };
    const after = { at: { a: 2 }, rows: [{ to: "y", id: 1 }], queue: { 1: { op: "p" } }, gone: {} };
    expect(plainChanges(before, after)).toEqual([
      "at.a: 1 → 2",
      "- rows  id=1 to=x",
      "+ rows  to=y id=1",
      "+ queue.1  op=p",
      "- gone.b  2",
    ]);
    expect(plainChanges({ rows: [1, 2] }, { rows: [2, 1] })).toEqual([]);
  });

  test("in the storage: tables, then what workers know", async () => {
    const scope = await readScope("cursor.cfg");
    const machine = storageMachine(scope);
    const enqueue = machine.calls.find(({ action }) => action === "Enqueue")!;
    const { state } = machine.step(machine.initial, enqueue);
    const changes = storageChanges(machine.initial, state, scope);
    expect(changes.map((line) => line.split("  ")[0])).toEqual([
      "- laneHeads",
      "+ laneHeads",
      "+ readyEntries",
      "+ env.enqueued",
    ]);
  });
});
