/** The judge of histories has teeth: each of these is refused, and where it is legal, accepted. */

import { describe, expect, it } from "vitest";
import { checkContract } from "../../correctness/trace/contract.js";
import { ending, handingOut, inTime, keys, type Doctored } from "./doctored.js";
import { claimed, completed, enqueued, historyOf, lost, withJob } from "./told.js";
import { silence, vanishing } from "./untold.js";

const tables = { ...handingOut, ...ending, ...inTime, ...keys, ...vanishing, ...silence };

describe.each(Object.entries<Doctored>(tables))("%s", (_name, { calls, job, why, legal }) => {
  it("is refused", () => {
    const breach = checkContract(historyOf(calls));
    expect({ job: breach?.job, why: breach?.why }).toEqual({ job, why });
  });

  it.each(Object.entries(legal))("but %s", (_how, excused) => {
    expect(checkContract(historyOf(excused))).toBeNull();
  });
});

describe("a lost claim, and an attempt that it must have begun", () => {
  const calls = (gone?: number) => [
    lost(claimed(["j/1"], [0, 0]), gone),
    enqueued("j", [4, 5]),
    completed({ "j/1": "completed" }, [8, 9]),
  ];

  it.each([
    ["may have begun it at any time", undefined, true],
    ["may have begun it until it was gone", 6, true],
    ["did not begin it once it was gone", 3, false],
  ])("%s", (_how, gone, holds) => {
    expect(checkContract(historyOf(calls(gone))) === null).toBe(holds);
  });
});

describe("a claim that nobody heard of again", () => {
  const stays = { ...withJob("MoveReady", "j", "sameLane", [8, 9]), args: { job: "j", lane: "a" } };
  const calls = [
    enqueued("j", [0, 1]),
    lost(claimed([], [2, 0])),
    claimed([], [4, 5]),
    stays,
    completed({ "j/1": "completed" }, [10, 11]),
  ];

  it.each([
    ["for ever, unless told otherwise", undefined, null],
    ["for so long at least", 2, null],
    ["no longer than it lingers", 1, "MoveReady says sameLane, but j is running (lease 1)"],
  ])("may turn others away %s", (_how, lingers, why) => {
    expect(checkContract(historyOf(calls), lingers)?.why ?? null).toBe(why);
  });
});
