/**
 * Calls that are no actions of the model, because they change no row that the model knows: some
 * choices begin with one. What it leaves must be what was there, to the three and to the counts.
 */

import type { Outcome, Scope } from "../../src/core/index.js";
import { requalify } from "../../src/postgres/requalify.js";
import type { Statement, Statements } from "../../src/postgres/statements.js";
import { describe } from "./calling.js";
import type { Choice } from "./choices.js";
import type { Sessions } from "./lanes.js";

export interface Upkeep {
  readonly name: string;
  readonly text: string;
  readonly statement: (sql: Statements, now: Date) => Statement;
  /** What a session is told that has the database to itself, as SQL for the schema `ringproof`. */
  readonly word: string;
  /** What happens first, likewise. */
  readonly first?: string;
}

/** What was said, and whether that is what is to be said. */
export interface Kept {
  readonly said: string;
  readonly right: boolean;
}

const wordOf = (answer?: Outcome | readonly string[]): string => {
  if (!answer) return "nothing";
  return "result" in answer ? answer.result : answer.join(" ");
};

export async function keepUp(
  { client, schema }: Pick<Sessions, "client" | "schema">,
  { statement, first, word }: Upkeep,
  sql: Statements,
  now: Date,
): Promise<Kept> {
  if (first !== undefined) await client.query(requalify(first, schema));
  const asked = await client.query(requalify(`select ${word} as word`, schema));
  const { text, values } = statement(sql, now);
  const said = await client
    .query<{ answer: Outcome | string[] }>(text, [...values])
    .then(({ rows }) => wordOf(rows[0]?.answer))
    .catch((thrown: unknown) => `error ${describe(thrown)}`);
  return { said, right: said === asked.rows[0].word };
}

/** Of a slot that there is not, too. */
const rollup = (slot: number): Upkeep => ({
  name: "rollup",
  text: `rollup_terminal_counts(${slot})`,
  statement: (sql, now) => sql.rollupTerminalCounts(slot, now),
  word: `case when ${slot} = (select current_slot from ringproof.rings where ring = 'queue')
              then 'skippedActive'
              when exists (select from ringproof.queue_terminal_count_deltas where slot = ${slot})
              then 'rolledUp' else 'noop' end`,
});

/** Of counts that are wrong, as they are where somebody forgot to count. */
const rebuild: Upkeep = {
  name: "rebuild",
  text: "rebuild_terminal_counts()",
  statement: (sql, now) => sql.rebuildTerminalCounts(now),
  word: "'rebuilt'",
  first: `update ringproof.queue_terminal_live_counts set jobs = jobs + 1`,
};

/** Taken from a number that the choice has anyway, so that runs stay what they are. */
export function upkeepOf({ where }: Choice, { queueSlots }: Scope): Upkeep | null {
  if (where % 8 === 3) return rollup((where >> 3) % (queueSlots + 1));
  return where % 16 === 7 ? rebuild : null;
}

const someQueue = "a";
const nobody = "999999999";
const NO_LANE = 999_999_999;

/** With lanes in which jobs wait it would divide by nothing. */
const withoutAgeing: Upkeep = {
  name: "ageing",
  text: "claim_from_queue without ageing",
  statement: (sql, now) => {
    const { text, values } = sql.claimFromQueue(someQueue, 1, null, 1, now);
    return { text, values: values.with(3, "0") };
  },
  word: "'error 22023 p_ageing is 00:00:00, and must be positive'",
};

/** Where no job moves, no lane is made. */
const ofNobody: Upkeep = {
  name: "nobody",
  text: "move_queue of nobody",
  statement: (sql, now) => sql.moveQueue([nobody], "elsewhere", now),
  word: "'notReady'",
};

/** Nothing is made for a lane that there is not. */
const nowhere: Upkeep = {
  name: "nowhere",
  text: "enqueue to no lane",
  statement: (sql, now) => sql.enqueue(NO_LANE, [{}], now, now),
  word: `'error 23503 lane ${NO_LANE} does not exist'`,
};

/** Calls that are turned away. */
export function refusedOf({ where }: Choice): Upkeep | null {
  if (where % 64 === 30) return nowhere;
  if (where % 32 === 15) return withoutAgeing;
  return where % 32 === 31 ? ofNobody : null;
}
