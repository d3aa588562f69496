--------------------------- MODULE WrongLockOrder ---------------------------
(* Plans and rules that are wrong, each put in the place of one operator of   *)
(* LockOrder by a .cfg. The plans are those of calls on SQL that was changed. *)
EXTENDS MCLockOrder

Waits(on, mode) == [on |-> on, mode |-> mode, policy |-> "wait"]

\* For Plans: batches for two lanes, which are locked in the order of the jobs in the call.
OppositeLanes ==
  LET Promote(first, second) ==
        [op |-> "PromoteDeferred",
         steps |-> <<Waits("lane_enqueue_heads", "RowExclusiveLock"),
                     Waits("lane_enqueue_heads#" \o first, "ForNoKeyUpdate"),
                     Waits("lane_enqueue_heads#" \o second, "ForNoKeyUpdate")>>]
  IN <<Promote("a", "b"), Promote("b", "a")>>

\* For Plans: no ORDER BY; rows are locked as they are found, in one plan by their place in the
\* table, in the other by an index.
Unordered ==
  LET Cancel(first, second) ==
        [op |-> "CancelReady",
         steps |-> <<Waits("lane_claim_heads", "RowShareLock"),
                     Waits("lane_claim_heads#" \o first, "ForUpdate"),
                     Waits("lane_claim_heads#" \o second, "ForUpdate")>>]
  IN <<Cancel("b", "a"), Cancel("a", "b")>>

\* For Policy: maintenance queues for its locks.
Patient(step) == IF step.policy = "nowait" THEN "wait" ELSE step.policy

\* For Plans: those of a worker and of maintenance, as they are.
ClaimAndPrune ==
  LET Those(plan) == plan.op \in {"Claim", "PruneQueue"} IN SelectSeq(AllPlans, Those)

\* For Due: the first who waits goes on, and does not look whether the lock is free now.
FirstInLine(locks, t) == \A u \in Ahead(t) : ~Bars(u, t)

\* For Rest: advisory locks belong to the session.
AdvisoryStays(t) == {h \in held : h.by # t \/ h.mode = "Advisory"}
=============================================================================
