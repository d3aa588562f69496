---------------------------- MODULE MCLockOrder ----------------------------
(* LockOrder with the plans that were recorded from Postgres.                 *)
EXTENDS LockOrder

Recorded == INSTANCE LockPlans
AllPlans == Recorded!Plans

\* For Plans: a few in which every rule has its turn.
Samples == <<
  [op |-> "Reader", steps |-> <<
    [on |-> "t", mode |-> "AccessShareLock", policy |-> "wait"],
    [on |-> "t", mode |-> "RowExclusiveLock", policy |-> "wait"],
    [on |-> "t#a", mode |-> "ForKeyShare", policy |-> "wait"]>>],
  [op |-> "Writer", steps |-> <<
    [on |-> "t#a", mode |-> "ForUpdate", policy |-> "wait"],
    [on |-> "k#1", mode |-> "UniqueKey", policy |-> "wait"]>>],
  [op |-> "Sharer", steps |-> <<
    [on |-> "t", mode |-> "ShareLock", policy |-> "wait"],
    [on |-> "t", mode |-> "Release", policy |-> "wait"],
    [on |-> "k#1", mode |-> "UniqueKey", policy |-> "wait"]>>],
  [op |-> "Claim", steps |-> <<
    [on |-> "t#a", mode |-> "ForUpdate", policy |-> "skip"],
    [on |-> "advisory#1", mode |-> "Advisory", policy |-> "wait"]>>],
  [op |-> "PruneQueue", steps |-> <<
    [on |-> "t", mode |-> "AccessExclusiveLock", policy |-> "nowait"]>>],
  [op |-> "Migration", steps |-> <<
    [on |-> "t", mode |-> "AccessExclusiveLock", policy |-> "wait"]>>]>>
=============================================================================
