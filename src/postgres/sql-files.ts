/** The SQL that an install runs. */

import { join } from "node:path";
import { packageRoot } from "../package-root.js";

export interface SqlSource {
  /** Holds `schema.sql`, the family files and `migrations/NNN_name.sql`. */
  readonly dir: string;
  /** The family files in order. */
  readonly files: readonly string[];
}

/**
 * The family files of `sql/`, in the order in which they are installed, after `schema.sql`: a file
 * comes after those whose types and views its own definitions name.
 */
const files: readonly string[] = [
  "slots.sql",
  "evidence.sql",
  "keys.sql",
  "counts.sql",
  "producers.sql",
  "claim.sql",
  "attempt.sql",
  "finish.sql",
  "rescue.sql",
  "rescue_pass.sql",
  "admin.sql",
  "terminal.sql",
  "lanes.sql",
  "rings.sql",
  "health.sql",
  "claimers.sql",
  "settings.sql",
  "rights.sql",
];

export function ringproofSql(): SqlSource {
  return { dir: join(packageRoot(), "src", "postgres", "sql"), files };
}
