/** Properties of DeferredMaterialize, each broken by a planted bug of the core. */

import { expect, test } from "vitest";
import type { FocusedModel } from "../../src/core/machines/focused.js";
import { deferredMaterialize } from "../../src/core/machines/deferred-materialize.js";
import {
  openReceipts,
  type DeferredConstants,
  type DeferredState,
} from "../../src/core/machines/deferred-rows.js";
import { andThen, broken } from "./planted.js";

type Model = FocusedModel<DeferredState, DeferredConstants>;

const planted: Readonly<Record<string, Model>> = {
  // A terminal delete leaves the sources as they were.
  ForgottenStaysForgotten: andThen(deferredMaterialize, "Forget", (after, before) => ({
    ...after,
    db: { ...after.db, leaseClaimClosures: before.db.leaseClaimClosures },
  })),
  // The pass joins receipts with bodies, and asks for no closure.
  ReaderAgrees: andThen(deferredMaterialize, "Materialise", (after) => {
    const running = openReceipts(after.db).map(({ job }) => ({
      slot: after.db.rings.queue.cur,
      job,
    }));
    return { ...after, db: { ...after.db, doneEntries: [...after.db.doneEntries, ...running] } };
  }),
};

test.each(Object.entries(planted))("DeferredMaterialize: %s breaks", async (property, model) => {
  expect(await broken(deferredMaterialize, "deferred-design.cfg", property)).toBeUndefined();
  expect(await broken(model, "deferred-design.cfg", property)).toBe(property);
});
