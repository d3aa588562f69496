/** The judge of histories has teeth: each of these is refused, and where it is legal, accepted. */

import { describe, expect, it } from "vitest";
import { checkContract } from "../../correctness/trace/contract.js";
import { ending, handingOut, inTime, keys, vanishing, type Doctored } from "./doctored.js";
import { historyOf } from "./told.js";

const tables = { ...handingOut, ...ending, ...inTime, ...keys, ...vanishing };

describe.each(Object.entries<Doctored>(tables))("%s", (_name, { calls, job, why, legal }) => {
  it("is refused", () => {
    const breach = checkContract(historyOf(calls));
    expect({ job: breach?.job, why: breach?.why }).toEqual({ job, why });
  });

  it.each(Object.entries(legal))("but %s", (_how, excused) => {
    expect(checkContract(historyOf(excused))).toBeNull();
  });
});
