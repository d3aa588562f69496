------------------------- MODULE DeferredMaterialize -------------------------
(* A rejected design, kept as a study: completing a job writes only a closure,*)
(* and a background pass joins closures with receipts and ready bodies later, *)
(* to write the terminal rows. Until then a finished job is a join over three *)
(* tables in two rings that are truncated on different schedules.             *)
(* The property that matters: NoLostJob. Left out: lanes, batches, failures,  *)
(* and two passes at once (a pass is one transaction under its slot's lock).  *)
EXTENDS Integers

CONSTANTS Jobs,        \* identities that producers may enqueue, each once
          QueueSlots,  \* slots of the queue ring: bodies, evidence, terminal rows
          ClaimSlots   \* slots of the claim ring: receipts and closures

ASSUME QueueSlots \in Nat \ {0, 1} /\ ClaimSlots \in Nat \ {0, 1}

VARIABLES db,      \* the database: a record with one field per table
          history  \* job -> absent, pending, running, finished, materialised or forgotten

vars == <<db, history>>

AllClaimSlots == 0 .. ClaimSlots - 1

EmptyDb == [
  rings              |-> [queue |-> [cur |-> 0, init |-> 1],
                          claim |-> [cur |-> 0, init |-> 1]],
  readyEntries       |-> {},  \* [slot, job]: the body
  attemptEvidence    |-> {},  \* [slot, job]: the row was handed out
  leaseClaims        |-> {},  \* [slot, ready, job]: the receipt
  leaseClaimClosures |-> {},  \* [slot, job, outcome]: completed or terminalRemoved
  doneEntries        |-> {}]  \* [slot, job]: the terminal row, with its own copy of the body

Init == db = EmptyDb /\ history = [j \in Jobs |-> "absent"]

------------------------------------------------------------------------------
(* Helpers. All but the last read only their arguments.                       *)

JobsOf(rows) == {r.job : r \in rows}
In(slot, rows) == {r \in rows : r.slot = slot}

NextSlot(ring, size) == (ring.cur + 1) % size
OldestSlot(ring, size) == (ring.cur + size - (ring.init - 1)) % size
Rotated(ring, size) == [cur |-> NextSlot(ring, size),
                        init |-> IF ring.init < size THEN ring.init + 1 ELSE size]

QueueSlotEmpty(s, i) ==
  In(i, s.readyEntries) \cup In(i, s.attemptEvidence) \cup In(i, s.doneEntries) = {}
ClaimSlotEmpty(s, i) == In(i, s.leaseClaims) \cup In(i, s.leaseClaimClosures) = {}

Pending(s) == {r \in s.readyEntries : r \notin s.attemptEvidence}

Outcomes(s, job) == {x.outcome : x \in {y \in s.leaseClaimClosures : y.job = job}}
OpenReceipts(s) == {c \in s.leaseClaims : Outcomes(s, c.job) = {}}

HasBody(s, c) == [slot |-> c.ready, job |-> c.job] \in s.readyEntries

\* Jobs that already have their terminal row, in whichever slot a pass has put it.
Written(s) == JobsOf(s.doneEntries)

\* Receipts that join with a closure and a body, and have no terminal row yet.
Unmaterialised(s) == {c \in s.leaseClaims : /\ Outcomes(s, c.job) = {"completed"}
                                            /\ HasBody(s, c)
                                            /\ c.job \notin Written(s)}

\* What a reader shows as finished: terminal rows, and closures that no pass has reached.
Shown(s) == JobsOf(s.doneEntries) \cup JobsOf(Unmaterialised(s))

Reached(js, stage) == [j \in Jobs |-> IF j \in js THEN stage ELSE history[j]]

------------------------------------------------------------------------------
(* The hot path appends, and never writes a terminal row.                     *)

\* A new job goes into the current queue slot.
Enqueue(job) ==
  /\ history[job] = "absent"
  /\ db' = [db EXCEPT !.readyEntries = @ \cup {[slot |-> db.rings.queue.cur, job |-> job]}]
  /\ history' = Reached({job}, "pending")

\* The evidence shares the slot of the ready row, the receipt goes to the current claim slot.
Claim(job) ==
  LET rows == {r \in Pending(db) : r.job = job}
  IN /\ rows # {}
     /\ db' = [db EXCEPT !.attemptEvidence = @ \cup rows,
                         !.leaseClaims = @ \cup
                           {[slot |-> db.rings.claim.cur, ready |-> r.slot, job |-> job] :
                             r \in rows}]
     /\ history' = Reached({job}, "running")

\* The closure is all that completing writes.
Complete(job) ==
  LET receipts == {c \in OpenReceipts(db) : c.job = job}
  IN /\ receipts # {}
     /\ db' = [db EXCEPT !.leaseClaimClosures = @ \cup
                 {[slot |-> c.slot, job |-> job, outcome |-> "completed"] : c \in receipts}]
     /\ history' = Reached({job}, "finished")

------------------------------------------------------------------------------
(* The background pass, and what takes terminal rows away.                    *)

\* What a pass over one claim slot writes rows for: exactly what the reader joins itself.
Joined(s, slot) == In(slot, Unmaterialised(s))

\* Terminal rows go where rows are being written: the current queue slot.
Materialise(slot) ==
  LET js == JobsOf(Joined(db, slot))
  IN /\ js # {}
     /\ db' = [db EXCEPT !.doneEntries = @ \cup
                 {[slot |-> db.rings.queue.cur, job |-> j] : j \in js}]
     /\ history' = Reached(js, "materialised")

\* While the receipt exists, a terminal delete says so: the sources would join again.
RemovalClosures(s, job) ==
  {[slot |-> c.slot, job |-> job, outcome |-> "terminalRemoved"] :
    c \in {d \in s.leaseClaims : d.job = job}}

Forget(job) ==
  /\ job \in JobsOf(db.doneEntries)
  /\ db' = [db EXCEPT !.doneEntries = {d \in @ : d.job # job},
                      !.leaseClaimClosures = @ \cup RemovalClosures(db, job)]
  /\ history' = Reached({job}, "forgotten")

------------------------------------------------------------------------------
(* Rings                                                                      *)

\* New bodies go to the next slot, once it is empty.
RotateQueue ==
  /\ QueueSlotEmpty(db, NextSlot(db.rings.queue, QueueSlots))
  /\ db' = [db EXCEPT !.rings.queue = Rotated(@, QueueSlots)]
  /\ UNCHANGED history

\* New receipts go to the next slot, once it is empty.
RotateClaims ==
  /\ ClaimSlotEmpty(db, NextSlot(db.rings.claim, ClaimSlots))
  /\ db' = [db EXCEPT !.rings.claim = Rotated(@, ClaimSlots)]
  /\ UNCHANGED history

\* A body is a source until the pass has read it: that its attempt is closed is not enough.
CanPruneQueue(s, i) ==
  /\ In(i, Pending(s)) = {}
  /\ \A c \in OpenReceipts(s) \cup Unmaterialised(s) : c.ready # i

\* Takes the slot's bodies; its terminal rows are history that goes with it.
PruneQueue ==
  LET i == OldestSlot(db.rings.queue, QueueSlots)
      keep(rows) == {r \in rows : r.slot # i}
  IN /\ db.rings.queue.init > 1
     /\ ~QueueSlotEmpty(db, i)
     /\ CanPruneQueue(db, i) = TRUE
     /\ db' = [db EXCEPT !.readyEntries = keep(@), !.attemptEvidence = keep(@),
                         !.doneEntries = keep(@)]
     /\ history' = Reached(JobsOf(In(i, db.doneEntries)), "forgotten")

CanPruneClaims(s, i) == In(i, OpenReceipts(s) \cup Unmaterialised(s)) = {}

\* Takes the receipts of the slot and their closures.
PruneClaims ==
  LET i == OldestSlot(db.rings.claim, ClaimSlots)
      keep(rows) == {r \in rows : r.slot # i}
  IN /\ db.rings.claim.init > 1
     /\ ~ClaimSlotEmpty(db, i)
     /\ CanPruneClaims(db, i) = TRUE
     /\ db' = [db EXCEPT !.leaseClaims = keep(@), !.leaseClaimClosures = keep(@)]
     /\ UNCHANGED history

------------------------------------------------------------------------------
Next ==
  \/ \E job \in Jobs : Enqueue(job)
  \/ \E job \in Jobs : Claim(job)
  \/ \E job \in Jobs : Complete(job)
  \/ \E slot \in AllClaimSlots : Materialise(slot)
  \/ \E job \in Jobs : Forget(job)
  \/ RotateQueue
  \/ RotateClaims
  \/ PruneQueue
  \/ PruneClaims

Spec == Init /\ [][Next]_vars

\* The pass keeps coming to every claim slot, the current one too; nothing else has to happen.
FairSpec == Spec /\ \A slot \in AllClaimSlots : WF_vars(Materialise(slot))

------------------------------------------------------------------------------
\* Otherwise a job that was accepted or reported as finished disappears, and nobody can tell.
NoLostJob ==
  \A j \in Jobs :
    /\ history[j] = "pending" => j \in JobsOf(Pending(db))
    /\ history[j] = "running" => j \in JobsOf(OpenReceipts(db))
    /\ history[j] \in {"finished", "materialised"} => j \in Shown(db)

\* Otherwise history that somebody removed comes back, and is shown as new.
ForgottenStaysForgotten == \A j \in Jobs : history[j] = "forgotten" => j \notin Shown(db)

\* Rows of jobs that have no terminal row yet.
Unsettled(rows) == {r \in rows : history[r.job] \in {"pending", "running", "finished"}}

\* Otherwise the pass finds nothing to join with, and the terminal row can never be written.
SourceNotTruncated ==
  [][/\ Unsettled(db.readyEntries) \subseteq db'.readyEntries
     /\ Unsettled(db.leaseClaims) \subseteq db'.leaseClaims
     /\ Unsettled(db.leaseClaimClosures) \subseteq db'.leaseClaimClosures]_vars

\* Otherwise a dashboard changes its answer because maintenance ran, and not because a job did.
ReaderAgrees ==
  [][~(db'.doneEntries \subseteq db.doneEntries) => Shown(db') = Shown(db)]_vars

\* Otherwise one job is counted as finished twice, or once more after it was removed.
MaterialiseIdempotent ==
  [][\A d \in db'.doneEntries \ db.doneEntries :
       history[d.job] \notin {"materialised", "forgotten"}]_vars

------------------------------------------------------------------------------
\* Otherwise readers pay for the join for ever, and both rings stay pinned behind it.
EventuallyMaterialised ==
  \A j \in Jobs : history[j] = "finished" ~> history[j] = "materialised"
=============================================================================
