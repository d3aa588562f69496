/** Mutants that are no bugs, each with the argument why nobody can tell it from what ships. */

export const equivalent: Readonly<Record<string, string>> = {
  "PassTime.dropGuard.noop":
    "where nothing can age, ageing changes no row; nobody is told what the passing of time answers",
  "waiting_since.dropConjunct.1": "a cursor never passes a pending row: none lies before it",
  "claim_from_queue.dropGuard.1": "claim finds no claim head of the lane null, and returns nothing",
  "change_lanes.dropOrder.2":
    "an aggregate that puts its input in order is never hashed, so its groups come in order too",
  "change_lanes.dropOrder.3": "unnest returns the elements of one array in their order",
  "answers_for.dropOrder.1": "unnest returns the elements of one array in their order",
  "open_pins.dropConjunct.3":
    "a job has one open attempt at most, and only open attempts have leases",
  "open_pins.forgetCondition.1": "an attempt has one lease at most, whose slot its state names",
  "open_pins.dropJoinColumn.2": "a job has one open attempt at most, and only those have a state",
  "queue_pins.forgetCondition.1": "a lane_seq is handed out once: lane and number name one receipt",
};
