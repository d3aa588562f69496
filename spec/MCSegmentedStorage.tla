------------------------- MODULE MCSegmentedStorage -------------------------
(* The bounds under which SegmentedStorage is checked, kept out of the spec.  *)
EXTENDS SegmentedStorage, TLC

\* No attempt beyond the last run lease that tokens range over.
InBounds == \A k \in env.handed : k.lease \in Leases

\* Jobs are interchangeable: nothing in the spec orders them.
JobSymmetry == Permutations(Jobs)
=============================================================================
