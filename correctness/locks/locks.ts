/** Locks as a transaction holds them, one after the other, and what conflicts with what. */

import { conflict, modes, type Mode } from "../interleave/footprint.js";
import type { UniqueIndex } from "./names.js";

export const rowModes = ["ForKeyShare", "ForShare", "ForNoKeyUpdate", "ForUpdate"] as const;
export type RowMode = (typeof rowModes)[number];
export type LockMode = Mode | RowMode | "Advisory" | "UniqueKey";

/** Where a lock is, as whoever wants to be in its way must know. */
export type Place =
  | { readonly kind: "relation"; readonly relation: number }
  | { readonly kind: "row"; readonly relation: number; readonly at: string }
  | { readonly kind: "key"; readonly index: UniqueIndex; readonly row: object }
  /**
   * The key of a row that is deleted: whoever inserts it waits, but nobody can have done so. All
   * keys of a row go at once: they are said in the order in which they are inserted.
   */
  | { readonly kind: "gone"; readonly order: string }
  | { readonly kind: "advisory"; readonly ids: readonly [number, number] };

export interface Lock {
  /** `lane_claim_heads`, `lane_claim_heads#a`, `unique_keys_pkey#k1`. */
  readonly on: string;
  readonly mode: LockMode;
  readonly place: Place;
}

export const tableOf = (on: string): string => on.split("#")[0]!;

const isTableMode = (mode: LockMode): mode is Mode => modes.includes(mode as Mode);

const rowConflict = (a: RowMode, b: RowMode): boolean => {
  const [x, y] = [rowModes.indexOf(a), rowModes.indexOf(b)];
  return x + y >= rowModes.length - 1;
};

/** Whether two transactions cannot hold both at once. */
export const excludes = (a: LockMode, b: LockMode): boolean =>
  isTableMode(a) && isTableMode(b)
    ? conflict(a, b)
    : rowModes.includes(a as RowMode) && rowModes.includes(b as RowMode)
      ? rowConflict(a as RowMode, b as RowMode)
      : a === b;

/** Everything with which a mode of this kind could conflict. */
const rivals = (mode: LockMode): readonly LockMode[] =>
  isTableMode(mode) ? modes : rowModes.includes(mode as RowMode) ? rowModes : [mode];

/** Whoever holds these is not kept waiting for one more that conflicts with nothing else. */
export const covered = (mode: LockMode, held: readonly LockMode[]): boolean =>
  rivals(mode).every((r) => !excludes(r, mode) || held.some((h) => excludes(r, h)));

/** The weakest mode that is in the way of this one, and not of those that are held. */
export const obstacleTo = (mode: LockMode, held: readonly LockMode[]): LockMode | undefined =>
  rivals(mode).find((r) => excludes(r, mode) && !held.some((h) => excludes(r, h)));

/** What is held at one moment: of each thing, the modes that no other one covers. */
export class Holding {
  private readonly byThing = new Map<string, Lock[]>();

  constructor(locks: readonly Lock[]) {
    for (const lock of locks) {
      const known = this.byThing.get(lock.on) ?? [];
      if (covered(lock.mode, this.modes(lock.on))) continue;
      const others = known.filter(({ mode }) => !covered(mode, [lock.mode]));
      this.byThing.set(lock.on, [...others, lock]);
    }
  }

  modes(on: string): readonly LockMode[] {
    return (this.byThing.get(on) ?? []).map(({ mode }) => mode);
  }

  get locks(): readonly Lock[] {
    return [...this.byThing.values()].flat();
  }

  /** What this one has that the other had not. */
  beyond(other: Holding): readonly Lock[] {
    return this.locks.filter(({ on, mode }) => !covered(mode, other.modes(on))).sort(byName);
  }
}

const rank = ({ on, mode }: Lock): number =>
  (on.includes("#") ? 100 : 0) + [...modes, ...rowModes].indexOf(mode as Mode);

/** Relations first, a table before its partitions. */
const byName = (a: Lock, b: Lock): number =>
  Number(a.on.includes("#")) - Number(b.on.includes("#")) ||
  (a.on < b.on ? -1 : a.on > b.on ? 1 : rank(a) - rank(b));
