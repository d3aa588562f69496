/** Where the core and Postgres differ, and what is known of the place. */

import type { Call, Db, Outcome } from "../../src/core/index.js";
import type { PgError } from "../../src/postgres/pg-error.js";
import type { Attempt, Expected } from "./attempts.js";
import { callsTo, type Node } from "./tree.js";

/** A difference between the core and Postgres, with everything needed to see it again. */
export interface Divergence {
  readonly node: Node;
  readonly path: readonly Call[];
  /** `null` where the rows differ before any attempt was made. */
  readonly attempt: Attempt | null;
  readonly expected: Expected;
  readonly outcomes: readonly Outcome[];
  readonly db: Db | null;
  /** What is wrong with the rows beyond what the model says of them. */
  readonly faults: readonly string[];
  readonly error: string | null;
}

const nothing = { outcomes: [], db: null, faults: [], error: null } as const;

export type Found = Partial<Pick<Divergence, keyof typeof nothing>>;

/** A difference at a node, with what was found there. */
export const divergence = (
  node: Node,
  attempt: Attempt | null,
  expected: Expected,
  found: Found,
): Divergence => ({ node, path: callsTo(node), attempt, expected, ...nothing, ...found });

/** A call on the way to a node that Postgres answers with an error. */
export class FailedCall extends Error {
  readonly divergence: Divergence;

  constructor(node: Node, attempt: Attempt, expected: Expected, cause: Error) {
    super(cause.message, { cause });
    this.divergence = divergence(node, attempt, expected, { error: errorText(cause) });
  }
}

/** An error of Postgres with its SQLSTATE. */
export function errorText(error: Error): string {
  const { code = "", message } = error as PgError;
  return `${code} ${message}`.trim();
}
