/** Mutants that are no bugs, each under the argument why nobody can tell it from what ships. */

interface Argument {
  readonly why: string;
  readonly names: readonly string[];
}

const all: readonly Argument[] = [
  {
    why: "a lane gives each number once: lane and number name one row, or one receipt",
    names: [
      "retry_from_terminal.dropJoinColumn.1",
      "queue_pins.forgetCondition.1",
      "terminal_jobs.forgetCondition.3",
      "terminal_jobs.dropJoinColumn.1",
      "carry_forward.forgetCondition.6",
      "lock_receipts.forgetCondition.2",
      "park_for_callback.dropJoinColumn.1",
      "end_attempts.forgetCondition.5",
      "try_lock_receipts.forgetCondition.2",
      "try_lock_receipts.forgetCondition.3",
      "remove_done.dropJoinColumn.1",
      "queue_slot_pinned.forgetCondition.1",
      "rescue_callback_timeouts.forgetCondition.1",
      "due_among.forgetCondition.2",
    ],
  },
  {
    why: "whoever writes these rows holds a lock that nobody else has: their order is nobody's",
    names: [
      "end_attempts.dropOrder.1",
      "park_for_callback.dropOrder.1",
      "rebuild_terminal_counts.dropOrder.1",
      "retire_facts.dropOrder.1",
      "retire_facts.dropOrder.2",
      "heartbeat.dropOrder.1",
      "park_for_callback.dropOrder.2",
      "conclude_attempts.dropOrder.1",
      "defer_attempts.dropOrder.1",
      "bury_attempts.dropOrder.1",
      "close_orphans.dropOrder.1",
    ],
  },
  {
    why: "an attempt has one lease at most, whose slot its state names",
    names: [
      "resume_callback.dropConjunct.1",
      "open_pins.forgetCondition.1",
      "open_attempts.forgetCondition.1",
      "find_attempts.dropConjunct.2",
      "find_attempts.forgetCondition.2",
      "end_attempts.forgetCondition.2",
      "heartbeat.dropConjunct.1",
      "heartbeat.dropConjunct.3",
      "park_for_callback.dropConjunct.1",
      "park_for_callback.dropConjunct.3",
      "resume_callback.dropConjunct.3",
    ],
  },
  {
    why: "unnest and generate_series return their elements in their order",
    names: [
      "answers_for.dropOrder.1",
      "resume_callback.dropOrder.1",
      "complete.dropOrder.1",
      "move_ready.dropOrder.3",
      "change_lanes.dropOrder.4",
      "try_truncate_slot.dropOrder.1",
    ],
  },
  {
    why: "a job has one open attempt at most, and only open attempts have leases and states",
    names: [
      "end_attempts.dropConjunct.3",
      "end_attempts.dropConjunct.2",
      "open_attempts.dropConjunct.2",
      "receipts_due.dropConjunct.1",
      "open_pins.dropConjunct.3",
      "open_pins.dropJoinColumn.2",
      "open_attempts.dropJoinColumn.2",
      "open_among.dropConjunct.1",
      "complete_fast.dropConjunct.1",
    ],
  },
  {
    why: "a job has one terminal fact at most, and one that a batch completed never runs again",
    names: [
      "compact_in.dropConjunct.3",
      "discard_terminal.dropJoinColumn.2",
      "carry_forward.forgetCondition.4",
      "discard_terminal.dropJoinColumn.5",
    ],
  },
  {
    why: "a cursor never passes a pending row: none lies before it",
    names: [
      "advance_claim_cursor.forgetCondition.4",
      "waiting_since.forgetCondition.1",
      "hand_out.forgetCondition.3",
    ],
  },
  {
    why: "job and run lease name one attempt, and so its receipt, and its row",
    names: [
      "open_in.dropConjunct.2",
      "open_in.forgetCondition.2",
      "completed_of.dropConjunct.1",
      "completed_of.forgetCondition.1",
      "complete_receipt.dropConjunct.1",
      "complete_receipt.dropConjunct.2",
    ],
  },
  {
    why: "what is not decided at one look is decided attempt by attempt, and comes out the same",
    names: [
      "complete_receipt.dropConjunct.5",
      "complete_receipt.dropConjunct.6",
      "complete_receipt.dropConjunct.7",
      "complete_receipt.forgetCondition.4",
    ],
  },
  {
    why: "who looks past the first row finds one that waits less, unless clocks disagree",
    names: ["choose_lane.dropConjunct.1"],
  },
  {
    why: "what batches complete as a whole is not open: to look into it finds nothing",
    names: ["open_in.dropConjunct.4", "open_in.moveBound.1"],
  },
  {
    why: "where every token names an attempt of its own, each answer is the same",
    names: ["answers_of.dropGuard.1", "answers_of.forgetCondition.1"],
  },
  {
    why: "a receipt is in one claim slot, and its batches are in one queue slot",
    names: ["completed_of.forgetCondition.2", "open_among.forgetCondition.4"],
  },
  {
    why: "whoever sees the row at the tail has seen every row before it: nothing is passed over",
    names: [
      "hand_out.moveBound.2",
      "advance_claim_cursor.moveBound.2",
      "advance_claim_cursor.moveBound.4",
    ],
  },
  {
    why: "the jobs of one lane are in their order, sorted or not",
    names: ["append_ready.moveBound.1"],
  },
  {
    why: "the elements of the call drive the join: they are never fewer than what joins them",
    names: ["promote_deferred.dropOrder.2", "answers_of.dropOrder.1"],
  },
  {
    why: "who truncates what these read does not wait, so their order is nobody's",
    names: [
      "completed_of.dropOrder.1",
      "open_among.dropOrder.1",
      "end_attempts.dropOrder.2",
      "due_among.dropOrder.1",
    ],
  },
  {
    why: "what a job was moved away from is spent: the rows of its other slots and lanes are out",
    names: ["terminal_jobs.dropConjunct.2", "terminal_jobs.dropConjunct.3"],
  },
  {
    why: "it skips what is locked, and who truncates does not wait: it is in nobody's circle",
    names: ["try_lock_receipts.dropOrder.1", "try_lock_receipts.dropOrder.2"],
  },
  {
    why: "a claim slot has one row",
    names: ["try_lock_cursors.dropOrder.1", "visit_claim_slot.dropOrder.1"],
  },
  {
    why: "where nothing can age, ageing changes no row; nobody is told what time answers",
    names: ["PassTime.dropGuard.noop"],
  },
  {
    why: "rows before the cursor are of its generation or of an earlier one, and do not move it",
    names: ["advance_claim_cursor.dropConjunct.3"],
  },
  { why: "no table has a row of a slot that there is not", names: ["ring_slots.offByOne.1"] },
  {
    why: "who deletes looks for itself: to look before saves work, and a lock that hinders nobody",
    names: ["release_keys.forgetCondition.1"],
  },
  {
    why: "it writes what is there",
    names: ["rebuild_terminal_counts.forgetCondition.1", "visit_claim_slot.dropConjunct.1"],
  },
  {
    why: "what is decided is read from the rows that were locked",
    names: ["promote_deferred.swapStatements.2"],
  },
  { why: "it gives up rather than wait, in whatever order", names: ["carry_forward.dropOrder.1"] },
  {
    why: "a comparison with a deadline that there is not is not true",
    names: ["receipts_between.dropConjunct.3"],
  },
  { why: "it is only asked about the jobs of the call", names: ["move_ready.forgetCondition.1"] },
  {
    why: "earlier attempts of the job were closed when they ended",
    names: ["close_orphans.dropJoinColumn.4"],
  },
  {
    why: "what array_position does not find comes last, as it is to",
    names: ["claimer_choice.leaveOutElement.4"],
  },
  {
    why: "an aggregate that puts its input in order is not hashed, so its groups come in order",
    names: ["change_lanes.dropOrder.3"],
  },
  { why: "null and one are null: the row is written as it is", names: ["prune.dropConjunct.3"] },
  {
    why: "claim finds no claim head of the lane null, and returns nothing",
    names: ["claim_from_queue.dropGuard.1"],
  },
  {
    why: "in the order of deadlines the cursor leaves nothing open behind it, or where it stands",
    names: ["receipts_between.moveBound.4"],
  },
  {
    why: "an empty window has nothing to end, and no last receipt for the cursor to come to",
    names: ["visit_claim_slot.dropGuard.2"],
  },
];

/** By their names. */
export const equivalent: Readonly<Record<string, string>> = Object.fromEntries(
  all.flatMap(({ why, names }) => names.map((name) => [name, why])),
);
