------------------------------ MODULE LockOrder ------------------------------
(* Transactions take the locks of their plans, one after the other, and keep  *)
(* them until they end. What conflicts, who waits and who is next is as in    *)
(* Postgres. The property that matters: NoDeadlock. Left out: what the rows   *)
(* hold; a plan goes on where a row was passed over, so transactions do here  *)
(* at least what they do there. The plans are recorded from Postgres.         *)
EXTENDS Integers, Sequences, TLC

CONSTANTS Size,  \* transactions at once
          Plans  \* sequence of [op, steps]; a step is [on, mode, policy]

ASSUME Size \in {2, 3}

VARIABLES plans,    \* transaction -> its plan, once they have met
          at,       \* transaction -> the number of its next step
          held,     \* [by, on, mode]
          queue,    \* transactions that wait; of two for one thing, the one in front first
          finished  \* transactions that have ended

vars == <<plans, at, held, queue, finished>>

Transactions == 1..Size

------------------------------------------------------------------------------
(* What Postgres says of two transactions that want the same thing            *)

\* The modes that each mode conflicts with.
Conflicts ==
  [AccessShareLock |-> {"AccessExclusiveLock"},
   RowShareLock |-> {"ExclusiveLock", "AccessExclusiveLock"},
   RowExclusiveLock |-> {"ShareLock", "ShareRowExclusiveLock", "ExclusiveLock",
                         "AccessExclusiveLock"},
   ShareUpdateExclusiveLock |-> {"ShareUpdateExclusiveLock", "ShareLock",
                                 "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"},
   ShareLock |-> {"RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareRowExclusiveLock",
                  "ExclusiveLock", "AccessExclusiveLock"},
   ShareRowExclusiveLock |-> {"RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock",
                              "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"},
   ExclusiveLock |-> {"RowShareLock", "RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock",
                      "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"},
   AccessExclusiveLock |-> {"AccessShareLock", "RowShareLock", "RowExclusiveLock",
                            "ShareUpdateExclusiveLock", "ShareLock", "ShareRowExclusiveLock",
                            "ExclusiveLock", "AccessExclusiveLock"},
   ForKeyShare |-> {"ForUpdate"},
   ForShare |-> {"ForNoKeyUpdate", "ForUpdate"},
   ForNoKeyUpdate |-> {"ForShare", "ForNoKeyUpdate", "ForUpdate"},
   ForUpdate |-> {"ForKeyShare", "ForShare", "ForNoKeyUpdate", "ForUpdate"},
   Advisory |-> {"Advisory"},
   UniqueKey |-> {"UniqueKey"}]

RowModes == {"ForKeyShare", "ForShare", "ForNoKeyUpdate", "ForUpdate"}
TableModes == DOMAIN Conflicts \ (RowModes \cup {"Advisory", "UniqueKey"})

\* Those that lock tables against others. A rescue pass does not: nobody queues behind its requests.
Maintenance == {"RotateQueue", "RotateClaims", "RotateLeases",
                "PruneQueue", "PruneClaims", "PruneLeases",
                "RollupTerminalCounts", "RebuildTerminalCounts"}

Clash(mode, other) == other \in Conflicts[mode]

------------------------------------------------------------------------------
(* Who meets whom. An acquisition that nobody in the meeting minds is left    *)
(* out: it can neither wait nor be waited for, nor stand in the way of a      *)
(* request. Plans that are alike then are one.                                *)

\* What a step takes, or gives back.
LockOn(step) == <<step.on, IF step.mode = "Release" THEN step.policy ELSE step.mode>>

Minds(plan, lock) ==
  \E i \in DOMAIN plan.steps :
    LET other == LockOn(plan.steps[i]) IN other[1] = lock[1] /\ Clash(lock[2], other[2])

\* Two of them, or three of which each minds both others: a circle of three needs no less, and
\* every smaller one is there among two. Of plans that are alike the first stands for all.
Meetings ==
  LET all == TLCEval(Plans)
      LocksOf(p) == {LockOn(all[p].steps[i]) : i \in DOMAIN all[p].steps}
      minders == TLCEval([lock \in UNION {LocksOf(p) : p \in DOMAIN all} |->
                            {p \in DOMAIN all : Minds(all[p], lock)}])
      Among(p, others) ==
        LET Matters(step) == minders[LockOn(step)] \cap others # {}
        IN [op |-> all[p].op, steps |-> SelectSeq(all[p].steps, Matters)]
      alike == TLCEval([p \in DOMAIN all |->
                          <<all[p].op \in Maintenance, Among(p, DOMAIN all).steps>>])
      firsts == TLCEval({p \in DOMAIN all : \A q \in 1..(p - 1) : alike[q] # alike[p]})
      later == TLCEval([p \in firsts |->
                 {q \in firsts \cap UNION {minders[lock] : lock \in LocksOf(p)} : q >= p}])
  IN IF Size = 2
     THEN UNION {{<<Among(p, {q}), Among(q, {p})>> : q \in later[p]} : p \in firsts}
     ELSE UNION {UNION {{<<Among(p, {q, r}), Among(q, {p, r}), Among(r, {p, q})>> :
                           r \in later[p] \cap later[q]} : q \in later[p]} : p \in firsts}

Init == /\ plans = <<>>
        /\ at = [t \in Transactions |-> 1]
        /\ held = {} /\ queue = <<>> /\ finished = {}

------------------------------------------------------------------------------
(* Helpers                                                                    *)

Step(t) == plans[t].steps[at[t]]
Busy(t) == plans # <<>> /\ t \notin finished /\ at[t] <= Len(plans[t].steps)
Waiting == {queue[i] : i \in DOMAIN queue}

\* It is about to ask for a lock.
Asks(t) == Busy(t) /\ t \notin Waiting /\ Step(t).mode # "Release"

Policy(step) == step.policy

LockOf(t) == [by |-> t, on |-> Step(t).on, mode |-> Step(t).mode]
Own(t) == {h.mode : h \in {g \in held : g.by = t /\ g.on = Step(t).on}}

\* A transaction never stands in its own way.
AgainstHeld(locks, t) ==
  \E h \in locks : h.by # t /\ h.on = Step(t).on /\ Clash(Step(t).mode, h.mode)

\* Tables and advisory locks are given out by the lock manager, in the order of its queue. Rows and
\* keys are taken by whoever finds them free: who waits for a row or a key is not asked.
InOrder(t) == Step(t).mode \notin RowModes \cup {"UniqueKey"}

\* Whether the request of u, which waits in front, keeps t waiting. Of those who wait for a row one
\* tries at a time, but for those who have it in a weaker mode; for a key, all of them.
Bars(u, t) == /\ Step(u).on = Step(t).on /\ Clash(Step(t).mode, Step(u).mode)
              /\ InOrder(t) \/ (Step(t).mode \in RowModes /\ Own(t) = {} /\ Own(u) = {})

\* Where t comes in the queue: in front of those who must wait for what it has already.
Place(t) ==
  LET Later(i) == /\ InOrder(t) /\ Step(queue[i]).on = Step(t).on
                  /\ \E mode \in Own(t) : Clash(Step(queue[i]).mode, mode)
      places == {i \in DOMAIN queue : Later(i)}
  IN IF places = {} THEN Len(queue) + 1
     ELSE CHOOSE i \in places : \A j \in places : i <= j

Free(t) == /\ ~AgainstHeld(held, t)
           /\ InOrder(t) => \A i \in 1..(Place(t) - 1) : ~Bars(queue[i], t)

Ahead(t) == {queue[i] : i \in {j \in DOMAIN queue : \A k \in 1..j : queue[k] # t}}

\* It is the turn of t, which waits, once these are the locks.
Due(locks, t) == ~AgainstHeld(locks, t) /\ \A u \in Ahead(t) : ~Bars(u, t)

Without(q, ts) == LET Stays(t) == t \notin ts IN SelectSeq(q, Stays)

\* These locks are left; the lock manager hands out what is free now.
Leaves(locks, t) ==
  LET due == {u \in Waiting \ {t} : InOrder(u) /\ Due(locks, u)}
  IN /\ held' = locks \cup {LockOf(u) : u \in due}
     /\ queue' = Without(queue, due)
     /\ at' = [u \in Transactions |-> IF u \in due \cup {t} THEN at[u] + 1 ELSE at[u]]

------------------------------------------------------------------------------
(* Actions. A transaction that finds its lock taken waits, passes the row     *)
(* over, or gives up: it asks for nothing more, and keeps what it has.        *)

\* Transactions begin, each with its plan.
Meet ==
  /\ plans = <<>>
  /\ plans' \in Meetings
  /\ UNCHANGED <<at, held, queue, finished>>

\* What is free is taken at once.
Lock(t) ==
  /\ Asks(t) /\ Free(t)
  /\ held' = held \cup {LockOf(t)}
  /\ at' = [at EXCEPT ![t] = @ + 1]
  /\ UNCHANGED <<plans, queue, finished>>

\* It queues for what somebody else has.
Wait(t) ==
  /\ Asks(t) /\ ~Free(t) /\ Policy(Step(t)) = "wait"
  /\ queue' = SubSeq(queue, 1, Place(t) - 1) \o <<t>> \o SubSeq(queue, Place(t), Len(queue))
  /\ UNCHANGED <<plans, at, held, finished>>

\* SKIP LOCKED: it goes on without what somebody else has.
PassOver(t) ==
  /\ Asks(t) /\ ~Free(t) /\ Policy(Step(t)) = "skip"
  /\ at' = [at EXCEPT ![t] = @ + 1]
  /\ UNCHANGED <<plans, held, queue, finished>>

\* NOWAIT: it asks for nothing more, and keeps what it has until it ends.
GiveUp(t) ==
  /\ Asks(t) /\ ~Free(t) /\ Policy(Step(t)) = "nowait"
  /\ at' = [at EXCEPT ![t] = Len(plans[t].steps) + 1]
  /\ UNCHANGED <<plans, held, queue, finished>>

\* Who waited for a row or a key wakes up when its owner has ended, and somebody else may be faster.
WakeUp(t) ==
  /\ t \in Waiting /\ ~InOrder(t) /\ Due(held, t)
  /\ held' = held \cup {LockOf(t)}
  /\ queue' = Without(queue, {t})
  /\ at' = [at EXCEPT ![t] = @ + 1]
  /\ UNCHANGED <<plans, finished>>

\* A subtransaction is rolled back.
GiveBack(t) ==
  /\ Busy(t) /\ Step(t).mode = "Release"
  /\ Leaves({h \in held : h.by # t \/ LockOn(Step(t)) # <<h.on, h.mode>>}, t)
  /\ UNCHANGED <<plans, finished>>

Rest(t) == {h \in held : h.by # t}

\* It ends, and its locks are free.
Finish(t) ==
  /\ plans # <<>> /\ t \notin finished /\ ~Busy(t)
  /\ Leaves(Rest(t), t)
  /\ finished' = finished \cup {t}
  /\ UNCHANGED plans

Next ==
  \/ Meet
  \/ \E t \in Transactions : Lock(t)
  \/ \E t \in Transactions : Wait(t)
  \/ \E t \in Transactions : PassOver(t)
  \/ \E t \in Transactions : GiveUp(t)
  \/ \E t \in Transactions : WakeUp(t)
  \/ \E t \in Transactions : GiveBack(t)
  \/ \E t \in Transactions : Finish(t)

Spec == Init /\ [][Next]_vars

------------------------------------------------------------------------------
\* t waits until u has ended, or has got what it waits for.
WaitsFor(t, u) ==
  \/ \E h \in held : h.by = u /\ u # t /\ h.on = Step(t).on /\ Clash(Step(t).mode, h.mode)
  \/ u \in Ahead(t) /\ Bars(u, t)

\* Otherwise two workers wait for each other until Postgres ends one of them with an error.
NoDeadlock ==
  \A ts \in SUBSET Waiting \ {{}} : \E t \in ts : \A u \in ts : ~WaitsFor(t, u)

\* Otherwise a slot is truncated while somebody writes into it.
LocksCompatible ==
  \A h \in held : \A g \in held : h.on = g.on /\ h.by # g.by => ~Clash(h.mode, g.mode)

\* Otherwise every worker queues behind maintenance, which queues behind one long transaction.
NoConvoy ==
  \A t \in Waiting : plans[t].op \in Maintenance => Step(t).mode \notin TableModes

\* Otherwise a call that has long been answered keeps the others waiting.
FinishedHoldNothing ==
  \A t \in finished : t \notin Waiting /\ \A h \in held : h.by # t
------------------------------------------------------------------------------
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
    [on |-> "t", mode |-> "Release", policy |-> "ShareLock"],
    [on |-> "k#1", mode |-> "UniqueKey", policy |-> "wait"]>>],
  [op |-> "Claim", steps |-> <<
    [on |-> "t#a", mode |-> "ForUpdate", policy |-> "skip"],
    [on |-> "advisory#1", mode |-> "Advisory", policy |-> "wait"]>>],
  [op |-> "PruneQueue", steps |-> <<
    [on |-> "t", mode |-> "AccessExclusiveLock", policy |-> "nowait"]>>],
  [op |-> "Migration", steps |-> <<
    [on |-> "t", mode |-> "AccessExclusiveLock", policy |-> "wait"]>>]>>
=============================================================================
