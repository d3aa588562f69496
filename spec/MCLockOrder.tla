---------------------------- MODULE MCLockOrder ----------------------------
(* LockOrder with the plans that were recorded from Postgres.                 *)
EXTENDS LockOrder

Recorded == INSTANCE LockPlans
AllPlans == Recorded!Plans
=============================================================================
