/** The items of the table are all there is, each once, and each where it can occur. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Column, Kind } from "../../correctness/coverage/counts.js";
import { itemsOf } from "../../correctness/coverage/items.js";
import {
  actionNames,
  actions,
  allAnswers,
  focusedModules,
  invariants,
  stepProperties,
} from "../../src/core/index.js";
import { focusedTwins } from "../../src/postgres/focused-twins.js";
import { ringproofSql } from "../../src/postgres/install.js";
import { items, manifest } from "./all.js";

const named = (kind: Kind) => items.filter((item) => item.kind === kind).map(({ name }) => name);
const applies = (name: string): readonly Column[] =>
  items.find((item) => item.name === name)!.applies.filter((column) => column !== "mutants");

test("no two share a name", () => {
  expect(new Set(items.map(({ name }) => name)).size).toBe(items.length);
});

describe("none is left out", () => {
  const focused = Object.entries(focusedModules);

  test("actions", () => {
    const others = focused.flatMap(([module, { actions: a }]) => a.map((n) => `${module} ${n}`));
    expect(named("action")).toEqual([...actionNames, ...others]);
  });

  test("answers, with those that only a lock gives", () => {
    const twins = Object.entries(focusedTwins).flatMap(([module, { answers }]) =>
      Object.entries(answers).flatMap(([a, words]) => words.map((w) => `${module} ${a} ${w}`)),
    );
    const rings = actionNames.filter((name) => actions[name].family === "rings");
    const blocked = rings.map((name) => `${name} blocked`);
    expect(named("answer").sort()).toEqual([...allAnswers, ...twins, ...blocked].sort());
  });

  test("properties", () => {
    const others = focused.flatMap(([, { losses }]) => Object.keys(losses));
    const own = Object.keys({ ...invariants, ...stepProperties });
    expect(named("property")).toEqual([...own, ...others]);
  });

  test("labels", () => {
    const { dir, files } = ringproofSql();
    const texts = files.map((file) => readFileSync(join(dir, file), "utf8"));
    const labels = texts.flatMap((sql) => [...sql.matchAll(/--@ (\w+)$/gm)].map((m) => m[1]!));
    expect(named("label").map((name) => name.split(".")[1])).toEqual(labels);
    // Postgres would cut the names of their counters off.
    for (const name of named("label")) expect(name.length).toBeLessThanOrEqual(60);
  });
});

describe("each is where it can occur", () => {
  test.each<readonly [string, string, readonly Column[]]>([
    ["an operation", "Claim", ["lockstep", "conform", "trace", "TLC", "core", "interleave"]],
    ["the environment has no SQL", "PassTime", ["lockstep", "TLC", "core"]],
    ["a refusal", "Claim empty", ["lockstep", "conform", "trace", "core", "interleave"]],
    ["Next has no empty batch", "Complete empty", ["lockstep", "conform", "trace"]],
    ["two sessions are needed", "PruneClaims blocked", ["interleave"]],
    ["a module with a twin", "RescueCursor Rescue", ["TLC", "core", "conform"]],
    ["its clock is an argument", "RescueCursor Tick", ["TLC", "core"]],
    ["an answer of a twin", "RescueCursor Rescue noop", ["core", "conform"]],
    ["a module without one", "DeadTupleContract Prune", ["TLC", "core"]],
    ["an invariant", "NoTokenTwice", ["TLC", "core"]],
    ["a step property", "NoPendingRowTruncated", ["TLC", "core"]],
    ["a liveness property", "EventuallyFolded", ["TLC"]],
    ["a statement of an action", "claim.read_heads", ["conform", "lockstep", "interleave"]],
    ["one that actions share", "pin_slot.lock_slot", ["conform", "lockstep", "interleave"]],
    ["one of a focused module alone", "visit_claim_slot.decide", ["conform"]],
    ["one that no action calls", "rebuild_terminal_counts.recount", ["lockstep"]],
  ])("%s: %s", (_, name, expected) => {
    expect(applies(name)).toEqual(expected);
  });
});

describe("every invariant and property has a configuration that breaks it", () => {
  const broken = (name: string, some = manifest) =>
    itemsOf(some).find((item) => item.name === name)!.later?.mutants;

  test.each(named("property"))("%s", (name) => {
    expect(broken(name)).toMatch(/^(quick|full)$/);
  });

  test.each([
    ["OneWinnerPerToken", "acked-stale"],
    ["EventuallyFolded", "count-gains"],
  ])("%s: not without %s", (name, bug) => {
    const rest = manifest.filter((entry) => entry.name !== bug);
    expect(broken(name, rest)).toBeUndefined();
  });
});
