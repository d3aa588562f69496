--------------------------- MODULE ClaimPruneRace ---------------------------
(* Claims write receipts into the current slot of a ring, while maintenance   *)
(* turns the ring and truncates its oldest slot. A step is one statement. The *)
(* cursor is read without a lock; so a claim locks the slot that it read, and *)
(* reads the cursor again. That lock keeps truncate away, and a rotate onto   *)
(* the slot too, which would see neither the receipt nor that it is coming.   *)
(* The property that matters: OneGenerationPerSlot. Left out: lanes, evidence *)
(* and what is claimed; the partitions of a slot, which are locked as one.    *)
EXTENDS Integers, FiniteSets

CONSTANTS Claims,  \* transactions that hand out a job, one receipt each
          Passes,  \* maintenance processes; each rotates and prunes, one transaction at a time
          Slots,   \* slots of the ring
          Turns    \* rotations: a claim that is outrun for ever never ends

ASSUME Slots \in Nat \ {0, 1} /\ Turns \in Nat \ {0} /\ Claims \cap Passes = {}

VARIABLES generation,  \* of the ring; the slot follows from it
          claims,      \* claim -> [at, slot, gen]; gen is the ring's when slot was read again
          passes,      \* pass -> [at, slot, gen]; gen is the ring's when rotate read it
          locks,       \* [owner, slot, mode]: held until the owner's transaction ends
          receipts     \* [slot, claim, gen]: rows of the slots, committed or not

vars == <<generation, claims, passes, locks, receipts>>

Stage(at, slot, gen) == [at |-> at, slot |-> slot, gen |-> gen]
Idle == Stage("idle", 0, 0)

Init == /\ generation = 0
        /\ claims = [c \in Claims |-> Stage("started", 0, 0)]
        /\ passes = [p \in Passes |-> Idle]
        /\ locks = {} /\ receipts = {}

------------------------------------------------------------------------------
(* Helpers                                                                    *)

Lesser(m, n) == IF m < n THEN m ELSE n

Cur == generation % Slots
NextSlot == (generation + 1) % Slots
OldestSlot == (generation - Lesser(generation, Slots - 1)) % Slots

\* The last generation of the ring in which this slot was the current one.
SlotGeneration(i) == generation - ((generation - i) % Slots)

\* What Postgres says of the four modes in use; nothing else conflicts.
Conflict(mode, other) == \/ "access exclusive" \in {mode, other}
                         \/ {mode, other} = {"row exclusive", "share"}

Lock(who, slot, mode) == [owner |-> who, slot |-> slot, mode |-> mode]

\* Requests in the lock queue bar later ones as locks do.
Queued == {Lock(c, claims[c].slot, "row exclusive") :
             c \in {d \in Claims : claims[d].at = "waiting"}}
     \cup {Lock(p, passes[p].slot, "access exclusive") :
             p \in {q \in Passes : passes[q].at = "waiting"}}

Bars(rows, l) ==
  \E r \in rows : r.owner # l.owner /\ r.slot = l.slot /\ Conflict(r.mode, l.mode)
Free(l) == ~Bars(locks \cup Queued, l)

Released(who) == {l \in locks : l.owner # who}

\* Rows of transactions that have committed: nobody sees the others.
Visible(i) == {r \in receipts : r.slot = i /\ claims[r.claim].at \in {"committed", "finished"}}
Open(i) == {r \in Visible(i) : claims[r.claim].at = "committed"}

------------------------------------------------------------------------------
(* Claims                                                                     *)

\* The cursor of the ring, without a lock.
ReadSlot(claim) ==
  /\ claims[claim].at = "started"
  /\ claims' = [claims EXCEPT ![claim] = Stage("read", Cur, 0)]
  /\ UNCHANGED <<generation, passes, locks, receipts>>

Locked(claim) ==
  /\ claims' = [claims EXCEPT ![claim] = Stage("locked", @.slot, 0)]
  /\ locks' = locks \cup {Lock(claim, claims[claim].slot, "row exclusive")}
  /\ UNCHANGED <<generation, passes, receipts>>

\* A claim waits for its lock; it holds it, or it is in the queue.
LockSlot(claim) ==
  /\ claims[claim].at = "read"
  /\ IF Free(Lock(claim, claims[claim].slot, "row exclusive"))
     THEN Locked(claim)
     ELSE /\ claims' = [claims EXCEPT ![claim].at = "waiting"]
          /\ UNCHANGED <<generation, passes, locks, receipts>>

\* A claim in the queue gets its lock.
GrantLock(claim) ==
  /\ claims[claim].at = "waiting"
  /\ ~Bars(locks, Lock(claim, claims[claim].slot, "row exclusive"))
  /\ Locked(claim)

\* By slot, not by generation: a ring that came all the way round is as good.
StillCurrent(slot) == slot = Cur

\* Starts again where the ring has turned, and keeps what it has locked so far.
RereadSlot(claim) ==
  /\ claims[claim].at = "locked"
  /\ claims' = [claims EXCEPT ![claim] = IF StillCurrent(@.slot)
                                         THEN Stage("pinned", @.slot, generation)
                                         ELSE Stage("started", 0, 0)]
  /\ UNCHANGED <<generation, passes, locks, receipts>>

\* Nobody else sees the receipt yet.
InsertReceipt(claim) ==
  /\ claims[claim].at = "pinned"
  /\ claims' = [claims EXCEPT ![claim] = Stage("written", 0, 0)]
  /\ receipts' = receipts \cup
       {[slot |-> claims[claim].slot, claim |-> claim, gen |-> claims[claim].gen]}
  /\ UNCHANGED <<generation, passes, locks>>

\* Everybody sees the receipt, and the locks of the claim are free.
CommitClaim(claim) ==
  /\ claims[claim].at = "written"
  /\ claims' = [claims EXCEPT ![claim].at = "committed"]
  /\ locks' = Released(claim)
  /\ UNCHANGED <<generation, passes, receipts>>

\* The connection is lost: what the transaction wrote and locked goes.
AbortClaim(claim) ==
  /\ claims[claim].at \notin {"committed", "finished", "aborted"}
  /\ claims' = [claims EXCEPT ![claim] = Stage("aborted", 0, 0)]
  /\ locks' = Released(claim)
  /\ receipts' = {r \in receipts : r.claim # claim}
  /\ UNCHANGED <<generation, passes>>

\* Closed evidence for the receipt.
Finish(claim) ==
  /\ claims[claim].at = "committed"
  /\ claims' = [claims EXCEPT ![claim].at = "finished"]
  /\ UNCHANGED <<generation, passes, locks, receipts>>

------------------------------------------------------------------------------
(* Maintenance. A pass ends with its transaction, and so do its locks.        *)

Ends(pass) == /\ passes' = [passes EXCEPT ![pass] = Idle]
              /\ locks' = Released(pass)

\* Prune holds the ring's row from its first statement on; a second one skips it.
Prunes(pass) == passes[pass].at \in {"looked", "waiting", "exclusive", "decided"}
RingHeld(pass) == \E p \in Passes \ {pass} : Prunes(p)

\* Conflicts with writers: nobody's receipt is on its way into the slot, or will be before rotate
\* has committed.
RotateMode == "share"

LockNext(pass) ==
  LET lock == Lock(pass, NextSlot, RotateMode)
  IN /\ passes[pass].at = "idle"
     /\ generation < Turns
     /\ Free(lock) = TRUE
     /\ passes' = [passes EXCEPT ![pass] = Stage("sharing", NextSlot, generation)]
     /\ locks' = locks \cup {lock}
     /\ UNCHANGED <<generation, claims, receipts>>

\* The slot must be empty, as far as others have committed.
ProbeNext(pass) ==
  /\ passes[pass].at = "sharing"
  /\ IF Visible(passes[pass].slot) = {}
     THEN passes' = [passes EXCEPT ![pass].at = "probed"] /\ UNCHANGED locks
     ELSE Ends(pass)
  /\ UNCHANGED <<generation, claims, receipts>>

\* Compare and set; the row may be waited for, because prune never waits while it holds it.
AdvanceRing(pass) ==
  /\ passes[pass].at = "probed"
  /\ ~RingHeld(pass)
  /\ generation' = IF generation = passes[pass].gen THEN generation + 1 ELSE generation
  /\ Ends(pass)
  /\ UNCHANGED <<claims, receipts>>

\* Looks first, so that a slot that cannot be pruned is not locked.
LookAtOldest(pass) ==
  /\ passes[pass].at = "idle"
  /\ ~RingHeld(pass)
  /\ generation > 0
  /\ Visible(OldestSlot) # {}
  /\ Open(OldestSlot) = {}
  /\ passes' = [passes EXCEPT ![pass] = Stage("looked", OldestSlot, 0)]
  /\ UNCHANGED <<generation, claims, locks, receipts>>

\* Blocked: the transaction ends, and the next pass tries again.
Blocked(pass) == Ends(pass)

LockOldest(pass) ==
  LET lock == Lock(pass, passes[pass].slot, "access exclusive")
  IN /\ passes[pass].at = "looked"
     /\ IF Free(lock)
        THEN /\ passes' = [passes EXCEPT ![pass].at = "exclusive"]
             /\ locks' = locks \cup {lock}
        ELSE Blocked(pass)
     /\ UNCHANGED <<generation, claims, receipts>>

\* Under the lock: this answer stays true.
MayTruncate(slot) == Open(slot) = {}

LookAgain(pass) ==
  /\ passes[pass].at = "exclusive"
  /\ IF MayTruncate(passes[pass].slot)
     THEN passes' = [passes EXCEPT ![pass].at = "decided"] /\ UNCHANGED locks
     ELSE Ends(pass)
  /\ UNCHANGED <<generation, claims, receipts>>

\* Receipts of the slot go, whosever they are.
Truncate(pass) ==
  /\ passes[pass].at = "decided"
  /\ receipts' = {r \in receipts : r.slot # passes[pass].slot}
  /\ Ends(pass)
  /\ UNCHANGED <<generation, claims>>

------------------------------------------------------------------------------
Next ==
  \/ \E claim \in Claims : ReadSlot(claim)
  \/ \E claim \in Claims : LockSlot(claim)
  \/ \E claim \in Claims : GrantLock(claim)
  \/ \E claim \in Claims : RereadSlot(claim)
  \/ \E claim \in Claims : InsertReceipt(claim)
  \/ \E claim \in Claims : CommitClaim(claim)
  \/ \E claim \in Claims : AbortClaim(claim)
  \/ \E claim \in Claims : Finish(claim)
  \/ \E pass \in Passes : LockNext(pass)
  \/ \E pass \in Passes : ProbeNext(pass)
  \/ \E pass \in Passes : AdvanceRing(pass)
  \/ \E pass \in Passes : LookAtOldest(pass)
  \/ \E pass \in Passes : LockOldest(pass)
  \/ \E pass \in Passes : LookAgain(pass)
  \/ \E pass \in Passes : Truncate(pass)

Spec == Init /\ [][Next]_vars

------------------------------------------------------------------------------
\* Otherwise a job runs, or will, and nobody knows that it was handed out: it runs twice.
ReceiptsSurvive ==
  \A c \in Claims :
    claims[c].at \in {"written", "committed"} => \E r \in receipts : r.claim = c

\* Otherwise the order of the slots is not that of their rows: a later job is handed out first.
OneGenerationPerSlot == \A r \in receipts : r.gen = SlotGeneration(r.slot)

\* Otherwise prune queues behind one long transaction, and every later claim queues behind prune.
PruneNeverWaits == \A p \in Passes : passes[p].at # "waiting"

------------------------------------------------------------------------------
ClaimStep(c) == \/ ReadSlot(c) \/ LockSlot(c) \/ GrantLock(c) \/ RereadSlot(c)
                \/ InsertReceipt(c) \/ CommitClaim(c)
PassStep(p) == \/ ProbeNext(p) \/ AdvanceRing(p)
               \/ LockOldest(p) \/ LookAgain(p) \/ Truncate(p)

\* A transaction that has begun goes on; maintenance need not begin one. Where two passes meet, one
\* that waits for the ring's row gets it if it is free again and again.
FairSpec == /\ Spec
            /\ \A c \in Claims : WF_vars(ClaimStep(c))
            /\ \A p \in Passes : WF_vars(PassStep(p)) /\ SF_vars(AdvanceRing(p))

\* Otherwise a worker's claim never answers, although nothing is wrong with its connection.
EveryClaimEnds ==
  \A c \in Claims :
    claims[c].at = "started" ~> claims[c].at \in {"committed", "finished", "aborted"}
=============================================================================
