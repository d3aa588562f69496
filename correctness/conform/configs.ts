/** What C3 visits. */

import type { Tier } from "../claims.js";

/** The configurations of each tier whose databases Postgres is put through. */
const quick = ["zombies", "parking", "pinned", "moving", "cursor", "keys", "retention"];
const full = [
  ...quick,
  "recycle",
  "conform",
  "heartbeats",
  "callbacks",
  "deadlines",
  "rescue",
  "keys-deferred",
  "shards",
  "neighbours",
];
const nightly = [
  ...full,
  "moves",
  "dlq",
  "retention-rings",
  "batches",
  "lanes",
  "slots",
  "lifecycle",
  "failures",
  "timeouts",
  "retry",
];
export const configs = { quick, full, nightly } satisfies Record<Tier, string[]>;
