/** Counts as people read them. */

import { expect, test } from "vitest";
import { number } from "../../correctness/report/report.js";

test.each([
  [1_912, "1,912"],
  [24.5, "24.5"],
  [Number.MAX_SAFE_INTEGER, "9,007,199,254,740,991"],
  [123_456_789_012_345_678_901, "1.23e+20"],
  ["0 of 3", "0 of 3"],
])("%s is %s", (value, text) => expect(number(value)).toBe(text));
