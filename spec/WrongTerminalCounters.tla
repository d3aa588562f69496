------------------------ MODULE WrongTerminalCounters ------------------------
(* Counting that is wrong, each put in the place of an operator of            *)
(* TerminalCounters by a .cfg under the bounds of a passing configuration.    *)
EXTENDS TerminalCounters

\* For FastBucket: one row for a batch of many jobs.
FirstBucket(job) == 0

\* For Folded: a count that must not be less than zero.
Clamped(count, net) == IF count + net < 0 THEN 0 ELSE count + net

\* For MayTruncate: a rollup while a rebuild has read and not yet written.
Always == TRUE

\* For CanPrune: prune truncates the deltas together with the facts of their slot.
Unfolded(s, i) == TRUE

\* For Obsolete: every delta that is there at the write.
AllDeltas == db.queueTerminalCountDeltas
=============================================================================
