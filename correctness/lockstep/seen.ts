/** How a step is made on Postgres, and what is seen of it. */

import type { Db, Job, Outcome } from "../../src/core/index.js";
import type { OtherCall } from "./other-call.js";
import type { Health } from "./health.js";
import type { Presence } from "./presence.js";

export interface Manner {
  /** Whether the rows that it leaves go through `ringproof audit` as well. */
  readonly audited?: boolean;
  /** Whether health is asked for. */
  readonly asked?: boolean;
  /** The call that is made instead of the action's own. */
  readonly by?: OtherCall | null;
  /** Who else is there when somebody looks, and asks for health. */
  readonly presence?: Presence | null;
}

/** What Postgres answered to one attempt, and what it looks like afterwards. */
export interface Seen {
  readonly outcomes: readonly Outcome[];
  /** What it said instead of answering. */
  readonly error: string | null;
  readonly db: Db;
  /** What is wrong with the rows beyond what the model says of them. */
  readonly faults: readonly string[];
  /** The public view. */
  readonly jobs: readonly JobPlace[];
  /** Null where nobody asked for it. */
  readonly health: Health | null;
}

/** One row of the view `jobs`. */
export interface JobPlace {
  readonly job: Job;
  readonly state: string;
  readonly lease: number;
}
