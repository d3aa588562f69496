----------------------- MODULE WrongDeadTupleContract -----------------------
(* Writes that the contract does not allow, and reclamation that is none, put *)
(* in the place of one operator of DeadTupleContract each, by a .cfg under    *)
(* the bounds of a passing configuration.                                     *)
EXTENDS DeadTupleContract

\* For Does: a claim that marks the row it hands out.
MarksRows == Commands \cup {"update"}

\* For Touched: a pass that finds nothing to do and writes its row all the same.
EachTry(n) == n

\* For MayReuse: a probe for rows, which does not see the dead ones.
NoRows(part) == heaps[part].live = 0

\* For Truncated: the rows of the slot, one by one.
Deleted(heap) == [Killed(heap, heap.live) EXCEPT !.live = 0]

\* For MayTruncate: as if TRUNCATE had to spare what the reader may still see.
NothingPinned(part) == heaps[part].pinned = 0

\* For Blocked: prune gets into the lock queue.
Waits == waiting' = TRUE /\ UNCHANGED <<ring, heaps, died, reader>>

\* For VacuumComes: autovacuum is off.
Never == TRUE
=============================================================================
