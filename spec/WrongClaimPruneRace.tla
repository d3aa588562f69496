------------------------- MODULE WrongClaimPruneRace -------------------------
(* Locks and looks that are wrong, each put in the place of one operator of   *)
(* ClaimPruneRace by a .cfg under the bounds of a passing configuration.      *)
EXTENDS ClaimPruneRace

\* For StillCurrent: the lock alone, on a slot that was current when the cursor was read.
AsRead(slot) == TRUE

\* For RotateMode: compatible with writers, whose rows the probe does not see yet.
AccessShare == "access share"

\* For MayTruncate: what was seen before the lock is taken to be true under it.
AsLooked(slot) == TRUE

\* For Blocked: prune gets into the lock queue.
Waits(pass) == passes' = [passes EXCEPT ![pass].at = "waiting"] /\ UNCHANGED locks

\* For StillCurrent: a claim that takes its slot for outrun, whatever it reads.
NeverCurrent(slot) == FALSE
=============================================================================
