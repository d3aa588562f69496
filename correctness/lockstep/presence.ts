/**
 * Another session that is there while somebody asks for health: it has locks on the oldest slot of
 * a ring, which pin it, or others, or it waits for one, which do not.
 */

import { oldestSlot, ringNames, type Db, type Scope } from "../../src/core/index.js";
import { partitions } from "../conform/partitions.js";
import type { Choice } from "./choices.js";
import type { Held } from "./health.js";

export interface Presence {
  readonly name: string;
  readonly text: string;
  /** What the session that asks does before, in a transaction: its own locks are no pins. */
  readonly own: string | null;
  readonly other: string;
  /** The relations of which the other session then has locks, and in which mode. */
  readonly holds: readonly (readonly [relation: string, mode: string])[];
}

/** All but the one that keeps readers out, which would keep out whoever asks. */
const modes = [
  "access share",
  "row share",
  "row exclusive",
  "share update exclusive",
  "share",
  "share row exclusive",
  "exclusive",
];

/** `access share` is an AccessShareLock. */
const lockName = (mode: string): string =>
  `${mode.replaceAll(/(?:^| )[a-z]/g, (letter) => letter.trim().toUpperCase())}Lock`;

/** Two partitions of the oldest slot, its first, and what is not of that slot. */
interface Place {
  readonly some: readonly string[];
  readonly first: string;
  readonly elsewhere: readonly string[];
  readonly mode: string;
}

type Kind = (place: Place, named: (relation: string) => string) => Omit<Presence, "text">;

const lock = (tables: readonly string[], mode: string): string =>
  `lock table ${tables.map((table) => `only ${table}`).join(", ")} in ${mode} mode`;

const has: Kind = ({ some, mode }, named) => ({
  name: "has",
  own: null,
  other: lock(some.map(named), mode),
  holds: some.map((table) => [table, lockName(mode)]),
});

/** What it has read is remembered as a lock, too, of a kind that is in nobody's way. */
const reads: Kind = ({ first }, named) => ({
  name: "reads",
  own: null,
  other: `set transaction isolation level serializable; select count(*) from ${named(first)}`,
  holds: [[first, lockName("access share")]],
});

const hasOther: Kind = ({ elsewhere, mode }, named) => ({
  name: "has other",
  own: null,
  other: lock(elsewhere.map(named), mode),
  holds: elsewhere.map((table) => [table, lockName(mode)]),
});

const wants: Kind = ({ first }, named) => ({
  name: "wants",
  own: lock([named(first)], "access share"),
  other: lock([named(first)], "access exclusive"),
  holds: [],
});

/** Who waits for a row has a lock of its own on it; where there is none, nobody waits. */
const wantsRow: Kind = ({ first }, named) => {
  const row = `select from ${named(first)} limit 1 for update`;
  return { name: "wants row", own: row, other: row, holds: [[first, lockName("row share")]] };
};

const kinds: readonly Kind[] = [has, has, reads, hasOther, wants, wantsRow];

/** Taken from a number that the choice has anyway. */
export function presenceOf(
  { where, more, manner }: Choice,
  db: Db,
  scope: Scope,
  schema: string,
): Presence | null {
  if (where % 32 !== 9) return null;
  const number = where >> 5;
  const ring = ringNames[number % 3]!;
  const size = scope[`${ring}Slots`];
  const slot = oldestSlot(db.rings[ring], size);
  const own = partitions(ring, slot);
  const [first, second] = [own[more % own.length]!, own[(more + 1) % own.length]!];
  const next = partitions(ring, (slot + 1) % size)[0]!;
  const place = {
    some: [...new Set([first, second])],
    first: own[0]!,
    elsewhere: [next, next.replace(/_\d+$/, ""), "lanes"],
    mode: modes[manner % modes.length]!,
  };
  const kind = kinds[Math.floor(number / 3) % kinds.length]!;
  const presence = kind(place, (relation) => `"${schema}".${relation}`);
  return { ...presence, text: `another session ${presence.name}: ${presence.other}` };
}

/** The locks as lines of health tell them. */
export const heldBy = (
  { holds }: Presence,
  { pid, waits, schema }: { pid: number; waits: boolean; schema: string },
): readonly Held[] =>
  holds.map(([relation, mode]) => ({
    relation,
    what:
      `session ${pid} (${waits ? "active" : "idle in transaction"}) holds ${mode} ` +
      `on ${schema}.${relation}`,
    remedy: `end its transaction, or: select pg_terminate_backend(${pid})`,
  }));
