---------------------------- MODULE WrongStorage ----------------------------
(* Operators that are wrong, or another design: each is put in the place of   *)
(* one operator of SegmentedStorage by a .cfg of the bug's name, under the    *)
(* bounds of the passing configuration. Nothing else differs.                 *)
EXTENDS MCSegmentedStorage

\* Spent as evidence about the attempt, wherever it is: what the rings and admins may take away.
AttemptEnded(s, k) ==
  \/ ClosedExplicitly(s, k)
  \/ k \in TokensOf(s.doneEntries) \cup TokensOf(s.deferredJobs) \cup TokensOf(s.dlqEntries)

Attempt(r) == [job |-> r.job, lease |-> r.lease + 1]

SpentByAttemptIgnoringBatches(s, r) ==
  \/ Tombstoned(s, r)
  \/ Attempt(r) \in TokensOf(s.leaseClaims)
  \/ AttemptEnded(s, Attempt(r))

SpentByAttempt(s, r) ==
  \/ SpentByAttemptIgnoringBatches(s, r)
  \/ Attempt(r) \in TokensOf(CompactFacts(s)) \cup TokensOf(s.receiptCompletionTombstones)

\* With the gate, a row behind the cursor is spent whatever became of the evidence.
SpentBehindCursor(s, r) == SpentByAttempt(s, r) \/ r.seq < s.laneHeads[r.lane].cursor

\* The gate that makes SpentByAttempt safe: receipts go only once the cursor is past their rows.
CanPruneClaimsBehindCursor(s, i) ==
  /\ In(i, OpenReceipts(s)) = {}
  /\ \A c \in In(i, s.leaseClaims) : c.seq < s.laneHeads[c.lane].cursor

NothingOrphaned(s, facts) == {}

CanPruneQueueIgnoringReceipts(s, i) == In(i, Pending(s)) = {}

\* A lane_seq is unique only inside its lane.
CanPruneQueueIgnoringLanes(s, i) ==
  /\ UnclosedRefs(s, i) = {}
  /\ \A r \in In(i, Pending(s)) :
       \E q \in In(i, s.readyEntries) : q.seq = r.seq /\ Spent(s, q)

LeaseFromZero(d) == 0

\* One of the ways to end that keeps the key.
BuryWithKeys(s, cs) ==
  [s EXCEPT !.dlqEntries = @ \cup
    {[job |-> c.job, lease |-> c.lease, lane |-> c.lane, snoozes |-> SnoozesOf(s, c)] :
      c \in cs}]

ReturnInAnyCase(s, job) == TRUE

NothingKept(s, i) == {}
=============================================================================
