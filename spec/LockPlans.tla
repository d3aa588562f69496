------------------------------ MODULE LockPlans ------------------------------
(* What calls lock, in order; by hand, until it is recorded.                  *)
EXTENDS Sequences

Plans == <<
  [op |-> "Claim", steps |-> <<
    [on |-> "lane_claim_heads", mode |-> "RowShareLock", policy |-> "wait"],
    [on |-> "lane_claim_heads#a", mode |-> "ForUpdate", policy |-> "skip"],
    [on |-> "ready_entries_0", mode |-> "AccessShareLock", policy |-> "wait"],
    [on |-> "lease_claims_0", mode |-> "RowExclusiveLock", policy |-> "wait"],
    [on |-> "attempt_evidence_0", mode |-> "RowExclusiveLock", policy |-> "wait"]>>],
  [op |-> "CancelReady", steps |-> <<
    [on |-> "ready_entries_0", mode |-> "AccessShareLock", policy |-> "wait"],
    [on |-> "lane_claim_heads", mode |-> "RowShareLock", policy |-> "wait"],
    [on |-> "lane_claim_heads#a", mode |-> "ForUpdate", policy |-> "wait"],
    [on |-> "lane_claim_heads#b", mode |-> "ForUpdate", policy |-> "wait"],
    [on |-> "done_entries_0", mode |-> "RowExclusiveLock", policy |-> "wait"]>>],
  [op |-> "PruneQueue", steps |-> <<
    [on |-> "rings#queue", mode |-> "ForUpdate", policy |-> "skip"],
    [on |-> "ready_entries_0", mode |-> "AccessShareLock", policy |-> "nowait"],
    [on |-> "attempt_evidence_0", mode |-> "AccessShareLock", policy |-> "nowait"],
    [on |-> "done_entries_0", mode |-> "AccessShareLock", policy |-> "nowait"],
    [on |-> "ready_entries_0", mode |-> "AccessExclusiveLock", policy |-> "nowait"],
    [on |-> "attempt_evidence_0", mode |-> "AccessExclusiveLock", policy |-> "nowait"],
    [on |-> "done_entries_0", mode |-> "AccessExclusiveLock", policy |-> "nowait"]>>]>>
=============================================================================
