/** The tables of the rings as Postgres names them, and their partitions. */

import {
  claimRingTables,
  queueRingTables,
  type RingName,
  type Slot,
} from "../../src/core/index.js";

const sqlName = (table: string): string => table.replaceAll(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);

/** With the counts, which the model has no table for. */
export const ringTables: { readonly [R in RingName]: readonly string[] } = {
  queue: [...queueRingTables.map(sqlName), "queue_terminal_count_deltas"],
  claim: claimRingTables.map(sqlName),
  lease: ["leases"],
};

/** Those of a slot. */
export const partitions = (ring: RingName, slot: Slot): readonly string[] =>
  ringTables[ring].map((table) => `${table}_${slot}`);
