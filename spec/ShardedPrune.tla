---------------------------- MODULE ShardedPrune ----------------------------
(* Truncating a queue slot that rows of several lanes share. A lane_seq is    *)
(* unique only inside its lane, so "no pending row in this slot" is proven    *)
(* lane by lane, each in a step of its own; the proofs are kept, and the slot *)
(* is truncated once every lane has one. Claims, cancels and enqueues come in *)
(* between. The property that matters: ProofStaysTrue. Left out: receipts,    *)
(* terminal rows and batches; proofs that are lost and have to be made again. *)
EXTENDS Integers, FiniteSets

CONSTANTS Lanes,   \* (queue, priority, enqueue shard), each with its own lane_seq numbers
          Slots,   \* slots of the queue ring
          MaxSeq   \* bound of the model: the last lane_seq of a lane

ASSUME Slots \in Nat \ {0, 1} /\ MaxSeq \in Nat \ {0}

VARIABLES db,     \* the database: a record with one field per table
          proofs  \* [slot, lane]: this slot holds no pending row of this lane

vars == <<db, proofs>>

AllSlots == 0 .. Slots - 1
AllSeqs == 1 .. MaxSeq

EmptyDb == [
  ring            |-> [cur |-> 0, init |-> 1],
  laneHeads       |-> [l \in Lanes |-> [next |-> 1, cursor |-> 1]],
  readyEntries    |-> {},  \* [slot, lane, seq]
  readyTombstones |-> {},  \* [slot, lane, seq]: cancelled
  attemptEvidence |-> {}]  \* [slot, lane, through]: handed out, up to this lane_seq

Init == db = EmptyDb /\ proofs = {}

------------------------------------------------------------------------------
(* Helpers. All of them read only their arguments.                            *)

In(slot, rows) == {r \in rows : r.slot = slot}
Lowest(ns) == CHOOSE n \in ns : \A m \in ns : n <= m

NextSlot(ring) == (ring.cur + 1) % Slots
OldestSlot(ring) == (ring.cur + Slots - (ring.init - 1)) % Slots

SlotEmpty(s, i) ==
  In(i, s.readyEntries) \cup In(i, s.readyTombstones) \cup In(i, s.attemptEvidence) = {}

Spent(s, r) == \/ r \in s.readyTombstones
               \/ \E e \in s.attemptEvidence :
                    e.slot = r.slot /\ e.lane = r.lane /\ e.through >= r.seq

Pending(s) == {r \in s.readyEntries : ~Spent(s, r)}
PendingIn(s, i, lane) == {r \in In(i, Pending(s)) : r.lane = lane}

------------------------------------------------------------------------------
(* Lanes                                                                      *)

\* A row goes to the lane's tail, in the current slot.
Enqueue(lane) ==
  /\ db' = [db EXCEPT
       !.readyEntries = @ \cup
         {[slot |-> db.ring.cur, lane |-> lane, seq |-> db.laneHeads[lane].next]},
       !.laneHeads[lane].next = @ + 1]
  /\ UNCHANGED proofs

\* Takes the first pending row at or after the cursor; its evidence stays in the row's slot.
Claim(lane) ==
  LET rows == {r \in Pending(db) : r.lane = lane /\ r.seq >= db.laneHeads[lane].cursor}
      first == CHOOSE r \in rows : \A q \in rows : r.seq <= q.seq
  IN /\ rows # {}
     /\ db' = [db EXCEPT !.attemptEvidence = @ \cup
                 {[slot |-> first.slot, lane |-> lane, through |-> first.seq]}]
     /\ UNCHANGED proofs

\* Spends one row, which need not be the first.
Cancel(lane, seq) ==
  LET rows == {r \in Pending(db) : r.lane = lane /\ r.seq = seq}
  IN /\ rows # {}
     /\ db' = [db EXCEPT !.readyTombstones = @ \cup rows]
     /\ UNCHANGED proofs

FirstUnspent(s, lane) ==
  LET seqs == {r.seq : r \in {q \in Pending(s) : q.lane = lane}}
  IN IF seqs = {} THEN s.laneHeads[lane].next ELSE Lowest(seqs)

\* Best effort: an advance that never comes loses nothing.
AdvanceClaimCursor(lane) ==
  /\ FirstUnspent(db, lane) > db.laneHeads[lane].cursor
  /\ db' = [db EXCEPT !.laneHeads[lane].cursor = FirstUnspent(db, lane)]
  /\ UNCHANGED proofs

------------------------------------------------------------------------------
(* Prune                                                                      *)

\* New rows go to the next slot, once it is empty.
Rotate ==
  /\ SlotEmpty(db, NextSlot(db.ring))
  /\ db' = [db EXCEPT !.ring = [cur |-> NextSlot(@),
                                init |-> IF @.init < Slots THEN @.init + 1 ELSE Slots]]
  /\ UNCHANGED proofs

\* No row will be appended to this slot before it is truncated: it is not current, and it does
\* not become current, because rotate wants an empty one.
Sealed(s, i) == i # s.ring.cur /\ ~SlotEmpty(s, i)

\* The proof itself: every row of the lane in this slot is spent, by evidence of the same lane.
NothingPending(s, i, lane) == PendingIn(s, i, lane) = {}

\* Sealed slots may be proven ahead of their turn; a proof is never made twice.
Prove(slot, lane) ==
  LET proof == [slot |-> slot, lane |-> lane]
  IN /\ proof \notin proofs
     /\ Sealed(db, slot) = TRUE
     /\ NothingPending(db, slot, lane) = TRUE
     /\ proofs' = proofs \cup {proof}
     /\ UNCHANGED db

Proven(i) == \A l \in Lanes : [slot |-> i, lane |-> l] \in proofs

\* Looks at no row again: the proofs are enough. They go with the rows that they are about.
Prune ==
  LET i == OldestSlot(db.ring)
      keep(rows) == {r \in rows : r.slot # i}
  IN /\ db.ring.init > 1
     /\ ~SlotEmpty(db, i)
     /\ Proven(i) = TRUE
     /\ db' = [db EXCEPT !.readyEntries = keep(@), !.readyTombstones = keep(@),
                         !.attemptEvidence = keep(@)]
     /\ proofs' = keep(proofs)

------------------------------------------------------------------------------
Next ==
  \/ \E lane \in Lanes : Enqueue(lane)
  \/ \E lane \in Lanes : Claim(lane)
  \/ \E lane \in Lanes, seq \in AllSeqs : Cancel(lane, seq)
  \/ \E lane \in Lanes : AdvanceClaimCursor(lane)
  \/ Rotate
  \/ \E slot \in AllSlots, lane \in Lanes : Prove(slot, lane)
  \/ Prune

Spec == Init /\ [][Next]_vars

InBounds == \A l \in Lanes : db.laneHeads[l].next <= MaxSeq + 1

------------------------------------------------------------------------------
\* Otherwise a slot is truncated on the word of a proof that rows have since made false.
ProofStaysTrue == \A p \in proofs : PendingIn(db, p.slot, p.lane) = {}

\* Otherwise a job of another lane or shard, that nobody has run yet, is lost.
NoPendingTruncated == [][\A r \in Pending(db) : r \in db'.readyEntries]_vars

------------------------------------------------------------------------------
\* Maintenance keeps coming. Which proof it makes next does not matter: none is made twice. That
\* anybody moves a cursor is not part of it.
FairSpec == Spec /\ WF_vars(Prune \/ \E i \in AllSlots, l \in Lanes : Prove(i, l))

\* Otherwise one lane that nobody claims from stops the ring for every lane.
SpentSlotIsTruncated ==
  \A i \in AllSlots :
    []<>~(Sealed(db, i) /\ i = OldestSlot(db.ring) /\ In(i, Pending(db)) = {})
=============================================================================
