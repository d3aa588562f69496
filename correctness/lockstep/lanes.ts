/**
 * The lanes of a run, which begins without any: each is ensured, and ensured once more, and two
 * sessions ensure one at once that no job ever reaches.
 */

import type pg from "pg";
import type { Lane, Scope } from "../../src/core/index.js";
import { statements } from "../../src/postgres/statements.js";
import { placeOfLane, type LanePlace } from "../conform/lane-names.js";
import type { Bystander } from "./bystander.js";
import { describe } from "./calling.js";

export interface Sessions {
  readonly client: pg.Client;
  readonly bystander: Bystander;
  readonly schema: string;
}

export interface NewLanes {
  readonly ids: ReadonlyMap<Lane, number>;
  /** What is wrong with them. */
  readonly faults: readonly string[];
}

/** The id of a lane, or what Postgres said instead. */
type Answer = number | string;

const answerOf = (call: Promise<{ readonly answer: number }>): Promise<Answer> =>
  call.then(
    ({ answer }) => answer,
    (thrown: unknown) => `error ${describe(thrown)}`,
  );

const statementFor = (schema: string, { queue, priority, shard }: LanePlace) =>
  statements(schema).ensureLane(queue, priority, shard);

function ensure({ client, schema }: Sessions, place: LanePlace): Promise<Answer> {
  const { text, values } = statementFor(schema, place);
  return answerOf(client.query<{ answer: number }>(text, [...values]).then(({ rows }) => rows[0]!));
}

async function ensureAll(sessions: Sessions, places: readonly LanePlace[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const place of places) answers.push(await ensure(sessions, place));
  return answers;
}

/** By two sessions, of which one must wait to see what the other makes. */
async function ensureAtOnce(sessions: Sessions, place: LanePlace): Promise<readonly Answer[]> {
  const { bystander, schema } = sessions;
  const { text, values } = statementFor(schema, place);
  const first = await answerOf(bystander.ask(text, [...values]));
  if (typeof first === "string") await bystander.end("rollback");
  const { end } = await bystander.watch(ensure(sessions, place));
  await bystander.end("commit");
  return [first, await end];
}

const laneText = (id: Answer, { queue, priority, shard }: LanePlace, heads = "1 and 1"): string =>
  `lane ${id} is queue ${queue}, priority ${priority}, shard ${shard}, with ${heads} heads`;

interface Row extends LanePlace {
  readonly id: number;
  readonly heads: string;
}

/** The lanes that there are, and how many numbers were drawn for them. */
async function look({ client, schema }: Sessions) {
  const count = (table: string) =>
    `(select count(*) from "${schema}".${table} h where h.lane_id = l.lane_id)`;
  const { rows } = await client.query<Row>(
    `select lane_id as id, queue, priority, enqueue_shard as shard,
            ${count("lane_enqueue_heads")} || ' and ' || ${count("lane_claim_heads")} as heads
     from "${schema}".lanes l order by lane_id`,
  );
  const sequence = `pg_get_serial_sequence('"${schema}".lanes', 'lane_id')`;
  const drawn = await client.query(`select pg_sequence_last_value(${sequence})::int as drawn`);
  return {
    lanes: rows.map((row) => laneText(row.id, row, row.heads)),
    drawn: (drawn.rows as { drawn: number | null }[])[0]!.drawn,
  };
}

/** No lane has this id. */
const NOWHERE = -1;

export async function newLanes(sessions: Sessions, { lanes }: Scope): Promise<NewLanes> {
  const places = lanes.map(placeOfLane);
  const beyond = { ...places[0]!, shard: lanes.length };
  const ids = await ensureAll(sessions, places);
  const both = await ensureAtOnce(sessions, beyond);
  const before = await look(sessions);
  const again = await ensureAll(sessions, places);
  const after = await look(sessions);
  const told = [...places.map((place, i) => laneText(ids[i]!, place)), laneText(both[0]!, beyond)];
  const faults = [
    ...told.filter((line) => !after.lanes.includes(line)).map((line) => `there is no ${line}`),
    ...after.lanes
      .filter((line) => !told.includes(line))
      .map((line) => `nobody is told of ${line}`),
    ...again.filter((id, i) => id !== ids[i]).map((id) => `of a lane that is there: ${id}`),
    ...(both[0] === both[1] ? [] : [`by two at once: ${both.join(", and ")}`]),
    ...(after.drawn === before.drawn ? [] : ["of a lane that is there, a number is drawn"]),
  ];
  return {
    ids: new Map(lanes.map((lane, i) => [lane, Number(ids[i]) > 0 ? Number(ids[i]) : NOWHERE])),
    faults: faults.map((fault) => `ensure_lane, ${fault}`),
  };
}
