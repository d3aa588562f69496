/** Mutants that are no bugs, each with the argument why nobody can tell it from what ships. */

const oneAttempt =
  "a job has one open attempt at most, and only open attempts have leases and states";
const oneLease = "an attempt has one lease at most, whose slot its state names";
const oneFact =
  "a job has one terminal fact at most, and one that a batch completed never runs again";
const oneRow = "a lane gives each number once: lane and number name one row, or one receipt";
const oneReceipt = "job and run lease name one attempt, and so its receipt, and its row";
const nothingBefore = "a cursor never passes a pending row: none lies before it";
const nextRow =
  "whoever sees the row at the tail has seen every row before it: nothing is passed over";
const left =
  "what a job was moved away from is spent: the rows of its other slots and lanes are out";
const inOrder = "unnest and generate_series return their elements in their order";
const driven =
  "the elements of the call drive the join: what they are joined to is never more than they are";
const readers = "who truncates what these read does not wait, so their order is nobody's";
const skips = "it skips what is locked, and who truncates does not wait: it is in nobody's circle";
const again = "a token that is named again is one token, and no more than p_limit are ended";
const alone =
  "whoever writes these rows holds a lock that nobody else has: their order is nobody's";

export const equivalent: Readonly<Record<string, string>> = {
  "PassTime.dropGuard.noop":
    "where nothing can age, ageing changes no row; nobody is told what the passing of time answers",
  "end_attempts.dropConjunct.2": oneAttempt,
  "open_attempts.dropConjunct.2": oneAttempt,
  "receipts_due.dropConjunct.1": oneAttempt,
  "open_pins.dropConjunct.3": oneAttempt,
  "open_pins.dropJoinColumn.2": oneAttempt,
  "resume_callback.dropConjunct.1": oneLease,
  "open_pins.forgetCondition.1": oneLease,
  "compact_in.dropConjunct.3": oneFact,
  "discard_terminal.dropJoinColumn.2": oneFact,
  "retry_from_terminal.dropJoinColumn.1": oneRow,
  "queue_pins.forgetCondition.1": oneRow,
  "claim.dropConjunct.2": nothingBefore,
  "advance_claim_cursor.dropConjunct.1": nothingBefore,
  "waiting_since.dropConjunct.1": nothingBefore,
  "advance_claim_cursor.dropConjunct.4":
    "rows before the cursor are of its generation or of an earlier one, and do not move it",
  "end_attempts.dropOrder.1": alone,
  "park_for_callback.dropOrder.1": alone,
  "rebuild_terminal_counts.dropOrder.1": alone,
  "answers_for.dropOrder.1": inOrder,
  "open_in.dropConjunct.2": oneReceipt,
  "open_in.dropConjunct.4": oneReceipt,
  "open_in.forgetCondition.2": oneReceipt,
  "ring_slots.offByOne.1": "no table has a row of a slot that there is not",
  "terminal_jobs.dropConjunct.1": left,
  "terminal_jobs.forgetCondition.1": left,
  "terminal_jobs.forgetCondition.3": oneRow,
  "terminal_jobs.dropJoinColumn.1": oneRow,
  "open_attempts.forgetCondition.1": oneLease,
  "open_attempts.dropJoinColumn.2": oneAttempt,
  "retire_facts.dropOrder.1": alone,
  "retire_facts.dropOrder.2": alone,
  "rebuild_terminal_counts.forgetCondition.1": "it writes the number that is there",
  "enqueue.dropOrder.1": inOrder,
  "enqueue.dropOrder.2": inOrder,
  "promote_deferred.swapStatements.1": "what is decided is read from the rows that were locked",
  "claim.moveBound.3": nextRow,
  "advance_claim_cursor.moveBound.2": nextRow,
  "advance_claim_cursor.moveBound.4": nextRow,
  "promote_deferred.dropOrder.2": driven,
  "answers.dropOrder.1": driven,
  "answers_of.dropOrder.1": driven,
  "heartbeat.dropOrder.1": alone,
  "flush_progress.dropOrder.1": alone,
  "park_for_callback.dropOrder.2": alone,
  "conclude_attempts.dropOrder.1": alone,
  "defer_attempts.dropOrder.1": alone,
  "bury_attempts.dropOrder.1": alone,
  "close_orphans.dropOrder.1": alone,
  "receipt_slots.dropOrder.2": readers,
  "end_attempts.dropOrder.2": readers,
  "due_among.dropOrder.1": readers,
  "try_lock_receipts.dropOrder.1": skips,
  "try_lock_receipts.dropOrder.2": skips,
  "carry_forward.forgetCondition.4": oneFact,
  "carry_forward.forgetCondition.6": oneRow,
  "carry_forward.dropOrder.1": "it gives up rather than wait, in whatever order",
  "lock_receipts.forgetCondition.2": oneRow,
  "receipt_slots.forgetCondition.2": oneRow,
  "open_among.dropConjunct.3": oneAttempt,
  "open_among.forgetCondition.1": oneRow,
  "find_attempts.dropConjunct.2": oneLease,
  "heartbeat.dropConjunct.1": oneLease,
  "heartbeat.dropConjunct.3": oneLease,
  "park_for_callback.dropConjunct.1": oneLease,
  "park_for_callback.dropConjunct.3": oneLease,
  "park_for_callback.dropJoinColumn.1": oneRow,
  "resume_callback.dropConjunct.3": oneLease,
  "resume_callback.dropOrder.1": inOrder,
  "complete_fast.dropConjunct.2": oneAttempt,
  "end_attempts.forgetCondition.5": oneRow,
  "complete.dropOrder.1": inOrder,
  "complete.dropOrder.2": inOrder,
  "try_lock_receipts.forgetCondition.2": oneRow,
  "try_lock_receipts.forgetCondition.3": oneRow,
  "stale_receipts.forgetCondition.1": again,
  "expired_receipts.forgetCondition.1": again,
  "receipts_between.dropConjunct.3": "a comparison with a deadline that there is not is not true",
  "move_ready.forgetCondition.1": "it is only asked about the jobs of the call",
  "move_ready.dropOrder.3": inOrder,
  "close_orphans.dropJoinColumn.4": "earlier attempts of the job were closed when they ended",
  "discard_terminal.dropJoinColumn.5": oneFact,
  "remove_done.dropJoinColumn.1": oneRow,
  "change_lanes.dropOrder.4": inOrder,
  "queue_slot_pinned.forgetCondition.1": oneRow,
  "try_truncate_slot.dropOrder.1": inOrder,
  "claimer_choice.leaveOutElement.4": "what array_position does not find comes last, as it is to",
  "change_lanes.dropOrder.3":
    "an aggregate that puts its input in order is never hashed, so its groups come in order too",
  "prune.dropConjunct.3": "null and one are null: the row is written as it is",
  "claim_from_queue.dropGuard.1": "claim finds no claim head of the lane null, and returns nothing",
};
