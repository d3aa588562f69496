/** Mutants that are no bugs, each with the argument why nobody can tell it from what ships. */

const oneAttempt =
  "a job has one open attempt at most, and only open attempts have leases and states";
const oneLease = "an attempt has one lease at most, whose slot its state names";
const oneFact =
  "a job has one terminal fact at most, and one that a batch completed never runs again";
const oneRow = "a lane gives each number once: lane and number name one row, or one receipt";
const nothingBefore = "a cursor never passes a pending row: none lies before it";
const inOrder = "unnest returns the elements of one array in their order";
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
  "change_lanes.dropOrder.3": inOrder,
  "answers_for.dropOrder.1": inOrder,
  "change_lanes.dropOrder.2":
    "an aggregate that puts its input in order is never hashed, so its groups come in order too",
  "prune.dropConjunct.3": "null and one are null: the row is written as it is",
  "claim_from_queue.dropGuard.1": "claim finds no claim head of the lane null, and returns nothing",
};
