/** Where a soak takes place, unless it is told otherwise. */

import { testSettings, type Settings } from "../../src/postgres/server.js";
import { OTHERS } from "./crew.js";
import type { RingSizes } from "./maintainer.js";

/** As in production, but for what only the end of the machine would show. */
export const settingsFor = (workers: number): Settings => ({
  ...testSettings,
  synchronous_commit: "on",
  autovacuum: "on",
  autovacuum_naptime: "1s",
  max_connections: String(workers + OTHERS + 20),
});

/** As an install has them. */
export const usualRings: RingSizes = { queue: 16, claim: 8, lease: 8 };
