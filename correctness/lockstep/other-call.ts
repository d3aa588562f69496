/** An attempt that is made by a call of another name than its action's. */

import type { Outcome } from "../../src/core/index.js";
import type { Binding } from "../../src/postgres/binding.js";
import type { Statement, Statements } from "../../src/postgres/statements.js";
import type { Row } from "../../src/postgres/twin.js";
import type { Attempt } from "../conform/attempts.js";

export interface OtherCall {
  readonly name: string;
  readonly attempt: Attempt;
  readonly text: string;
  /** One after the other; their rows together are the answer. */
  readonly statements: (sql: Statements) => readonly Statement[];
  /** How many rows each of them returns. */
  readonly portions?: readonly number[];
  /** What its rows say to each call of the attempt; as those of the action's own unless given. */
  readonly answer?: (rows: readonly Row[], binding: Binding) => readonly Outcome[];
  /** What another session does during the first of them, as SQL for the schema `ringproof`. */
  readonly busy?: string;
  /** There is nothing to hand out, nor anybody else: then no claim head is locked. */
  readonly idle?: boolean;
}
