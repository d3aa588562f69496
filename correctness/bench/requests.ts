/** Who is measured; what the process of each is asked for, and what it answers. */

import type { Terms } from "./contestants/contestant.js";

/** What each is called; the first is the engine, the others are its peers. */
export const titles = {
  ringproof: "ringproof",
  "pg-boss": "pg-boss",
  "graphile-worker": "graphile-worker",
  "plain-table": "plain table",
  "plain-table-deleting": "plain table, deleting",
} as const;

export type Name = keyof typeof titles;

/** What becomes of a job that is done. */
export const keeps: Readonly<Record<Name, string>> = {
  ringproof: "kept until its slot is reclaimed",
  "pg-boss": "kept",
  "graphile-worker": "deleted",
  "plain-table": "kept",
  "plain-table-deleting": "deleted",
};
export const names = Object.keys(titles) as readonly Name[];

export type Request =
  | { readonly what: "install"; readonly name: Name; readonly terms: Terms }
  | { readonly what: "enqueue" | "drain"; readonly jobs: number }
  | { readonly what: "offer"; readonly rate: number; readonly seconds: number }
  | { readonly what: "close" };

export interface Answer {
  /** How long it took, in milliseconds. */
  readonly ms: number;
  /** Of jobs that were offered. */
  readonly offered?: Offered;
}

export interface Offered {
  /** From when a job was due to when it was completed, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** What was completed in each second, from the first offer on. */
  readonly seconds: readonly Second[];
}

export interface Second {
  readonly completed: number;
  /** Of those; null where there are none. */
  readonly p99: number | null;
}
