-------------------------- MODULE WrongClaimerLease --------------------------
(* Refreshes and epochs that are wrong, each put in the place of one operator *)
(* of ClaimerLease by a .cfg under the bounds of a passing configuration.     *)
EXTENDS ClaimerLease

\* For NoLongerSafelyFresh.
FreshUntilIdle(r) == Idle(r) \/ r.left <= Half(Ttl)

FreshUntilHalfIdle(r) == r.idle >= Half(IdleThreshold)

\* For RowsOf: a refresh that writes a row for what its instance believes, instead of finding it.
RowsAsBelieved(h) ==
  {[slot |-> h.slot, owner |-> h.owner, epoch |-> h.epoch, idle |-> IdleThreshold, left |-> 0]}

\* For NextEpoch.
FirstEpoch(i, o) == 1

\* For NextEpoch: an instance that takes its own expired slot again counts as another one.
EpochPerTaking(i, o) ==
  IF i \in Free THEN 1 ELSE (CHOOSE r \in leases : r.slot = i).epoch + 1
=============================================================================
