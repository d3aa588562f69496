------------------------ MODULE WrongTerminalCounters ------------------------
(* Counting that is wrong, each put in the place of an operator of            *)
(* TerminalCounters by a .cfg under the bounds of a passing configuration.    *)
EXTENDS TerminalCounters

\* For FastBucket: one row for a batch of many jobs.
FirstBucket(job) == 0

\* For Folded: a count that only grows.
Clamped(count, net) == IF net < 0 THEN count ELSE count + net

\* For MayTruncate: a rollup while a rebuild has read and not yet written.
Always == TRUE

\* For PruneFolds: the deltas go with the facts of their slot.
Nothing(rows, b) == 0

\* For ToCome: every delta that is there at the write.
AllDeltas == db.queueTerminalCountDeltas

\* For TakenBack: one path counts by the job, and the other takes back from bucket 0.
TakenBackFromFirst(facts) == {Delta(f, 0, -1) : f \in facts}

\* For Rollup: what is taken back is left alone.
RollupOfGains(slot) ==
  LET rows == {r \in In(slot, db.queueTerminalCountDeltas) : r.delta = 1}
  IN /\ slot # db.ring.cur
     /\ rows # {}
     /\ MayTruncate = TRUE
     /\ db' = [db EXCEPT !.queueTerminalCountDeltas = @ \ rows,
                         !.queueTerminalLiveCounts =
                            [b \in AllBuckets |-> @[b] + Net(rows, b)]]
     /\ UNCHANGED <<ended, rebuild>>
=============================================================================
