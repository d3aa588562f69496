/**
 * Which tables may see INSERT, UPDATE, DELETE and TRUNCATE, and by which function. A new table
 * needs a line here; what the functions really do is checked against it, in their text and in what
 * Postgres counts. Migrations are not operations: an upgrade may rewrite what it finds.
 */

import type { Command } from "../core/index.js";

/** The functions whose own statements do this to the table; INSTALL is what no function does. */
export type TableContract = { readonly [C in Command]?: readonly string[] };

export type TablesContract = Readonly<Record<string, TableContract>>;

/** What the install itself writes. */
export const INSTALL = "install";

/** A partition per slot of a ring: whatever its rows were, TRUNCATE of the slot reclaims them. */
const slots = { truncate: ["try_truncate_slot"] } as const;

export const tables: TablesContract = {
  // Queue ring: only administrators delete, and only terminal rows.
  ready_entries: { insert: ["append_ready", "carry_forward"], ...slots },
  ready_tombstones: { insert: ["cancel_ready", "carry_forward", "move_ready"], ...slots },
  attempt_evidence: { insert: ["hand_out"], ...slots },
  done_entries: {
    insert: ["cancel_ready", "carry_forward", "conclude_attempts"],
    delete: ["carry_forward", "discard_terminal", "remove_done"],
    ...slots,
  },
  receipt_completion_batches: { insert: ["complete_fast", "complete_receipt"], ...slots },
  receipt_completion_tombstones: { insert: ["discard_terminal"], ...slots },
  queue_terminal_count_deltas: {
    insert: [
      ...["cancel_ready", "complete_fast", "complete_receipt", "conclude_attempts"],
      ...["discard_terminal", "remove_done"],
    ],
    truncate: ["rollup_terminal_counts", "try_truncate_slot"],
  },

  // Claim ring.
  lease_claims: { insert: ["hand_out"], ...slots },
  lease_claim_closures: { insert: ["close_orphans", "end_attempts"], ...slots },

  // Lease ring: the rows that must be mutable while they wait.
  leases: {
    insert: ["park_for_callback"],
    update: ["heartbeat", "park_for_callback", "resume_callback"],
    delete: ["end_attempts"],
    ...slots,
  },

  // In no ring: few rows at a time, which vacuum reclaims.
  attempt_state: {
    insert: ["flush_progress", "heartbeat", "park_for_callback"],
    update: ["flush_progress", "heartbeat", "park_for_callback"],
    delete: ["complete_fast", "end_attempts"],
  },
  deferred_jobs: { insert: ["defer_attempts", "enqueue"], delete: ["promote_deferred"] },
  dlq_entries: {
    insert: ["bury_attempts", "failed_to_dlq"],
    delete: ["purge_dlq", "retry_from_dlq"],
  },
  unique_keys: { insert: ["take_keys"], delete: ["release_keys"] },

  // Rows that stay: one per ring, lane or dispatch slot.
  rings: { insert: [INSTALL], update: ["prune", "rotate"] },
  claim_slots: { insert: [INSTALL], update: ["prune", "visit_claim_slot"] },
  lanes: { insert: ["ensure_lane"] },
  lane_enqueue_heads: { insert: ["ensure_lane"], update: ["append_ready", "carry_forward"] },
  lane_claim_heads: { insert: ["ensure_lane"], update: ["advance_claim_cursor"] },
  queue_terminal_live_counts: {
    insert: ["fold_deltas", "rebuild_terminal_counts", "retire_facts"],
    update: ["fold_deltas", "rebuild_terminal_counts", "retire_facts"],
  },
  queue_terminal_rollups: { insert: ["retire_facts"], update: ["retire_facts"] },
  queue_claimer_leases: {
    insert: ["acquire_claimer"],
    update: ["acquire_claimer", "claimer_claimed"],
  },
  meta: { insert: [INSTALL], update: [INSTALL] },
};

/** What the contract allows to be done to a table, in the order of the model. */
export const commandsOf = (table: TableContract): readonly Command[] =>
  (["insert", "update", "delete", "truncate"] as const).filter((c) => table[c] !== undefined);

/** How dead and spent rows of a table go; what is only inserted has none. */
export function reclaimedBy(table: TableContract): "truncate" | "vacuum" | "nothing" {
  if (table.truncate) return "truncate";
  return table.update || table.delete ? "vacuum" : "nothing";
}
