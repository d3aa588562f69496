-------------------------- MODULE WrongRescueCursor --------------------------
(* Passes that are wrong, each put in the place of an operator of the module  *)
(* by a .cfg under bounds at which the right one holds.                       *)
EXTENDS RescueCursor

\* For Turn: slots by their numbers.
InNumberOrder(i) == i

\* For Reach: a window that ends at the last receipt.
OnlyAhead(i) == {r \in In(i, receipts) : ~Behind(r, cursors[i])}

\* For Stops: a cursor that moves over receipts which the budget left open.
OnlyBeforeFuture(r) == Open(r) /\ ~Due(r) /\ Pass = "deadline"

\* For Reset: a truncate that leaves the cursors where they are.
Kept(i) == cursors

\* For Rescuable: every attempt that has not ended.
LeasedToo(r) == ~Closed(r) /\ Due(r)

\* For RingTurns: no fairness at all.
RingMayRest == TRUE

\* For First: the budget is there anew in every slot.
FirstOfEachSlot(n, rs) == {r \in rs : Cardinality({q \in In(r.slot, rs) : Earlier(q, r)}) < n}
=============================================================================
