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

\* Whoever presents a token is told that it completed, however the attempt ended.
CompletedInAnyCase(e, ks, ok) == Finish(Acknowledge(e, ks), ks)

\* The rows that must not be handed out any more stay pending.
NothingBarred(s, rows) == s

\* The cursor jumps to the tail, over rows that nobody has taken.
FirstOfTail(s, lane) == s.laneHeads[lane].next

\* Every row of a batch gets the first number of it.
AppendReadyAtOneSeq(s, es) ==
  LET row(e) == [slot |-> s.rings.queue.cur, lane |-> e.lane, seq |-> s.laneHeads[e.lane].next,
                 job |-> e.job, lease |-> e.lease, snoozes |-> e.snoozes]
      added(l) == Cardinality({e \in es : e.lane = l})
  IN [s EXCEPT !.readyEntries = @ \cup {row(e) : e \in es},
               !.laneHeads = [l \in Lanes |-> [@[l] EXCEPT !.next = @ + added(l)]]]

NothingDropped(s, ks) == s

\* Only the lease is written.
ParkWithoutState(k) ==
  LET receipts == {c \in Running(db) : Token(c) = k}
      parked == [slot |-> db.rings.lease.cur, job |-> k.job, lease |-> k.lease,
                 state |-> "waiting", beat |-> None, left |-> CallbackWait]
  IN /\ On("ParkForCallback")
     /\ k \in env.held /\ receipts # {}
     /\ db' = [db EXCEPT !.leases = (@ \ LeaseOf(db, k)) \cup {parked}]
     /\ UNCHANGED env

\* The row of the wait stays beside that of the attempt that goes on.
ResumeBesideTheWait(k) ==
  LET resumed(l) == [l EXCEPT !.state = "running", !.beat = 0, !.left = None]
  IN /\ On("ResumeCallback")
     /\ Waiting(db, k) = TRUE
     /\ db' = [db EXCEPT !.leases = @ \cup {resumed(l) : l \in LeaseOf(db, k)}]
     /\ UNCHANGED env

CanPruneClaimsInAnyCase(s, i) == TRUE
=============================================================================
