/**
 * Calls that name a queue or a priority, and no lane: to the core a claim of the lane whose turn it
 * is, and moves to the lanes that keep the rest of their names.
 */

import {
  columns,
  NONE,
  pending,
  type ArgsOf,
  type Db,
  type Lane,
  type ReadyEntry,
  type Scope,
} from "../../src/core/index.js";
import { idOf, tickLength, timeOf, type Binding } from "../../src/postgres/binding.js";
import { laneAtPlace, placeOfLane, type LanePlace } from "../conform/lane-names.js";
import { hours, placeOf, type Snapshot } from "../conform/snapshot.js";
import type { Choice } from "./choices.js";
import type { OtherCall } from "./other-call.js";

/** What a choice is made from: the rows of the core, and what Postgres says of them. */
export interface Point {
  readonly db: Db;
  readonly binding: Binding;
  readonly since: Since;
}

/** Since which tick each row is in its lane. */
export type Since = ReadonlyMap<string, number>;

const rowKey = (lane: Lane, seq: number): string => `${lane} ${seq}`;

const laneCell = columns.readyEntries.indexOf("lane");
const seqCell = columns.readyEntries.indexOf("seq");

export function sinceIn(snapshot: Snapshot | null, { lanes }: Binding): Since {
  const written = placeOf("readyEntries", "written");
  return new Map(
    (snapshot?.readyEntries ?? []).map((cells) => {
      const lane = lanes.get(Number(cells[laneCell])) ?? "";
      const tick = Number(cells[written]) - hours(0);
      return [rowKey(lane, Number(cells[seqCell])), tick];
    }),
  );
}

/** Since which tick the first pending row of each lane waits; no entry where none does. */
export function waitingSince(db: Db, since: Since): ReadonlyMap<Lane, number> {
  const first = new Map<Lane, ReadyEntry>();
  for (const row of pending(db))
    if (row.seq < (first.get(row.lane)?.seq ?? Infinity)) first.set(row.lane, row);
  return new Map([...first].map(([lane, { seq }]) => [lane, since.get(rowKey(lane, seq))!]));
}

/**
 * The lanes of the queue in which a job waits, as their turns come: the lowest priority, less one
 * for every full `ageing` of waiting; then who waits longest, then the lowest id.
 */
function turns(queue: string, ageing: number, { db, binding, since }: Point): readonly Lane[] {
  const { tick, laneIds } = binding;
  return [...waitingSince(db, since)]
    .map(([lane, from]) => ({ lane, from, ...placeOfLane(lane) }))
    .filter((l) => l.queue === queue)
    .map((l) => ({ ...l, urgency: l.priority - Math.floor((tick - l.from) / ageing) }))
    .sort(
      (a, b) =>
        a.urgency - b.urgency || a.from - b.from || laneIds.get(a.lane)! - laneIds.get(b.lane)!,
    )
    .map(({ lane }) => lane);
}

const claiming = (lane: Lane, { binding }: Point): string =>
  `select from ringproof.lane_claim_heads
   where lane_id = ${binding.laneIds.get(lane)} for update`;

/**
 * Half of all claims name a queue, and of these half find the first lane in use; if it is the only
 * one, they get what a claim of an empty lane gets.
 */
export function claimByQueue(
  { wait, where }: Choice,
  args: ArgsOf<"Claim">,
  point: Point,
  { lanes }: Scope,
): OtherCall | null {
  if (wait < 3) return null;
  const { tick } = point.binding;
  const { n, deadline } = args;
  const { queue } = placeOfLane(args.lane);
  const ageing = wait - 2;
  const inTurn = turns(queue, ageing, point);
  const [first = args.lane, second] = inTurn;
  const other = second ?? lanes.find((l) => l !== first && placeOfLane(l).queue === queue);
  const busy = where % 2 === 1 && other !== undefined ? first : undefined;
  const lane = busy === undefined ? first : other!;
  const at = deadline === NONE ? null : timeOf(tick + deadline);
  const inUse = busy === undefined ? "" : ` while somebody claims from ${busy}`;
  return {
    name: "claim_from_queue",
    attempt: { action: "Claim", list: [{ ...args, lane }] },
    text: `claim_from_queue(${queue}, ${n}), ageing ${ageing}${inUse}`,
    statements: (sql) => [sql.claimFromQueue(queue, n, at, ageing * tickLength, timeOf(tick))],
    ...(busy === undefined ? { idle: inTurn.length === 0 } : { busy: claiming(busy, point) }),
  };
}

/** Two of three moves name what changes; of a job that is not ready nobody can say to where. */
export function moveByName(
  { wait }: Choice,
  list: readonly ArgsOf<"MoveReady">[],
  { db, binding }: Point,
  { lanes }: Scope,
): OtherCall | null {
  if (wait < 2) return null;
  const { queue, priority } = placeOfLane(list[0]!.lane);
  const change: Partial<LanePlace> = wait < 4 ? { priority } : { queue };
  const moves: ArgsOf<"MoveReady">[] = [];
  for (const { job, lane } of list) {
    const row = pending(db).find((r) => r.job === job);
    const target = row ? laneAtPlace(lanes, { ...placeOfLane(row.lane), ...change }) : lane;
    if (target === undefined) return null;
    moves.push({ job, lane: target });
  }
  const ids = list.map(({ job }) => idOf(binding, job));
  const now = timeOf(binding.tick);
  return {
    name: wait < 4 ? "reprioritise" : "move_queue",
    attempt: { action: "MoveReady", list: moves },
    text: wait < 4 ? `reprioritise to ${priority}` : `move_queue to ${queue}`,
    statements: (sql) => [
      wait < 4 ? sql.reprioritise(ids, priority, now) : sql.moveQueue(ids, queue, now),
    ],
  };
}
