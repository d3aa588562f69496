/** What conflicts with what, and what is held of one thing. */

import { describe, expect, test } from "vitest";
import {
  covered,
  excludes,
  Holding,
  obstacleTo,
  type Lock,
  type LockMode,
} from "../../correctness/locks/locks.js";

const place = { kind: "relation", relation: 1 } as const;
const lock = (on: string, mode: LockMode): Lock => ({ on, mode, place });

test("row modes conflict as in the manual's table", () => {
  const modes = ["ForKeyShare", "ForShare", "ForNoKeyUpdate", "ForUpdate"] as const;
  expect(modes.map((a) => modes.filter((b) => excludes(a, b)))).toEqual([
    ["ForUpdate"],
    ["ForNoKeyUpdate", "ForUpdate"],
    ["ForShare", "ForNoKeyUpdate", "ForUpdate"],
    modes,
  ]);
});

test("locks of different kinds have nothing to do with each other", () => {
  expect(excludes("AccessExclusiveLock", "ForUpdate")).toBe(false);
  expect(excludes("UniqueKey", "Advisory")).toBe(false);
  expect(excludes("UniqueKey", "UniqueKey")).toBe(true);
});

describe("what is held already", () => {
  test.each<[LockMode, LockMode[], boolean]>([
    ["AccessShareLock", ["RowExclusiveLock"], true],
    ["RowShareLock", ["RowExclusiveLock"], true],
    ["RowExclusiveLock", ["ShareLock"], false],
    ["ShareUpdateExclusiveLock", ["ShareLock"], false],
    ["ForNoKeyUpdate", ["ForUpdate"], true],
    ["ForUpdate", ["ForNoKeyUpdate"], false],
    ["UniqueKey", [], false],
  ])("%s is no more than %s: %s", (mode, held, expected) => {
    expect(covered(mode, held)).toBe(expected);
  });
});

describe("whoever is in the way", () => {
  test.each<[LockMode, LockMode[], LockMode | undefined]>([
    ["AccessShareLock", [], "AccessExclusiveLock"],
    ["AccessExclusiveLock", ["AccessShareLock"], "AccessShareLock"],
    ["AccessExclusiveLock", ["RowExclusiveLock"], "AccessShareLock"],
    ["RowExclusiveLock", ["AccessShareLock"], "ShareLock"],
    ["ForUpdate", [], "ForKeyShare"],
    ["ForUpdate", ["ForShare"], "ForKeyShare"],
    ["ForKeyShare", [], "ForUpdate"],
  ])("of %s is not in the way of %s", (mode, held, expected) => {
    expect(obstacleTo(mode, held)).toBe(expected);
  });

  test("there is nobody where all that is new is covered", () => {
    expect(obstacleTo("ForKeyShare", ["ForUpdate"])).toBeUndefined();
  });
});

describe("from one moment to the next", () => {
  const before = new Holding([lock("t", "AccessShareLock")]);

  test("a stronger lock is new, a weaker one is not", () => {
    const after = new Holding([lock("t", "RowExclusiveLock"), lock("t", "AccessShareLock")]);
    expect(after.beyond(before).map(({ mode }) => mode)).toEqual(["RowExclusiveLock"]);
    expect(before.beyond(after)).toEqual([]);
  });

  test("what is gone is what the other one had beyond", () => {
    expect(before.beyond(new Holding([])).map(({ on }) => on)).toEqual(["t"]);
  });

  test("relations come before rows, a table before its partitions", () => {
    const after = new Holding(
      ["u#a", "t_1", "t#z", "t_0", "u"].map((on) =>
        lock(on, on.includes("#") ? "ForUpdate" : "AccessShareLock"),
      ),
    );
    const names = after.beyond(before).map(({ on }) => on);
    expect(names).toEqual(["t_0", "t_1", "u", "t#z", "u#a"]);
  });
});
