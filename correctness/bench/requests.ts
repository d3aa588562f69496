/** What the process of a contestant is asked for, and answers. */

import type { Terms } from "./contestants/contestant.js";

export const names = ["ringproof", "pg-boss", "graphile-worker", "plain table"] as const;
export type Name = (typeof names)[number];

export type Request =
  | { readonly what: "install"; readonly name: Name; readonly terms: Terms }
  | { readonly what: "enqueue" | "drain"; readonly jobs: number }
  | { readonly what: "offer"; readonly rate: number; readonly seconds: number }
  | { readonly what: "close" };

export interface Answer {
  readonly ms: number;
  /** Of each job, from when it was due, in milliseconds. */
  readonly latencies: readonly number[];
}
