/** Shapes that the design forbids: each looks right, and is wrong beside a second call. */

import type { Table } from "./bug.js";
import { changed } from "./changed-sql.js";
import { fusedFinish } from "./wrong-sql.js";

export const forbidden: Table = {
  "fused-finish": {
    about: "a completion locks the receipts in the statement that decides",
    loss: "two workers are both told that they completed one attempt",
    tlc: [],
    changes: () => [fusedFinish()],
    on: { interleave: ["CompleteFast × CompleteFast"], locks: ["CompleteFast"], trace: true },
  },
  "unordered-locks": {
    about: "a statement locks several lanes in the order in which it finds them",
    loss: "two administrators end each other by deadlock",
    tlc: ["lock-unordered"],
    changes: () => [
      changed(
        "admin",
        "lock_lanes_of",
        "any (v_lanes) order by lane_id for update",
        "any (v_lanes) for update",
      ),
    ],
    on: { locks: ["CancelReady", "MoveReady"] },
  },
  "slot-orders": {
    about: "passes of rescue wait for each other's slots, each from what is its oldest one",
    loss: "two passes end each other by deadlock once the ring turns between them",
    tlc: [],
    changes: () => [
      changed("rescue_pass", "visit_claim_slot", "for update skip locked", "for update"),
    ],
    on: { locks: ["RescueStaleReceiptsPass", "RescueExpiredDeadlinesPass"] },
  },
  "key-leak": {
    about: "a job that is given up keeps its unique key",
    loss: "nobody can enqueue that work again",
    tlc: ["key-leak"],
    changes: () => [
      changed(
        "finish",
        "bury_attempts",
        "perform ringproof.release_keys(array(select job_id from unnest(p_attempts)));",
        "null;",
      ),
    ],
    on: { conform: ["keys"] },
  },
};
