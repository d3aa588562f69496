/**
 * What Postgres holds and the model has no column for, and what must be true of it: the generation
 * from which a lane is searched may lag, never lead; a row bears the time of the call that wrote
 * it; and the counts are those of the terminal facts. Each fault is a line of text.
 */

import {
  columns,
  compactFacts,
  spent,
  tableNames,
  tombstoned,
  type CompletionMember,
  type Db,
  type Lane,
  type Scope,
  type TableName,
} from "../../src/core/index.js";
import { idOf, laneOf, type Binding } from "../../src/postgres/binding.js";
import { add } from "../counting.js";
import { placeOfLane } from "./lane-names.js";
import { hasFailed, hours, placeOf, type Cells, type Snapshot } from "./snapshot.js";

/**
 * The generation of a lane's cursor is that of the last row that it has passed or come to, unless
 * that is gone with the oldest slot; no pending row at or behind the cursor is of an earlier one.
 */
function wrongCursors(snapshot: Snapshot, db: Db, b: Binding, scope: Scope): string[] {
  const { queueSlots } = scope;
  const [cur, slots, generation] = snapshot.rings.queue;
  const oldest = generation - slots + 1;
  const generationOf = (slot: number): number =>
    generation - ((cur + queueSlots - slot) % queueSlots);
  return (snapshot.laneHeads ?? []).flatMap(([id, , cursor, from]) => {
    const lane = laneOf(b, id);
    const missed = db.readyEntries.filter(
      (r) => r.lane === lane && r.seq >= cursor && generationOf(r.slot) < from && !spent(db, r),
    );
    const reached = db.readyEntries.filter((r) => r.lane === lane && r.seq <= cursor);
    const passed = reached.filter((r) => r.seq < cursor);
    const generations = (rows: Db["readyEntries"]) => rows.map((r) => generationOf(r.slot));
    const most = Math.max(oldest, ...generations(reached));
    const least = Math.max(...generations(passed));
    const head = `lane ${lane}: cursor_generation ${from}`;
    return [
      ...(from > most
        ? [`${head} leads its own rows, of generation ${most} up to the cursor`]
        : []),
      ...(from < least ? [`${head} lags behind the rows that it passed, of ${least}`] : []),
      ...missed.map((r) => {
        const row = `${r.job} (lane_seq ${r.seq}, slot ${r.slot})`;
        return `${head} leads pending ${row}, which is of generation ${generationOf(r.slot)}`;
      }),
    ];
  });
}

/** The model compares waits; that none lies in the past is all there is to add. */
const runAt = columns.deferredJobs.indexOf("wait");

/** By how many ticks the time in a row lies behind that of the call, or before it. */
function lateness(table: TableName, cells: Cells, now: number): number {
  if (table === "deferredJobs") return Math.min(0, Number(cells[runAt]) - now);
  const place = placeOf(table, "written");
  return place < 0 ? 0 : Number(cells[place]) - now;
}

const jobIn = (table: "doneEntries" | "readyEntries", row: Cells) =>
  row[columns[table].indexOf("job")];

/** A prune takes rows of failed jobs along as they are; one that was moved has left others. */
function carried(table: TableName, row: Cells, before: Snapshot | null): boolean {
  if (table !== "doneEntries" && table !== "readyEntries") return false;
  const written = placeOf(table, "written");
  const failed = (before?.doneEntries ?? []).filter(hasFailed).map((r) => jobIn("doneEntries", r));
  const job = jobIn(table, row);
  const were = (before?.[table] ?? []).filter((r) => jobIn(table, r) === job);
  return failed.includes(job!) && were.some((r) => r[written] === row[written]);
}

/** Every row that is new bears the time of the call; `before` is null where there were none. */
export function wrongTimes(before: Snapshot | null, after: Snapshot, b: Binding): string[] {
  return tableNames.flatMap((table) => {
    const wrong = (after[table] ?? []).filter((row) => lateness(table, row, hours(b.tick)) !== 0);
    if (wrong.length === 0) return [];
    const known = new Set((before?.[table] ?? []).map(String));
    return wrong
      .filter((row) => !known.has(String(row)) && !carried(table, row, before))
      .map((row) => {
        const seconds = Math.round(lateness(table, row, hours(b.tick)) * 3600e6) / 1e6;
        return `a new row of ${table} (${row.join(", ")}) bears p_now ${sign(seconds)} s`;
      });
  });
}

const sign = (n: number): string => (n < 0 ? `- ${-n}` : `+ ${n}`);

const buckets = 256n;

/** The ready row that was handed out, and not one that the job was moved away from. */
const laneOfCompact = (db: Db, { slot, job, lease }: CompletionMember): Lane =>
  db.readyEntries.find(
    (r) => r.slot === slot && r.job === job && r.lease === lease - 1 && !tombstoned(db, r),
  )?.lane ?? "of no row";

/** Every terminal fact, and the lane that it came from. */
export const factsWithLanes = (db: Db) => [
  ...compactFacts(db).map((f) => ({ ...f, lane: laneOfCompact(db, f), state: "completed" })),
  ...db.doneEntries,
];

/** What is counted of each queue, state and bucket is what is there. */
function wrongCounts({ terminalCounts }: Snapshot, db: Db, b: Binding): string[] {
  const there = new Map<string, number>();
  for (const { lane, state, job } of factsWithLanes(db)) {
    const { queue } = placeOfLane(lane);
    add(there, `${state} jobs of queue ${queue} in bucket ${BigInt(idOf(b, job)) % buckets}`);
  }
  const counted = new Map(
    (terminalCounts ?? []).map(([queue, state, bucket, jobs]) => [
      `${state} jobs of queue ${queue} in bucket ${bucket}`,
      jobs,
    ]),
  );
  return [...new Set([...there.keys(), ...counted.keys()])]
    .filter((key) => (there.get(key) ?? 0) !== (counted.get(key) ?? 0))
    .map((key) => `${key}: ${counted.get(key) ?? 0} counted, ${there.get(key) ?? 0} there`);
}

/** What one snapshot shows to be wrong where the model has no column for it. */
export const wrongRows = (snapshot: Snapshot, db: Db, b: Binding, scope: Scope): string[] => [
  ...wrongCursors(snapshot, db, b, scope),
  ...wrongCounts(snapshot, db, b),
];
