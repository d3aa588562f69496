-------------------------- MODULE TerminalCounters --------------------------
(* How many jobs have ended: counts per bucket, kept by deltas that go with   *)
(* the facts, in one transaction. Rollup folds the deltas of a sealed slot,   *)
(* however late. Rebuild counts anew: it locks the deltas against rollup and  *)
(* prune, not against writers; one later statement, so one snapshot, reads    *)
(* facts and deltas (TRUNCATE keeps no row for older snapshots); the write    *)
(* deletes the deltas so read and no later one, whose facts are not counted.  *)
(* The property that matters: ExactPerBucket. Left out: bodies, rollups of    *)
(* pruned slots; a batch's delta is one per job.                              *)
EXTENDS Integers, FiniteSets

CONSTANTS Jobs,     \* job ids, numbers; a job ends once
          Buckets,  \* buckets of the counts
          Slots     \* slots of the queue ring

ASSUME Jobs \subseteq Nat /\ Buckets \in Nat \ {0} /\ Slots \in Nat \ {0, 1}

VARIABLES db,      \* the database: a record with one field per table
          ended,   \* jobs that have ended, whether or not the fact is still there
          rebuild  \* [at, counted, seen]: what the running rebuild's snapshot saw

vars == <<db, ended, rebuild>>

AllSlots == 0 .. Slots - 1
AllBuckets == 0 .. Buckets - 1
Zeros == [b \in AllBuckets |-> 0]

EmptyDb == [
  ring                     |-> [cur |-> 0, init |-> 1],
  terminalFacts            |-> {},  \* [slot, job]: done entries, and members of compact batches
  queueTerminalCountDeltas |-> {},  \* [slot, job, bucket, delta]
  queueTerminalLiveCounts  |-> Zeros]

NoRebuild == [at |-> "idle", counted |-> Zeros, seen |-> {}]

Init == db = EmptyDb /\ ended = {} /\ rebuild = NoRebuild

------------------------------------------------------------------------------
(* Helpers                                                                    *)

In(slot, rows) == {r \in rows : r.slot = slot}

NextSlot(ring) == (ring.cur + 1) % Slots
OldestSlot(ring) == (ring.cur + Slots - (ring.init - 1)) % Slots
SlotEmpty(s, i) == In(i, s.terminalFacts) \cup In(i, s.queueTerminalCountDeltas) = {}

\* A function of the job alone, for every path that counts it or takes it away.
Bucket(job) == job % Buckets
FastBucket(job) == Bucket(job)

Delta(job, bucket, n) == [slot |-> db.ring.cur, job |-> job, bucket |-> bucket, delta |-> n]

\* A fact that goes takes its count with it, wherever its own delta is by now.
TakenBack(facts) == {Delta(f.job, Bucket(f.job), -1) : f \in facts}

FactsIn(s, b) == {f \in s.terminalFacts : Bucket(f.job) = b}

Net(rows, b) == Cardinality({r \in rows : r.bucket = b /\ r.delta = 1})
                - Cardinality({r \in rows : r.bucket = b /\ r.delta = -1})

\* What a reader shows: both tables, in one snapshot.
Shown(s, b) == s.queueTerminalLiveCounts[b] + Net(s.queueTerminalCountDeltas, b)

RECURSIVE Total(_, _)
Total(s, bs) == IF bs = {} THEN 0
                ELSE LET b == CHOOSE b \in bs : TRUE IN Shown(s, b) + Total(s, bs \ {b})

------------------------------------------------------------------------------
(* Facts                                                                      *)

Ended(job, bucket) == [db EXCEPT
  !.terminalFacts = @ \cup {[slot |-> db.ring.cur, job |-> job]},
  !.queueTerminalCountDeltas = @ \cup {Delta(job, bucket, 1)}]

\* A member of a compact batch.
CompleteFast(job) ==
  /\ job \notin ended
  /\ db' = Ended(job, FastBucket(job))
  /\ ended' = ended \cup {job}
  /\ UNCHANGED rebuild

\* A done entry: failed, cancelled, or completed out of a lease.
CompleteSlow(job) ==
  /\ job \notin ended
  /\ db' = Ended(job, Bucket(job))
  /\ ended' = ended \cup {job}
  /\ UNCHANGED rebuild

DiscardTerminal(job) ==
  LET facts == {f \in db.terminalFacts : f.job = job}
  IN /\ facts # {}
     /\ db' = [db EXCEPT !.terminalFacts = @ \ facts,
                         !.queueTerminalCountDeltas = @ \cup TakenBack(facts)]
     /\ UNCHANGED <<ended, rebuild>>

------------------------------------------------------------------------------
(* The ring                                                                   *)

Rotate ==
  /\ SlotEmpty(db, NextSlot(db.ring))
  /\ db' = [db EXCEPT !.ring = [cur |-> NextSlot(@),
                                init |-> IF @.init < Slots THEN @.init + 1 ELSE Slots]]
  /\ UNCHANGED <<ended, rebuild>>

\* Both who truncate want ACCESS EXCLUSIVE at once or give up, and a rebuild's lock conflicts.
MayTruncate == rebuild.at = "idle"

\* Deltas are relative: a sum may be less than zero until an earlier slot is folded too.
Folded(count, net) == count + net

Rollup(slot) ==
  LET rows == In(slot, db.queueTerminalCountDeltas)
  IN /\ slot # db.ring.cur
     /\ rows # {}
     /\ MayTruncate = TRUE
     /\ db' = [db EXCEPT !.queueTerminalCountDeltas = @ \ rows,
                         !.queueTerminalLiveCounts =
                            [b \in AllBuckets |-> Folded(@[b], Net(rows, b))]]
     /\ UNCHANGED <<ended, rebuild>>

\* Waits for rollup, however late it is.
CanPrune(s, i) == In(i, s.queueTerminalCountDeltas) = {}

\* Facts that go with their slot are taken back in the current one.
Prune ==
  LET i == OldestSlot(db.ring)
      facts == In(i, db.terminalFacts)
      deltas == In(i, db.queueTerminalCountDeltas)
  IN /\ db.ring.init > 1
     /\ facts # {}
     /\ CanPrune(db, i) = TRUE
     /\ MayTruncate = TRUE
     /\ db' = [db EXCEPT !.terminalFacts = @ \ facts,
                         !.queueTerminalCountDeltas = (@ \ deltas) \cup TakenBack(facts)]
     /\ UNCHANGED <<ended, rebuild>>

------------------------------------------------------------------------------
(* Rebuild: one transaction, and between its statements everybody else's.     *)

RebuildRead ==
  /\ rebuild.at = "idle"
  /\ rebuild' = [at |-> "read",
                 counted |-> [b \in AllBuckets |-> Cardinality(FactsIn(db, b))],
                 seen |-> db.queueTerminalCountDeltas]
  /\ UNCHANGED <<db, ended>>

\* The deltas that the counted facts make obsolete.
Obsolete == rebuild.seen

RebuildWrite ==
  /\ rebuild.at = "read"
  /\ db' = [db EXCEPT !.queueTerminalLiveCounts = rebuild.counted,
                      !.queueTerminalCountDeltas = @ \ Obsolete]
  /\ rebuild' = NoRebuild
  /\ UNCHANGED ended

------------------------------------------------------------------------------
Next ==
  \/ \E job \in Jobs : CompleteFast(job)
  \/ \E job \in Jobs : CompleteSlow(job)
  \/ \E job \in Jobs : DiscardTerminal(job)
  \/ Rotate
  \/ \E slot \in AllSlots : Rollup(slot)
  \/ Prune
  \/ RebuildRead
  \/ RebuildWrite

Spec == Init /\ [][Next]_vars

------------------------------------------------------------------------------
\* Otherwise a bucket is wrong for ever: deltas only ever add to what is there.
ExactPerBucket == \A b \in AllBuckets : Shown(db, b) = Cardinality(FactsIn(db, b))

\* Otherwise the queue's count of ended jobs is too high or too low, and nothing puts it right.
ExactInTotal == Total(db, AllBuckets) = Cardinality(db.terminalFacts)

\* Otherwise a reader is shown fewer than no ended jobs, and clamps it: the error is hidden.
NeverNegative == \A b \in AllBuckets : Shown(db, b) >= 0

------------------------------------------------------------------------------
\* Rollup keeps coming, and a rebuild that has begun goes on.
FairSpec == Spec /\ WF_vars(RebuildWrite) /\ \A i \in AllSlots : WF_vars(Rollup(i))

\* Otherwise prune waits for a rollup for ever, and the queue ring stops.
EventuallyFolded ==
  \A i \in AllSlots :
    i # db.ring.cur /\ In(i, db.queueTerminalCountDeltas) # {} ~>
      In(i, db.queueTerminalCountDeltas) = {}
=============================================================================
