/** Histories against the contract: good ones are accepted, and doctored ones refused. */

import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { checkContract } from "../../correctness/trace/contract.js";
import type { Event } from "../../correctness/trace/history.js";
import { inThisOrder, lie, lieOfOne, told } from "./lies.js";
import { inSomeOrder } from "./orders.js";
import { histories, lossy, pointOf, sequential, short } from "./recorded.js";

describe("what happened at some point in each interval", () => {
  test.prop([histories], { numRuns: 500 })("has an order", (history) => {
    expect(checkContract(history)).toBeNull();
  });

  test.prop([lossy, fc.nat(60)], { numRuns: 500 })(
    "has one when lost calls were gone, sooner or later after their points",
    ({ header, events }, later) => {
      const gone = ({ id }: Event): number => pointOf(id) + later;
      const found = events.map((e) => (e.outcome === null ? { ...e, gone: gone(e) } : e));
      expect(checkContract({ header, events: found })).toBeNull();
    },
  );

  test.prop([lossy], { numRuns: 500 })("has one when callers were told nothing", (history) => {
    expect(checkContract(history)).toBeNull();
  });
});

describe("calls that do not overlap", () => {
  test.prop([sequential, lie], { numRuns: 2000 })(
    "are judged as the contract judges them one by one, with one wrong answer too",
    (history, wrong) => {
      const doctored = told(history, wrong);
      expect(checkContract(doctored) === null).toBe(inThisOrder(doctored));
    },
  );
});

describe("a few calls about one job", () => {
  test.prop([short, lieOfOne], { numRuns: 2000 })(
    "have an order where trying all of them finds one",
    (history, wrong) => {
      const doctored = told(history, wrong);
      expect(checkContract(doctored) === null).toBe(inSomeOrder(doctored, "j1"));
    },
  );
});
