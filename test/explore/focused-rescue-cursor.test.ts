/** Properties of RescueCursor, each broken by a planted bug of the core. */

import { expect, test } from "vitest";
import { rescueCursor } from "../../src/core/machines/rescue-cursor.js";
import {
  rescuable,
  type RescueConstants,
  type RescueState,
} from "../../src/core/machines/rescue-pass.js";
import type { FocusedModel } from "../../src/core/machines/focused.js";
import { andThen, broken } from "./planted.js";

const planted: Readonly<Record<string, FocusedModel<RescueState, RescueConstants>>> = {
  // The window is the limit, and not the budget.
  PassKeepsItsBudget: andThen(rescueCursor, "Rescue", (after) => ({
    ...after,
    receipts: after.receipts.map((r) => (rescuable(r) ? { ...r, state: "rescued" } : r)),
  })),
};

test.each(Object.entries(planted))("RescueCursor: %s breaks", async (property, model) => {
  expect(await broken(rescueCursor, "rescue-window.cfg", property)).toBeUndefined();
  expect(await broken(model, "rescue-window.cfg", property)).toBe(property);
});
