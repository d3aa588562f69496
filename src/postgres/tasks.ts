/**
 * What roles may be granted, task by task. A function runs with the rights of the schema's owner if
 * and only if a task calls it here, apart from the predicates of `read`.
 */

/** Each task's functions. */
const calls = {
  produce: ["ensure_lane", "enqueue"],
  work: [
    ...["claim", "claim_from_queue", "advance_claim_cursor"],
    ...["heartbeat", "flush_progress", "park_for_callback", "resume_callback"],
    ...["complete_fast", "complete_slow", "complete", "retry", "snooze", "fail", "fail_to_dlq"],
    ...["acquire_claimer", "claimer_claimed"],
  ],
  maintain: [
    ...["ensure_lane", "promote_deferred", "advance_claim_cursor"],
    ...["rescue_stale_receipts", "rescue_expired_deadlines", "rescue_stale_leases"],
    ...["rescue_expired_lease_deadlines", "rescue_callback_timeouts"],
    ...["rescue_stale_receipts_pass", "rescue_expired_deadlines_pass"],
    ...["rotate_queue", "rotate_claims", "rotate_leases"],
    ...["prune_queue", "prune_claims", "prune_leases"],
    ...["rollup_terminal_counts", "rebuild_terminal_counts", "ring_health"],
  ],
  administer: [
    ...["ensure_lane", "cancel_ready", "cancel_running"],
    ...["move_ready", "reprioritise", "move_queue"],
    ...["discard_terminal", "retry_from_terminal", "failed_to_dlq"],
    ...["purge_dlq", "retry_from_dlq"],
  ],
  read: ["ring_health"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Task = keyof typeof calls;

export const taskNames = Object.keys(calls) as readonly Task[];

/** The functions that are called with the rights of the schema's owner. */
export const operationsOf = (task: Task): readonly string[] => calls[task];

/** What views call, with the rights of whoever reads them. */
const predicates = ["pending_in", "unclosed_in", "compact_in", "open_in", "oldest_generation"];

export const functionsOf = (task: Task): readonly string[] =>
  task === "read" ? [...calls.read, ...predicates] : calls[task];

/** What a task reads without an operation: SELECT, for this schema, already quoted. */
export function selectsOf(task: Task, schema: string): readonly string[] {
  if (task === "read") return [`select on all tables in schema ${schema}`];
  // Which jobs are due, and not what they are.
  if (task === "maintain") return [`select (job_id, run_at) on ${schema}.deferred_jobs`];
  return [];
}
