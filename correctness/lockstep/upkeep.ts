/**
 * Maintenance that is no action of the model, because it changes no row that the model knows: some
 * choices begin with it. What it leaves must be what was there, to the three and to the counts.
 */

import type { Scope } from "../../src/core/index.js";
import type { Statement, Statements } from "../../src/postgres/statements.js";
import type { Choice } from "./choices.js";

export interface Upkeep {
  readonly name: string;
  readonly text: string;
  readonly statement: (sql: Statements, now: Date) => Statement;
  /** What a session may be told that has the database to itself. */
  readonly words: readonly string[];
}

const rollup = (slot: number): Upkeep => ({
  name: "rollup",
  text: `rollup_terminal_counts(${slot})`,
  statement: (sql, now) => sql.rollupTerminalCounts(slot, now),
  words: ["rolledUp", "noop", "skippedActive"],
});

const rebuild: Upkeep = {
  name: "rebuild",
  text: "rebuild_terminal_counts()",
  statement: (sql, now) => sql.rebuildTerminalCounts(now),
  words: ["rebuilt"],
};

/** Taken from a number that the choice has anyway, so that runs stay what they are. */
export function upkeepOf({ where }: Choice, { queueSlots }: Scope): Upkeep | null {
  if (where % 8 === 3) return rollup((where >> 3) % queueSlots);
  return where % 16 === 7 ? rebuild : null;
}
