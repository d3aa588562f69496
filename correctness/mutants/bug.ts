/** What a bug is: one name for what is wrong in TLA+, in the core and in Postgres. */

import type { Grounds, SqlChange, SqlMutant } from "./sql-mutant.js";

export interface Bug {
  readonly name: string;
  /** What is wrong. */
  readonly about: string;
  /** What a user would have lost. */
  readonly loss: string;
  /** Configurations in which TLC finds it; none where the spec does not see it. */
  readonly tlc: readonly string[];
  /** In Postgres; null for a design that does not ship. */
  readonly sql: SqlMutant | null;
}

/** How a bug is written down. */
export interface Told extends Omit<Bug, "name" | "sql"> {
  readonly changes?: () => readonly SqlChange[];
  readonly on?: Grounds;
}

/** By name. */
export type Table = Readonly<Record<string, Told>>;
