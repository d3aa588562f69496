/**
 * What one step of a session did, as Postgres itself counts it: which relations it read, wrote and
 * locked. Two steps of different sessions that do not depend on each other commute, and schedules
 * that differ only in their order are one.
 */

export type Mode =
  | "AccessShareLock"
  | "RowShareLock"
  | "RowExclusiveLock"
  | "ShareUpdateExclusiveLock"
  | "ShareLock"
  | "ShareRowExclusiveLock"
  | "ExclusiveLock"
  | "AccessExclusiveLock";

/** Weakest first; source: the table of conflicting lock modes in the manual of Postgres. */
export const modes: readonly Mode[] = [
  "AccessShareLock",
  "RowShareLock",
  "RowExclusiveLock",
  "ShareUpdateExclusiveLock",
  "ShareLock",
  "ShareRowExclusiveLock",
  "ExclusiveLock",
  "AccessExclusiveLock",
];

/** The modes that each mode conflicts with. */
const conflicting: Readonly<Record<Mode, readonly Mode[]>> = {
  AccessShareLock: modes.slice(7),
  RowShareLock: modes.slice(6),
  RowExclusiveLock: modes.slice(4),
  ShareUpdateExclusiveLock: modes.slice(3),
  ShareLock: modes.filter((m) => m !== "ShareLock" && modes.indexOf(m) >= 2),
  ShareRowExclusiveLock: modes.slice(2),
  ExclusiveLock: modes.slice(1),
  AccessExclusiveLock: modes,
};

export const conflict = (a: Mode, b: Mode): boolean => conflicting[a].includes(b);

/** What a session has done to one relation so far in its transaction. */
export interface Use {
  readonly scans: number;
  readonly inserted: number;
  readonly changed: number;
  readonly modes: readonly Mode[];
}

/** By the name of the relation; what is done to an index is done to its table. */
export type Uses = ReadonlyMap<string, Use>;

/** Reads what `footprint()` of breakpoints.sql returns. */
export function readUses(text: string, nameOf: ReadonlyMap<number, string>): Uses {
  const uses = new Map<string, Use>();
  for (const word of text.split(" ").filter(Boolean)) {
    const [relation, scans, inserted, changed, held] = word.split(":");
    const name = nameOf.get(Number(relation));
    if (name === undefined) continue;
    const known = uses.get(name);
    uses.set(name, {
      scans: Number(scans) + (known?.scans ?? 0),
      inserted: Number(inserted) + (known?.inserted ?? 0),
      changed: Number(changed) + (known?.changed ?? 0),
      modes: [...new Set([...(held!.split(",") as Mode[]), ...(known?.modes ?? [])])],
    });
  }
  return uses;
}

export interface Footprint {
  readonly session: number;
  /** Whether the transaction ends with this step: what it did shows, and its locks are gone. */
  readonly ends: boolean;
  /** Relations of which it read or wrote anything. */
  readonly touched: ReadonlySet<string>;
  /** Relations of which it changed, deleted or locked rows. */
  readonly rows: ReadonlySet<string>;
  /** Locks that it took, or gave back with a subtransaction. */
  readonly locks: readonly (readonly [relation: string, mode: Mode])[];
  /** For a step that ends: what the transaction wrote or locked rows of, and every lock it held. */
  readonly wrote: ReadonlySet<string>;
  /** Whether it tried to lock something, nobody can tell what, and may have failed. */
  readonly failed: boolean;
  /** The session that it waited for. */
  readonly waitedFor: number | null;
}

const locksRows = (modes: readonly Mode[]): boolean => modes.includes("RowShareLock");
const writes = (modes: readonly Mode[]): boolean => modes.includes("RowExclusiveLock");

/** A step that neither reads nor locks. */
export const idle = (session: number): Footprint => ({
  session,
  ends: false,
  touched: new Set(),
  rows: new Set(),
  locks: [],
  wrote: new Set(),
  failed: false,
  waitedFor: null,
});

/** What happened between two reports of a session; before its first one there was nothing. */
export function between(session: number, before: Uses | null, after: Uses): Footprint {
  const touched = new Set<string>();
  const rows = new Set<string>();
  const locks: [string, Mode][] = [];
  for (const [name, use] of after) {
    const was = before?.get(name);
    const scanned = !was || use.scans !== was.scans;
    const changed = was ? use.changed !== was.changed : writes(use.modes);
    if (scanned || changed || use.inserted !== was?.inserted) touched.add(name);
    if (changed || (scanned && locksRows(use.modes))) rows.add(name);
    for (const mode of use.modes) if (!was?.modes.includes(mode)) locks.push([name, mode]);
  }
  for (const [name, was] of before ?? [])
    for (const mode of was.modes)
      if (!after.get(name)?.modes.includes(mode)) locks.push([name, mode]);
  return { ...idle(session), touched, rows, locks };
}

/** The end of a transaction that has done this. */
export function end(session: number, done: Uses): Footprint {
  const held = [...done].flatMap(([name, { modes }]) => modes.map((m) => [name, m] as const));
  const wrote = held.filter(([, m]) => m !== "AccessShareLock").map(([name]) => name);
  return { ...idle(session), ends: true, locks: held, wrote: new Set(wrote) };
}

const meet = <T>(a: ReadonlySet<T>, b: ReadonlySet<T>): boolean => {
  for (const each of a) if (b.has(each)) return true;
  return false;
};

/** Whether the order of these two steps of different sessions can matter. */
export function depend(a: Footprint, b: Footprint): boolean {
  if (a.waitedFor === b.session || b.waitedFor === a.session) return true;
  if (a.ends && b.ends) return false;
  if ((a.failed && b.locks.length > 0) || (b.failed && a.locks.length > 0)) return true;
  if (meet(a.wrote, b.touched) || meet(b.wrote, a.touched) || meet(a.rows, b.rows)) return true;
  return a.locks.some(([relation, mode]) =>
    b.locks.some(([other, mode2]) => other === relation && conflict(mode, mode2)),
  );
}
