---------------------------- MODULE ClaimerLease ----------------------------
(* Dispatch slots of one queue: an instance claims jobs only while it leases  *)
(* a slot. An active owner refreshes its lease lazily, because a write per    *)
(* claim is churn; whoever was idle for too long may lose the slot to a peer. *)
(* The property that matters: ActiveKeepsItsSlot. Left out: several queues,   *)
(* which do not meet, and the jobs themselves.                                *)
EXTENDS Integers, FiniteSets

CONSTANTS Owners,         \* instances that want to dispatch
          Slots,          \* dispatch slots of the queue
          IdleThreshold,  \* ticks without a recorded claim after which a peer may steal the slot
          Ttl,            \* ticks after which an unrefreshed lease expires
          MaxEpoch        \* bound of the model: the last epoch

ASSUME /\ Slots \in Nat \ {0} /\ IdleThreshold \in Nat \ {0, 1} /\ Ttl \in Nat \ {0, 1}

VARIABLES leases,  \* [slot, owner, epoch, idle, left]; idle and left in ticks
          holds,   \* [owner, slot, epoch]: what each instance believes it leases
          since    \* owner -> ticks since it last claimed a job, capped at IdleThreshold

vars == <<leases, holds, since>>

AllSlots == 0 .. Slots - 1
Capped(n, cap) == IF n < cap THEN n ELSE cap

Init == leases = {} /\ holds = {} /\ since = [o \in Owners |-> IdleThreshold]

------------------------------------------------------------------------------
Free == {i \in AllSlots : \A r \in leases : r.slot # i}
Expired(r) == r.left = 0
Idle(r) == r.idle >= IdleThreshold

\* Both halves: a recorded claim that is too old, and an expiry that is too near.
Half(n) == n \div 2
Lesser(m, n) == IF m < n THEN m ELSE n
NoLongerSafelyFresh(r) == r.idle >= Half(IdleThreshold) \/ r.left <= Half(Ttl)

Own(o) == {r \in leases : r.owner = o /\ ~Expired(r)}
Lowest(is) == CHOOSE i \in is : \A k \in is : i <= k
SlotsOf(rs) == {r.slot : r \in rs}

\* The slot that an instance without one takes: free, else expired, else idle; the lowest of these.
Takes == LET expired == SlotsOf({r \in leases : Expired(r)})
             idle == SlotsOf({r \in leases : Idle(r)})
         IN IF Free # {} THEN Free ELSE IF expired # {} THEN expired ELSE idle

\* The epoch grows whenever the owner changes.
NextEpoch(i, o) ==
  LET row == CHOOSE r \in leases : r.slot = i
  IN IF i \in Free THEN 1 ELSE IF row.owner = o THEN row.epoch ELSE row.epoch + 1

\* An instance keeps its own unexpired slot, or takes one; a taken slot counts as just used.
Acquire(o) ==
  IF Own(o) # {}
  THEN LET row == CHOOSE r \in Own(o) : \A q \in Own(o) : r.slot <= q.slot
       IN /\ holds' = {h \in holds : h.owner # o}
                        \cup {[owner |-> o, slot |-> row.slot, epoch |-> row.epoch]}
          /\ UNCHANGED <<leases, since>>
  ELSE /\ Takes # {}
       /\ LET i == Lowest(Takes)
              row == [slot |-> i, owner |-> o, epoch |-> NextEpoch(i, o), idle |-> 0, left |-> Ttl]
          IN /\ leases' = {r \in leases : r.slot # i} \cup {row}
             /\ holds' = {h \in holds : h.owner # o}
                           \cup {[owner |-> o, slot |-> i, epoch |-> row.epoch]}
             /\ UNCHANGED since

\* The instance still leases what it believes it leases.
RowsOf(h) == {r \in leases : r.slot = h.slot /\ r.owner = h.owner /\ r.epoch = h.epoch}
Current(h) == RowsOf(h) # {}

\* After a claim that returned jobs: the lease is refreshed only when it is no longer safely fresh.
\* An owner whose epoch was superseded changes nothing, learns it, and lets go of the slot.
Claimed(o) ==
  LET mine == {h \in holds : h.owner = o}
      rows == UNION {RowsOf(h) : h \in mine}
      stale == {r \in rows : NoLongerSafelyFresh(r)}
  IN /\ mine # {}
     /\ leases' = (leases \ stale) \cup {[r EXCEPT !.idle = 0, !.left = Ttl] : r \in stale}
     /\ holds' = IF rows = {} THEN holds \ mine ELSE holds
     /\ since' = IF rows = {} THEN since ELSE [since EXCEPT ![o] = 0]

\* One tick later.
Tick ==
  /\ leases' = {[r EXCEPT !.idle = Capped(@ + 1, IdleThreshold),
                          !.left = IF @ > 0 THEN @ - 1 ELSE 0] : r \in leases}
  /\ since' = [o \in Owners |-> Capped(since[o] + 1, IdleThreshold)]
  /\ UNCHANGED holds

Next == \/ \E o \in Owners : Acquire(o)
        \/ \E o \in Owners : Claimed(o)
        \/ Tick

Spec == Init /\ [][Next]_vars

InBounds == \A r \in leases : r.epoch <= MaxEpoch

------------------------------------------------------------------------------
\* Otherwise two instances dispatch from one slot, and the queue's concurrency limit is a lie.
OneOwnerPerSlot == \A r, q \in leases : r.slot = q.slot => r = q

\* Otherwise an instance that lost its slot cannot be told from the one that holds it now.
OneHolderPerEpoch == \A h, k \in holds : h.slot = k.slot /\ h.epoch = k.epoch => h = k

\* Otherwise an instance that is busy claiming loses its slot to a peer, and both stall.
ActiveKeepsItsSlot ==
  [][\A h \in holds : \A q \in leases' :
       Current(h) /\ q.slot = h.slot /\ q.owner # h.owner =>
         since[h.owner] >= Lesser(Half(IdleThreshold), Half(Ttl))]_vars

\* Otherwise a superseded instance writes into a lease that is no longer its own.
EpochsGrow ==
  [][\A r \in leases : \A q \in leases' :
       q.slot = r.slot => q.epoch = r.epoch + IF q.owner = r.owner THEN 0 ELSE 1]_vars
=============================================================================
