/** The shape of the tables in which each row is one answer to one call, given in `world`. */

import type { OperationName, Outcome, Place } from "../../src/memory/index.js";

/** Args, answer, and what it leads to: where jobs are afterwards, or the promise it breaks. */
export type Row = readonly [args: unknown, outcome: Outcome, then: Record<string, Place> | string];
export type Tables = { readonly [N in OperationName]: readonly Row[] };

export const token = (job: string, lease: number) => ({ job, lease });
