-------------------------- MODULE WrongShardedPrune --------------------------
(* Proofs and guards that are wrong, each put in the place of one operator of *)
(* ShardedPrune by a .cfg under the bounds of a passing configuration.        *)
EXTENDS ShardedPrune

\* The anti-join by lane_seq alone: a row counts as spent where one of another lane is.
NothingPendingByLaneSeq(s, i, lane) ==
  \A r \in PendingIn(s, i, lane) :
    \E q \in In(i, s.readyEntries) : q.seq = r.seq /\ Spent(s, q)

\* The proof by cursor: safe, and waits for lanes whose last advance was lost.
NothingAheadOfCursor(s, i, lane) ==
  \A r \in In(i, s.readyEntries) : r.lane = lane => r.seq < s.laneHeads[lane].cursor

\* A slot may be proven while rows are still appended to it.
SealedOrCurrent(s, i) == ~SlotEmpty(s, i)

\* An empty slot is the next one that rotate makes current.
SealedOrEmpty(s, i) == i # s.ring.cur
=============================================================================
