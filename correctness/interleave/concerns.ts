/**
 * What a call has to do with: the jobs, lanes and slots that it names, and those of the rows that
 * it adds, changes or removes. Calls that have much in common are worth their interleavings.
 */

import { ringNames, tableNames, type Db } from "../../src/core/index.js";
import type { Tried } from "./places.js";

/** A bit for each thing; there are few enough of them in what is explored. */
const places = new Map<string, number>();

function bit(thing: string): number {
  const known = places.get(thing);
  if (known !== undefined) return known;
  if (places.size === 31) throw new Error("more things than bits");
  const next = 1 << places.size;
  places.set(thing, next);
  return next;
}

type Named = Readonly<Record<string, unknown>>;

function named(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((all, each) => all | named(each), 0);
  if (typeof value === "string") return bit(value);
  if (typeof value !== "object" || value === null) return 0;
  const { job, lane, token, tokens, batch } = value as Named;
  return [job, lane, token, tokens, batch].reduce<number>((all, each) => all | named(each), 0);
}

/** The rings' slots: of any table there. */
const ringOf = (table: string): string =>
  table.startsWith("leaseClaim") ? "claim" : table === "leases" ? "lease" : "queue";

function changed(before: Db, after: Db): number {
  let found = 0;
  for (const ring of ringNames)
    if (before.rings[ring] !== after.rings[ring]) found |= bit(`${ring} ring`);
  for (const [lane, head] of Object.entries(after.laneHeads))
    if (before.laneHeads[lane] !== head) found |= bit(`head of ${lane}`);
  for (const table of tableNames) {
    const [was, is] = [before[table] as readonly object[], after[table] as readonly object[]];
    if (was === is) continue;
    const rows = [...was.filter((r) => !is.includes(r)), ...is.filter((r) => !was.includes(r))];
    for (const row of rows as readonly Named[]) {
      found |= named(row);
      if (typeof row.slot === "number") found |= bit(`${ringOf(table)} ${row.slot}`);
    }
  }
  return found;
}

/** As bits, of which two calls may have some in common. */
export const concernsOf = ({ before, after, call }: Tried): number =>
  named(call.args) | changed(before.db, after.db);

/** How many there are. */
export function bits(set: number): number {
  let count = 0;
  for (let rest = set; rest !== 0; rest &= rest - 1) count++;
  return count;
}
