/** Properties of PartitionedRouting, each broken by a planted bug of the core. */

import { expect, test } from "vitest";
import {
  partitionedRouting,
  type RoutingConstants,
  type RoutingState,
} from "../../src/core/machines/partitioned-routing.js";
import type { FocusedModel } from "../../src/core/machines/focused.js";
import { andThen, broken } from "./planted.js";

type Model = FocusedModel<RoutingState, RoutingConstants>;
type Row = RoutingState["db"]["readyEntries"][number];

const added = <T>(after: readonly T[], before: readonly T[]): T =>
  after.find((row) => !before.includes(row))!;

/** An action that puts its row into another lane than it should. */
const elsewhere = (name: string, lane: (row: Row) => object): Model =>
  andThen(partitionedRouting, name, (after, before) => {
    const row = added(after.db.readyEntries, before.db.readyEntries);
    const moved = { ...row, ...lane(row) };
    const { partition, shard, key } = moved;
    const readyEntries = [...before.db.readyEntries, moved];
    const sent = [...before.sent, { partition, shard, key }];
    return { ...after, db: { ...after.db, readyEntries }, sent };
  });

const planted: Readonly<Record<string, Model>> = {
  // What was put aside is routed by something else than its key.
  KeyKeepsItsPartition: elsewhere("Reenqueue", ({ partition }) => ({ partition: 1 - partition })),
  // A retry is routed by its attempt.
  KeyKeepsItsShard: elsewhere("Retry", ({ shard }) => ({ shard: 1 - shard })),
  // Evidence counts for this shard of every partition.
  LanesDoNotMeet: andThen(partitionedRouting, "Claim", (after, before) => {
    const { attemptEvidence: now } = after.db;
    const evidence = added(now, before.db.attemptEvidence);
    const too = { ...evidence, partition: 1 - evidence.partition };
    return { ...after, db: { ...after.db, attemptEvidence: [...now, too] } };
  }),
  // The low bit of the base hash chooses the partition, and the shard.
  EveryPartitionReachesEveryShard: elsewhere("Enqueue", ({ key }) => ({ shard: key % 2 })),
};

test.each(Object.entries(planted))("PartitionedRouting: %s breaks", async (property, model) => {
  expect(await broken(partitionedRouting, "routing-lanes.cfg", property)).toBeUndefined();
  expect(await broken(model, "routing-lanes.cfg", property)).toBe(property);
});
