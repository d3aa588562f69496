-------------------------- MODULE TerminalCounters --------------------------
(* How many jobs have ended: counts per bucket, kept by deltas that go with   *)
(* the facts, in one transaction and slot. Rollup folds the deltas of a       *)
(* sealed slot, however late; prune, those of the slot that it truncates.     *)
(* Rebuild counts anew: it locks out rollup and prune, not writers; one later *)
(* statement, so one snapshot, reads facts and deltas (TRUNCATE keeps no row  *)
(* for older snapshots); what the deltas so read will add is not written. The *)
(* property that matters: ExactPerBucket. Left out: bodies, rollups of pruned *)
(* slots; a batch's delta is one per job.                                     *)
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
InUse(ring, slot) == (ring.cur + Slots - slot) % Slots < ring.init
SlotEmpty(s, i) == In(i, s.terminalFacts) \cup In(i, s.queueTerminalCountDeltas) = {}

\* A function of the job alone, for every path that counts it or takes it away.
Bucket(job) == job % Buckets
FastBucket(job) == Bucket(job)

Delta(fact, bucket, n) == [slot |-> fact.slot, job |-> fact.job, bucket |-> bucket, delta |-> n]

\* A fact that goes takes its count with it, folded or not.
TakenBack(facts) == {Delta(f, Bucket(f.job), -1) : f \in facts}

InBucket(facts, b) == {f \in facts : Bucket(f.job) = b}

Net(rows, b) == Cardinality({r \in rows : r.bucket = b /\ r.delta = 1})
                - Cardinality({r \in rows : r.bucket = b /\ r.delta = -1})

\* What a reader shows: both tables, in one snapshot.
Shown(s, b) == s.queueTerminalLiveCounts[b] + Net(s.queueTerminalCountDeltas, b)

RECURSIVE Total(_, _)
Total(s, bs) == IF bs = {} THEN 0
                ELSE LET b == CHOOSE b \in bs : TRUE IN Shown(s, b) + Total(s, bs \ {b})

------------------------------------------------------------------------------
(* Facts                                                                      *)

\* In the slot of the job's ready row, current or not.
Ended(fact, bucket) == [db EXCEPT
  !.terminalFacts = @ \cup {fact},
  !.queueTerminalCountDeltas = @ \cup {Delta(fact, bucket, 1)}]

\* A member of a compact batch.
CompleteFast(job, slot) ==
  /\ job \notin ended
  /\ InUse(db.ring, slot)
  /\ db' = Ended([slot |-> slot, job |-> job], FastBucket(job))
  /\ ended' = ended \cup {job}
  /\ UNCHANGED rebuild

\* A done entry: failed, cancelled, or completed out of a lease.
CompleteSlow(job, slot) ==
  /\ job \notin ended
  /\ InUse(db.ring, slot)
  /\ db' = Ended([slot |-> slot, job |-> job], Bucket(job))
  /\ ended' = ended \cup {job}
  /\ UNCHANGED rebuild

\* An administrator takes a fact back.
DiscardTerminal(job) ==
  LET facts == {f \in db.terminalFacts : f.job = job}
  IN /\ facts # {}
     /\ db' = [db EXCEPT !.terminalFacts = @ \ facts,
                         !.queueTerminalCountDeltas = @ \cup TakenBack(facts)]
     /\ UNCHANGED <<ended, rebuild>>

------------------------------------------------------------------------------
(* The ring                                                                   *)

\* New facts go to the next slot, once it is empty.
Rotate ==
  /\ SlotEmpty(db, NextSlot(db.ring))
  /\ db' = [db EXCEPT !.ring = [cur |-> NextSlot(@),
                                init |-> IF @.init < Slots THEN @.init + 1 ELSE Slots]]
  /\ UNCHANGED <<ended, rebuild>>

\* Whoever truncates wants the lock of the counts at once or gives up, and a rebuild holds it.
MayTruncate == rebuild.at = "idle"

\* Deltas are relative: those of a slot that was folded before may sum to less than zero.
Folded(count, net) == count + net

\* The deltas of a sealed slot are folded into the counts.
Rollup(slot) ==
  LET rows == In(slot, db.queueTerminalCountDeltas)
  IN /\ slot # db.ring.cur
     /\ rows # {}
     /\ MayTruncate = TRUE
     /\ db' = [db EXCEPT !.queueTerminalCountDeltas = @ \ rows,
                         !.queueTerminalLiveCounts =
                            [b \in AllBuckets |-> Folded(@[b], Net(rows, b))]]
     /\ UNCHANGED <<ended, rebuild>>

\* What prune folds of the deltas that it truncates.
PruneFolds(rows, b) == Net(rows, b)

\* Facts that go with their slot leave the counts with it.
Prune ==
  LET i == OldestSlot(db.ring)
      facts == In(i, db.terminalFacts)
      rows == In(i, db.queueTerminalCountDeltas)
  IN /\ db.ring.init > 1
     /\ ~SlotEmpty(db, i)
     /\ MayTruncate = TRUE
     /\ db' = [db EXCEPT !.terminalFacts = @ \ facts,
                         !.queueTerminalCountDeltas = @ \ rows,
                         !.queueTerminalLiveCounts =
                            [b \in AllBuckets |-> @[b] + PruneFolds(rows, b)
                                                   - Cardinality(InBucket(facts, b))]]
     /\ UNCHANGED <<ended, rebuild>>

------------------------------------------------------------------------------
(* Rebuild: one transaction, and between its statements everybody else's.     *)

RebuildRead ==
  /\ rebuild.at = "idle"
  /\ rebuild' = [at |-> "read",
                 counted |-> [b \in AllBuckets |-> Cardinality(InBucket(db.terminalFacts, b))],
                 seen |-> db.queueTerminalCountDeltas]
  /\ UNCHANGED <<db, ended>>

\* The deltas whose facts are among the counted, and which will be folded all the same.
ToCome == rebuild.seen

RebuildWrite ==
  /\ rebuild.at = "read"
  /\ db' = [db EXCEPT !.queueTerminalLiveCounts =
                         [b \in AllBuckets |-> rebuild.counted[b] - Net(ToCome, b)]]
  /\ rebuild' = NoRebuild
  /\ UNCHANGED ended

------------------------------------------------------------------------------
Next ==
  \/ \E job \in Jobs, slot \in AllSlots : CompleteFast(job, slot)
  \/ \E job \in Jobs, slot \in AllSlots : CompleteSlow(job, slot)
  \/ \E job \in Jobs : DiscardTerminal(job)
  \/ Rotate
  \/ \E slot \in AllSlots : Rollup(slot)
  \/ Prune
  \/ RebuildRead
  \/ RebuildWrite

Spec == Init /\ [][Next]_vars

------------------------------------------------------------------------------
\* Otherwise a bucket is wrong for ever: deltas only ever add to what is there.
ExactPerBucket == \A b \in AllBuckets : Shown(db, b) = Cardinality(InBucket(db.terminalFacts, b))

\* Otherwise the queue's count of ended jobs is too high or too low, and nothing puts it right.
ExactInTotal == Total(db, AllBuckets) = Cardinality(db.terminalFacts)

\* Otherwise a reader is shown fewer than no ended jobs, and clamps it: the error is hidden.
NeverNegative == \A b \in AllBuckets : Shown(db, b) >= 0

------------------------------------------------------------------------------
\* Rollup keeps coming, also between rebuilds; a rebuild that has begun goes on.
FairSpec == Spec /\ WF_vars(RebuildWrite) /\ \A i \in AllSlots : SF_vars(Rollup(i))

\* Otherwise every reader adds up the deltas of old slots, and they get no fewer.
EventuallyFolded ==
  \A i \in AllSlots :
    i # db.ring.cur /\ In(i, db.queueTerminalCountDeltas) # {} ~>
      In(i, db.queueTerminalCountDeltas) = {}
=============================================================================
