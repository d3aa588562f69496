---------------------- MODULE WrongDeferredMaterialize ----------------------
(* Guards and joins that are wrong, each put in the place of one operator of  *)
(* DeferredMaterialize by a .cfg under the bounds of a passing configuration. *)
EXTENDS DeferredMaterialize

\* A closure is proof enough only where completing writes the terminal fact itself.
CanPruneQueueOnceClosed(s, i) ==
  /\ In(i, Pending(s)) = {}
  /\ \A c \in OpenReceipts(s) : c.ready # i

CanPruneClaimsOnceClosed(s, i) == In(i, OpenReceipts(s)) = {}

\* Looks for closures that wait for the pass, and not for those that are still to come.
CanPruneQueueIgnoringRunning(s, i) ==
  /\ In(i, Pending(s)) = {}
  /\ \A c \in Unmaterialised(s) : c.ready # i

\* Looks for the terminal row only where this pass would write it.
WrittenInCurrentSlot(s) == JobsOf(In(s.rings.queue.cur, s.doneEntries))

\* Reads sealed slots only: while the claim ring rests, nothing is written.
JoinedOnceSealed(s, slot) ==
  IF slot = s.rings.claim.cur THEN {} ELSE In(slot, Unmaterialised(s))

\* A terminal delete that says nothing: closure, receipt and body join again.
NothingRemoved(s, job) == {}

\* Joins receipts with bodies, and leaves the closures out.
JoinedUnclosed(s, slot) ==
  {c \in In(slot, s.leaseClaims) : HasBody(s, c) /\ c.job \notin Written(s)}
=============================================================================
