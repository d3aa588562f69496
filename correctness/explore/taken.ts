/** Non-vacuity of C2: what no configuration takes was compared nowhere. */

import type { Finding } from "../claims.js";
import { add } from "../counting.js";

/** Edges per action of the module in one of its configurations. */
export interface Taken {
  readonly module: string;
  readonly edges: Readonly<Record<string, number>>;
}

/** What to say of a whole run in which some action of a module has no edge at all. */
export function neverTaken(all: readonly Taken[]): Finding[] {
  const totals = new Map<string, number>();
  for (const { module, edges } of all)
    for (const [action, count] of Object.entries(edges))
      add(totals, `${action} of ${module}`, count);
  const never = [...totals].flatMap(([key, count]) => (count === 0 ? [key] : []));
  if (never.length === 0) return [];
  return [
    {
      title: "some actions were never taken, so the run shows nothing about them",
      lines: never.map((key) => `never taken: ${key}`),
      replay: "ringproof graph",
    },
  ];
}
