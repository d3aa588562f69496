/**
 * Calls that are no actions of the model, because they change no row that the model knows: some
 * choices begin with one. What it leaves must be what was there, to the three and to the counts.
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

const someQueue = "a";
const nobody = "999999999";

/** With lanes in which jobs wait it would divide by nothing. */
const withoutAgeing: Upkeep = {
  name: "ageing",
  text: "claim_from_queue without ageing",
  statement: (sql, now) => {
    const { text, values } = sql.claimFromQueue(someQueue, 1, null, 1, now);
    return { text, values: values.with(3, "0") };
  },
  words: ["error 22023 p_ageing is 00:00:00, and must be positive"],
};

/** Where no job moves, no lane is made. */
const ofNobody: Upkeep = {
  name: "nobody",
  text: "move_queue of nobody",
  statement: (sql, now) => sql.moveQueue([nobody], "elsewhere", now),
  words: ["notReady"],
};

/** Calls that are turned away. */
export function refusedOf({ where }: Choice): Upkeep | null {
  if (where % 32 === 15) return withoutAgeing;
  return where % 32 === 31 ? ofNobody : null;
}
