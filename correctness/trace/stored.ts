/**
 * Stored rows in the terms of the storage model, as histories have them. What the model has no
 * table for is left out: counts, claimers' slots, and how far passes of rescue have come.
 */

import { tickLength, timeOf } from "../../src/postgres/binding.js";
import type { Columns, StoredChange } from "./decode.js";
import type { Cells, Change } from "./history.js";
import type { Names } from "./names.js";

export interface StoredTable {
  /** The table of the model. */
  readonly as: string;
  /** The stored columns behind its cells; of arrays, a row has one element. */
  readonly columns: readonly string[];
  /** Which of them tell its rows apart; null if all do, and Postgres lets a row be there twice. */
  readonly key: readonly string[] | null;
  /** What of its job a row carries. */
  readonly carries: "nothing" | "key" | "body and key";
}

const table = (
  as: string,
  columns: readonly string[],
  key: StoredTable["key"],
  carries: StoredTable["carries"] = "nothing",
): StoredTable => ({ as, columns, key, carries });

const attempt = ["job_id", "run_lease"];
const address = ["slot", "lane_id", "lane_seq"];
const inSlot = ["slot", ...attempt];
const evidence = ["slot", "lane_id", "through_seq"];
const arrays = ["lane_seqs", "job_ids", "run_leases"];
const receipts = ["slot", "ready_slot", "lane_id", ...arrays, "claimed_at", "deadline_at"];
const lease = [...inSlot, "state", "heartbeat_at", "timeout_at"];
const job = ["job_id"];
const lane = ["lane_id"];

const storedTables: Readonly<Record<string, StoredTable>> = {
  ready_entries: table(
    "readyEntries",
    [...address, ...attempt, "snoozes"],
    address,
    "body and key",
  ),
  ready_tombstones: table("readyTombstones", address, address),
  attempt_evidence: table("attemptEvidence", evidence, evidence),
  done_entries: table("doneEntries", [...address, ...attempt, "state", "finalized_at"], inSlot),
  receipt_completion_batches: table(
    "receiptCompletionBatches",
    ["slot", "job_ids", "run_leases"],
    null,
  ),
  receipt_completion_tombstones: table("receiptCompletionTombstones", inSlot, inSlot),
  lease_claims: table("leaseClaims", receipts, null),
  lease_claim_closures: table("leaseClaimClosures", [...inSlot, "outcome"], inSlot),
  leases: table("leases", lease, inSlot),
  attempt_state: table("attemptState", [...attempt, "heartbeat_at", "progress"], attempt),
  deferred_jobs: table(
    "deferredJobs",
    [...attempt, "lane_id", "run_at", "snoozes"],
    job,
    "body and key",
  ),
  dlq_entries: table("dlqEntries", [...attempt, "lane_id", "snoozes"], job, "body and key"),
  unique_keys: table("uniqueKeys", job, job, "key"),
  rings: table("rings", ["ring", "current_slot", "init"], ["ring"]),
  lane_enqueue_heads: table("laneNext", [...lane, "next_seq"], lane),
  lane_claim_heads: table("laneCursor", [...lane, "cursor_seq"], lane),
};

/** The cells that tell the rows of a table of the model apart; all of them where it has no key. */
export const keyPlaces: ReadonlyMap<string, readonly number[] | undefined> = new Map(
  Object.values(storedTables).map(({ as, columns, key }) => [
    as,
    key?.map((column) => columns.indexOf(column)),
  ]),
);

/** A whole number of ticks from the beginning, if those who call have whole ones. */
const tickOf = (time: string): number => (Date.parse(time) - timeOf(0).getTime()) / tickLength;

/** How many slots of a ring are in use, as `snapshot()` of harness.sql has it. */
function inUse(row: Columns): number {
  const [slots, generation] = [Number(row["slot_count"]), Number(row["generation"])];
  const tail = row["tail_generation"];
  return generation - (tail ? Number(tail) : Math.max(generation - slots + 1, 0)) + 1;
}

function progressOf(row: Columns): Cells[number] {
  const text = row["progress"] ?? null;
  if (text === null) return 0;
  return text === `"${row["job_id"]}/${row["run_lease"]}"` ? 1 : text;
}

function jobIn(row: Columns, { carries }: StoredTable, names: Names): string {
  const body = carries === "body and key" ? bodyOf(row["payload"]) : undefined;
  const key = carries === "nothing" ? undefined : (row["unique_key"] ?? null);
  return names.job(row["job_id"]!, body, key);
}

/** The job that a row with a body was enqueued as. */
export const bodyOf = (payload: string | null | undefined): string | null =>
  (JSON.parse(payload ?? "null") as { job?: string } | null)?.job ?? null;

function cellOf(column: string, row: Columns, table: StoredTable, names: Names): Cells[number] {
  const text = row[column] ?? null;
  switch (column) {
    case "job_id":
      return jobIn(row, table, names);
    case "lane_id":
      return names.lane(Number(text));
    case "init":
      return inUse(row);
    case "progress":
      return progressOf(row);
    case "ring":
    case "state":
    case "outcome":
      return text;
    default:
      if (text === null) return null;
      return column.endsWith("_at") ? tickOf(text) : Number(text);
  }
}

const singular = (column: string): string =>
  arrays.includes(column) ? column.slice(0, -1) : column;
const elements = (array: string): string[] => array.match(/[^{},]+/g) ?? [];

/** One row per element of its arrays; a row without any is one already. */
function unnested(row: Columns, { columns }: StoredTable): readonly Columns[] {
  const nested = columns.filter((column) => arrays.includes(column));
  if (nested.length === 0) return [row];
  const lists = nested.map((column) => elements(row[column]!));
  return lists[0]!.map((_, i) => ({
    ...row,
    ...Object.fromEntries(nested.map((column, c) => [singular(column), lists[c]![i]!])),
  }));
}

const rowsOf = (row: Columns | null, table: StoredTable, names: Names): Cells[] =>
  row === null
    ? []
    : unnested(row, table).map((one) =>
        table.columns.map((column) => cellOf(singular(column), one, table, names)),
      );

/** What tells a row from others of its table. */
export const keyIn = (table: string, cells: Cells): string =>
  JSON.stringify(keyPlaces.get(table)?.map((place) => cells[place]!) ?? cells);

/** `ready_entries_2` is slot 2 of `ready_entries`. */
function partition(name: string) {
  const [, of = name, slot] = /^(.*?)_(\d+)$/.exec(name) ?? [];
  return { stored: storedTables[of], slot: Number(slot) };
}

/**
 * What one stored change does to the rows of the model, in the order in which it is to be done: a
 * row that comes in the place of another one with its key is put there, and the other one is not
 * dropped first.
 */
export function modelChanges(change: StoredChange, names: Names): readonly Change[] {
  if (change.kind === "truncation") {
    return change.tables.flatMap((name) => {
      const { stored, slot } = partition(name);
      return stored ? [{ table: stored.as, clear: slot }] : [];
    });
  }
  const { stored } = partition(change.table);
  if (!stored) return [];
  const table = stored.as;
  const before = rowsOf(change.before, stored, names);
  const after = rowsOf(change.after, stored, names);
  const kept = new Set(after.map((cells) => keyIn(table, cells)));
  const same = new Set(before.map((cells) => JSON.stringify(cells)));
  return [
    ...before.filter((cells) => !kept.has(keyIn(table, cells))).map((drop) => ({ table, drop })),
    ...after.filter((cells) => !same.has(JSON.stringify(cells))).map((put) => ({ table, put })),
  ];
}
