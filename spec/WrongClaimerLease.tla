-------------------------- MODULE WrongClaimerLease --------------------------
(* Refresh rules that are wrong, each put in the place of NoLongerSafelyFresh *)
(* by a .cfg under the bounds of a passing configuration.                     *)
EXTENDS ClaimerLease

FreshUntilIdle(r) == Idle(r) \/ r.left <= Half(Ttl)

FreshUntilHalfIdle(r) == r.idle >= Half(IdleThreshold)
=============================================================================
