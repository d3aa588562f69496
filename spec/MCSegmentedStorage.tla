------------------------- MODULE MCSegmentedStorage -------------------------
(* The bounds under which SegmentedStorage is checked, kept out of the spec.  *)
EXTENDS SegmentedStorage, TLC

\* No attempt beyond the last run lease that tokens range over, no lane longer than MaxSeq.
InBounds == /\ \A k \in env.handed : k.lease \in Leases
            /\ \A l \in Lanes : db.laneHeads[l].next <= MaxSeq + 1

\* Jobs are interchangeable: nothing in the spec orders them.
JobSymmetry == Permutations(Jobs)
=============================================================================
