-------------------------- MODULE SegmentedStorage --------------------------
(* Job storage in two rings of slots: rows are only appended, and reclaimed   *)
(* by truncating a whole slot. Whether an attempt runs, ended or was lost is  *)
(* no column but a predicate over rows that are pruned on different schedules.*)
(* One field of db per table; env is what workers know and what history was.  *)
(* The property that matters: NoTokenTwice. Left out: payloads, priorities,   *)
(* leases with heartbeats, and interleavings inside one transaction.          *)
EXTENDS Integers, FiniteSets, Sequences

CONSTANTS Jobs,        \* identities that producers may enqueue, each once
          Lanes,       \* (queue, priority, enqueue shard), each with its own lane_seq numbers
          QueueSlots,  \* slots of the queue ring
          ClaimSlots,  \* slots of the claim ring
          Leases,      \* run leases that tokens range over
          MaxBatch,    \* longest batch of Enqueue, Claim and CompleteFast
          MaxWait,     \* longest wait of a deferred job, in ticks
          StaleAfter,  \* age in ticks at which a receipt is stale
          Off          \* names of actions switched off in this configuration

ASSUME /\ QueueSlots \in Nat \ {0, 1} /\ ClaimSlots \in Nat \ {0, 1}
       /\ MaxBatch \in Nat \ {0} /\ MaxWait \in Nat /\ StaleAfter \in Nat \ {0}

VARIABLES db,   \* the database: a record with one field per table
          env   \* the world around it: tokens in workers' hands, and history

vars == <<db, env>>

Tokens == [job : Jobs, lease : Leases]
JobBatches == {b \in UNION {[1 .. n -> Jobs] : n \in 1 .. MaxBatch} :
                 \A i, k \in DOMAIN b : b[i] = b[k] => i = k}
TokenBatches == {ks \in SUBSET Tokens : Cardinality(ks) \in 1 .. MaxBatch}
Waits == 0 .. MaxWait

EmptyDb == [
  rings                       |-> [queue |-> [cur |-> 0, init |-> 1],
                                   claim |-> [cur |-> 0, init |-> 1]],
  laneHeads                   |-> [l \in Lanes |-> [next |-> 1, cursor |-> 1]],
  readyEntries                |-> {},  \* [slot, lane, seq, job, lease]
  readyTombstones             |-> {},  \* [slot, lane, seq]
  attemptEvidence             |-> {},  \* [slot, lane, through]
  doneEntries                 |-> {},  \* [slot, job, lease, state]
  receiptCompletionBatches    |-> {},  \* [slot, job, lease], one per member
  receiptCompletionTombstones |-> {},  \* [slot, job, lease]
  leaseClaims                 |-> {},  \* [slot, ready, lane, seq, job, lease, age]
  leaseClaimClosures          |-> {},  \* [slot, job, lease, outcome]
  deferredJobs                |-> {},  \* [job, lease, lane, wait]
  dlqEntries                  |-> {}]  \* [job, lease, lane]

EmptyEnv == [
  enqueued |-> {},   \* jobs ever enqueued
  held     |-> {},   \* tokens that some worker still holds and may present
  handed   |-> {},   \* tokens ever handed out ...
  rehanded |-> {},   \* ... and those handed out once more
  acked    |-> {},   \* tokens whose worker was told that its call ended the attempt ...
  reacked  |-> {},   \* ... and those for which this was said once more
  finished |-> {},   \* [job, lease] at which a job was completed or cancelled
  removed  |-> {}]   \* [job, by]: history that a named step took away

Init == db = EmptyDb /\ env = EmptyEnv

------------------------------------------------------------------------------
(* Helpers: rings, evidence, places. All of them read only their arguments.   *)

On(action) == action \notin Off

Token(r) == [job |-> r.job, lease |-> r.lease]
TokensOf(rows) == {Token(r) : r \in rows}
JobsOf(rows) == {r.job : r \in rows}
In(slot, rows) == {r \in rows : r.slot = slot}
Lowest(ns) == CHOOSE n \in ns : \A m \in ns : n <= m
Highest(ns) == CHOOSE n \in ns : \A m \in ns : n >= m

NextSlot(ring, size) == (ring.cur + 1) % size
OldestSlot(ring, size) == (ring.cur + size - (ring.init - 1)) % size
Rotated(ring, size) == [cur |-> NextSlot(ring, size),
                        init |-> IF ring.init < size THEN ring.init + 1 ELSE size]

QueueSlotEmpty(s, i) ==
  In(i, s.readyEntries) \cup In(i, s.readyTombstones) \cup In(i, s.attemptEvidence)
    \cup In(i, s.doneEntries) \cup In(i, s.receiptCompletionBatches)
    \cup In(i, s.receiptCompletionTombstones) = {}
ClaimSlotEmpty(s, i) == In(i, s.leaseClaims) \cup In(i, s.leaseClaimClosures) = {}

Tombstoned(s, r) == [slot |-> r.slot, lane |-> r.lane, seq |-> r.seq] \in s.readyTombstones

(* The spent question. Claim leaves its evidence in the slot of the READY row, so the row and *)
(* the proof that it was handed out are truncated together: no admin step and no claim prune  *)
(* can take one without the other, whereas evidence about the attempt can be purged (configs  *)
(* spent-battery and spent-after-purge). It is one small row per claimed batch, and claim     *)
(* locks no claim partition but the current one; the other safe repair, pruning claim slots   *)
(* only behind the cursors, lets one idle lane stop the ring for all (claim-prune-gate).      *)
Spent(s, r) == \/ Tombstoned(s, r)
               \/ \E e \in s.attemptEvidence :
                    e.slot = r.slot /\ e.lane = r.lane /\ e.through >= r.seq

Pending(s) == {r \in s.readyEntries : ~Spent(s, r)}

CompactFacts(s) == s.receiptCompletionBatches \ s.receiptCompletionTombstones
TerminalFacts(s) == CompactFacts(s) \cup
  {[slot |-> d.slot, job |-> d.job, lease |-> d.lease] : d \in s.doneEntries}

(* Closed evidence. Every end of an attempt but the fast completion writes an explicit closure, *)
(* so a deferred, dead or cancelled row never has to be read as one.                            *)
ClosedExplicitly(s, k) == k \in TokensOf(s.leaseClaimClosures)
Closed(s, k) == ClosedExplicitly(s, k) \/ k \in TokensOf(CompactFacts(s))
OpenReceipts(s) == {c \in s.leaseClaims : ~Closed(s, Token(c))}
StaleReceipts(s) == {c \in OpenReceipts(s) : c.age = StaleAfter}

Drained(s) == /\ \A i \in 0 .. QueueSlots - 1 : QueueSlotEmpty(s, i)
              /\ \A i \in 0 .. ClaimSlots - 1 : ClaimSlotEmpty(s, i)

------------------------------------------------------------------------------
(* Transformers: the tails that several actions share.                        *)

\* Appends entries [lane, job, lease, order] to the tails of their lanes, in the current slot.
AppendReady(s, es) ==
  LET before(e) == {f \in es : f.lane = e.lane /\ f.order < e.order}
      row(e) == [slot |-> s.rings.queue.cur, lane |-> e.lane,
                 seq |-> s.laneHeads[e.lane].next + Cardinality(before(e)),
                 job |-> e.job, lease |-> e.lease]
      added(l) == Cardinality({e \in es : e.lane = l})
  IN [s EXCEPT !.readyEntries = @ \cup {row(e) : e \in es},
               !.laneHeads = [l \in Lanes |-> [@[l] EXCEPT !.next = @ + added(l)]]]

\* Writes the explicit proof that these receipts' attempts are over.
CloseReceipts(s, cs, outcome) ==
  [s EXCEPT !.leaseClaimClosures = @ \cup
    {[slot |-> c.slot, job |-> c.job, lease |-> c.lease, outcome |-> outcome] : c \in cs}]

\* A worker was told that its calls ended these attempts.
Acknowledge(e, ks) == [e EXCEPT !.acked = @ \cup ks, !.reacked = @ \cup (ks \cap e.acked)]

\* A worker was told that these tokens are over: it lets go of them.
LearnStale(e, ks) == [e EXCEPT !.held = @ \ ks]

\* History went away with a named step.
Remove(e, js, by) == [e EXCEPT !.removed = @ \cup {[job |-> j, by |-> by] : j \in js}]

------------------------------------------------------------------------------
(* Producers                                                                  *)

\* A batch of new jobs goes to the tail of one lane, or waits among the deferred ones.
Enqueue(lane, batch, wait) ==
  LET js == {batch[i] : i \in DOMAIN batch}
      ready == {[lane |-> lane, job |-> batch[i], lease |-> 0, order |-> i] : i \in DOMAIN batch}
      deferred == {[job |-> j, lease |-> 0, lane |-> lane, wait |-> wait] : j \in js}
  IN /\ On("Enqueue")
     /\ js \cap env.enqueued = {}
     /\ db' = IF wait = 0 THEN AppendReady(db, ready)
              ELSE [db EXCEPT !.deferredJobs = @ \cup deferred]
     /\ env' = [env EXCEPT !.enqueued = @ \cup js]

\* A deferred job whose time has come moves to its lane's tail.
PromoteDeferred(job) ==
  LET due == {d \in db.deferredJobs : d.job = job /\ d.wait = 0}
      ready == {[lane |-> d.lane, job |-> d.job, lease |-> d.lease, order |-> 0] : d \in due}
  IN /\ On("PromoteDeferred")
     /\ due # {}
     /\ db' = AppendReady([db EXCEPT !.deferredJobs = @ \ due], ready)
     /\ UNCHANGED env

------------------------------------------------------------------------------
(* Claim                                                                      *)

\* What a claim of up to n jobs of this lane takes: the first unspent rows, all of one slot.
Claimable(s, lane, n) ==
  LET rows == {r \in Pending(s) : r.lane = lane /\ r.seq >= s.laneHeads[lane].cursor}
      first == CHOOSE r \in rows : \A q \in rows : r.seq <= q.seq
      peers == {r \in rows : r.slot = first.slot}
  IN IF rows = {} THEN {} ELSE {r \in peers : Cardinality({q \in peers : q.seq < r.seq}) < n}

\* Receipts go to the current claim slot, evidence to the rows' own slot, tokens to the worker.
Claim(lane, n) ==
  LET rows == Claimable(db, lane, n)
      receipts == {[slot |-> db.rings.claim.cur, ready |-> r.slot, lane |-> lane, seq |-> r.seq,
                    job |-> r.job, lease |-> r.lease + 1, age |-> 0] : r \in rows}
      evidence == {[slot |-> r.slot, lane |-> lane, through |-> Highest({q.seq : q \in rows})] :
                    r \in rows}
      ks == TokensOf(receipts)
  IN /\ On("Claim")
     /\ rows # {}
     /\ db' = [db EXCEPT !.leaseClaims = @ \cup receipts, !.attemptEvidence = @ \cup evidence]
     /\ env' = [env EXCEPT !.held = @ \cup ks, !.handed = @ \cup ks,
                           !.rehanded = @ \cup (ks \cap env.handed)]

\* The first lane_seq that may still be unspent.
FirstUnspent(s, lane) ==
  LET seqs == {r.seq : r \in {q \in Pending(s) : q.lane = lane}}
  IN IF seqs = {} THEN s.laneHeads[lane].next ELSE Lowest(seqs)

\* Best effort, after the claim has committed: an advance that never comes loses nothing.
AdvanceClaimCursor(lane) ==
  /\ On("AdvanceClaimCursor")
  /\ FirstUnspent(db, lane) > db.laneHeads[lane].cursor
  /\ db' = [db EXCEPT !.laneHeads[lane].cursor = FirstUnspent(db, lane)]
  /\ UNCHANGED env

------------------------------------------------------------------------------
(* Finish: every action takes tokens that a worker holds, and says of each    *)
(* whether it ended the attempt or was stale.                                 *)

\* One compact row in the slot of the ready rows is the closed evidence of the whole batch.
CompleteFast(ks) ==
  LET receipts == {c \in OpenReceipts(db) : Token(c) \in ks}
      ok == TokensOf(receipts)
      members == {[slot |-> c.ready, job |-> c.job, lease |-> c.lease] : c \in receipts}
  IN /\ On("CompleteFast")
     /\ ks \subseteq env.held
     /\ db' = [db EXCEPT !.receiptCompletionBatches = @ \cup members]
     /\ env' = [Acknowledge(LearnStale(env, ks \ ok), ok) EXCEPT !.finished = @ \cup ok]

\* The attempt failed; the job comes back after a wait, with an explicit closure of this attempt.
Retry(k, wait) ==
  LET receipts == {c \in OpenReceipts(db) : Token(c) = k}
      deferred == {[job |-> c.job, lease |-> c.lease, lane |-> c.lane, wait |-> wait] :
                    c \in receipts}
  IN /\ On("Retry")
     /\ k \in env.held
     /\ db' = [CloseReceipts(db, receipts, "retried") EXCEPT !.deferredJobs = @ \cup deferred]
     /\ env' = IF receipts = {} THEN LearnStale(env, {k}) ELSE Acknowledge(env, {k})

\* The attempt failed for good; the job is kept aside for an administrator.
FailToDlq(k) ==
  LET receipts == {c \in OpenReceipts(db) : Token(c) = k}
      dead == {[job |-> c.job, lease |-> c.lease, lane |-> c.lane] : c \in receipts}
  IN /\ On("FailToDlq")
     /\ k \in env.held
     /\ db' = [CloseReceipts(db, receipts, "deadLettered") EXCEPT !.dlqEntries = @ \cup dead]
     /\ env' = IF receipts = {} THEN LearnStale(env, {k}) ELSE Acknowledge(env, {k})

------------------------------------------------------------------------------
(* Rescue                                                                     *)

\* Stale open receipts of one claim slot are closed and their jobs appended again.
RescueStaleReceipts(slot) ==
  LET receipts == In(slot, StaleReceipts(db))
      again == {[lane |-> c.lane, job |-> c.job, lease |-> c.lease, order |-> c.seq] :
                 c \in receipts}
  IN /\ On("RescueStaleReceipts")
     /\ receipts # {}
     /\ db' = AppendReady(CloseReceipts(db, receipts, "rescued"), again)
     /\ UNCHANGED env

------------------------------------------------------------------------------
(* Terminal                                                                   *)

\* A terminal delete: while a receipt of that attempt still exists, it needs an explicit closure.
Orphaned(s, facts) == {c \in s.leaseClaims :
                         Token(c) \in TokensOf(facts) /\ ~ClosedExplicitly(s, Token(c))}

DiscardTerminal(job) ==
  LET facts == {t \in TerminalFacts(db) : t.job = job}
      done == {d \in db.doneEntries : d.job = job}
  IN /\ On("DiscardTerminal")
     /\ facts # {}
     /\ db' = [CloseReceipts(db, Orphaned(db, facts), "terminalRemoved") EXCEPT
                 !.doneEntries = @ \ done,
                 !.receiptCompletionTombstones = @ \cup (facts \cap db.receiptCompletionBatches)]
     /\ env' = Remove(env, {job}, "DiscardTerminal")

------------------------------------------------------------------------------
(* Admin                                                                      *)

\* Cancelling a pending job spends its lane row and leaves a terminal fact.
CancelReady(job) ==
  LET rows == {r \in Pending(db) : r.job = job}
  IN /\ On("CancelReady")
     /\ rows # {}
     /\ db' = [db EXCEPT
          !.readyTombstones = @ \cup
            {[slot |-> r.slot, lane |-> r.lane, seq |-> r.seq] : r \in rows},
          !.doneEntries = @ \cup {[slot |-> r.slot, job |-> r.job, lease |-> r.lease,
                                   state |-> "cancelled"] : r \in rows}]
     /\ env' = [env EXCEPT !.finished = @ \cup TokensOf(rows)]

PurgeDlq(job) ==
  /\ On("PurgeDlq")
  /\ job \in JobsOf(db.dlqEntries)
  /\ db' = [db EXCEPT !.dlqEntries = {d \in @ : d.job # job}]
  /\ env' = Remove(env, {job}, "PurgeDlq")

\* The run lease a readmitted job goes on with.
ReadmittedLease(d) == d.lease

RetryFromDlq(job) ==
  LET dead == {d \in db.dlqEntries : d.job = job}
      ready == {[lane |-> d.lane, job |-> job, lease |-> ReadmittedLease(d), order |-> 0] :
                 d \in dead}
  IN /\ On("RetryFromDlq")
     /\ dead # {}
     /\ db' = AppendReady([db EXCEPT !.dlqEntries = @ \ dead], ready)
     /\ UNCHANGED env

------------------------------------------------------------------------------
(* Rings                                                                      *)

RotateQueue ==
  /\ On("RotateQueue")
  /\ QueueSlotEmpty(db, NextSlot(db.rings.queue, QueueSlots))
  /\ db' = [db EXCEPT !.rings.queue = Rotated(@, QueueSlots)]
  /\ UNCHANGED env

RotateClaims ==
  /\ On("RotateClaims")
  /\ ClaimSlotEmpty(db, NextSlot(db.rings.claim, ClaimSlots))
  /\ db' = [db EXCEPT !.rings.claim = Rotated(@, ClaimSlots)]
  /\ UNCHANGED env

\* Receipts whose only proof of an end may lie in this queue slot.
UnclosedRefs(s, i) == {c \in s.leaseClaims : c.ready = i /\ ~ClosedExplicitly(s, Token(c))}

CanPruneQueue(s, i) == UnclosedRefs(s, i) = {} /\ In(i, Pending(s)) = {}

PruneQueue ==
  LET i == OldestSlot(db.rings.queue, QueueSlots)
      keep(rows) == {r \in rows : r.slot # i}
  IN /\ On("PruneQueue")
     /\ db.rings.queue.init > 1
     /\ ~QueueSlotEmpty(db, i)
     /\ CanPruneQueue(db, i) = TRUE
     /\ db' = [db EXCEPT !.readyEntries = keep(@), !.readyTombstones = keep(@),
                         !.attemptEvidence = keep(@), !.doneEntries = keep(@),
                         !.receiptCompletionBatches = keep(@),
                         !.receiptCompletionTombstones = keep(@)]
     /\ env' = Remove(env, JobsOf(In(i, TerminalFacts(db))), "PruneQueue")

CanPruneClaims(s, i) == In(i, OpenReceipts(s)) = {}

PruneClaims ==
  LET i == OldestSlot(db.rings.claim, ClaimSlots)
      keep(rows) == {r \in rows : r.slot # i}
  IN /\ On("PruneClaims")
     /\ db.rings.claim.init > 1
     /\ ~ClaimSlotEmpty(db, i)
     /\ CanPruneClaims(db, i) = TRUE
     /\ db' = [db EXCEPT !.leaseClaims = keep(@), !.leaseClaimClosures = keep(@)]
     /\ UNCHANGED env

------------------------------------------------------------------------------
(* Environment                                                                *)

\* Time passes: every receipt gets older, every deferred job's wait gets shorter.
PassTime ==
  LET older(c) == [c EXCEPT !.age = IF @ < StaleAfter THEN @ + 1 ELSE @]
      sooner(d) == [d EXCEPT !.wait = IF @ > 0 THEN @ - 1 ELSE @]
  IN /\ On("PassTime")
     /\ \/ \E c \in db.leaseClaims : older(c) # c
        \/ \E d \in db.deferredJobs : sooner(d) # d
     /\ db' = [db EXCEPT !.leaseClaims = {older(c) : c \in @},
                         !.deferredJobs = {sooner(d) : d \in @}]
     /\ UNCHANGED env

\* A worker crashes, or never learns the answer to its last call.
ForgetToken(k) ==
  /\ On("ForgetToken")
  /\ k \in env.held
  /\ env' = [env EXCEPT !.held = @ \ {k}]
  /\ UNCHANGED db

------------------------------------------------------------------------------
Next ==
  \/ \E lane \in Lanes, batch \in JobBatches, wait \in Waits : Enqueue(lane, batch, wait)
  \/ \E job \in Jobs : PromoteDeferred(job)
  \/ \E lane \in Lanes, n \in 1 .. MaxBatch : Claim(lane, n)
  \/ \E lane \in Lanes : AdvanceClaimCursor(lane)
  \/ \E ks \in TokenBatches : CompleteFast(ks)
  \/ \E k \in Tokens, wait \in Waits : Retry(k, wait)
  \/ \E k \in Tokens : FailToDlq(k)
  \/ \E slot \in 0 .. ClaimSlots - 1 : RescueStaleReceipts(slot)
  \/ \E job \in Jobs : DiscardTerminal(job)
  \/ \E job \in Jobs : CancelReady(job)
  \/ \E job \in Jobs : PurgeDlq(job)
  \/ \E job \in Jobs : RetryFromDlq(job)
  \/ RotateQueue
  \/ RotateClaims
  \/ PruneQueue
  \/ PruneClaims
  \/ PassTime
  \/ \E k \in Tokens : ForgetToken(k)

Spec == Init /\ [][Next]_vars

------------------------------------------------------------------------------
(* Safety: each comment says what a user loses when the property breaks.      *)

\* Otherwise two workers run the same attempt and neither can be told apart from the other.
NoTokenTwice == env.rehanded = {}

\* Otherwise two callers both believe that they ended the attempt, and both act on it.
OneWinnerPerToken == env.reacked = {}

\* Otherwise a job that was reported as over runs again, with its side effects.
FinishedStaysFinished ==
  \A f \in env.finished : \A k \in env.handed : k.job = f.job => k.lease <= f.lease

\* How many places hold the job: exactly one of them must, from enqueue on.
Places(s, e, j) ==
  Cardinality({r \in Pending(s) : r.job = j}) + Cardinality({d \in s.deferredJobs : d.job = j})
    + Cardinality({c \in OpenReceipts(s) : c.job = j})
    + Cardinality({t \in TerminalFacts(s) : t.job = j})
    + Cardinality({d \in s.dlqEntries : d.job = j}) + Cardinality({r \in e.removed : r.job = j})

\* Otherwise a job is lost without a trace, or is at once finished and about to run.
EveryJobInOnePlace ==
  \A j \in Jobs : Places(db, env, j) = IF j \in env.enqueued THEN 1 ELSE 0

\* Otherwise a pending job is skipped by every later claim: it waits for ever.
CursorNeverPassesUnspent == \A r \in Pending(db) : r.seq >= db.laneHeads[r.lane].cursor

\* This design has it by construction; it is for designs whose prune asks for more.
\* Otherwise one lane whose cursor lags stops the claim ring, and with it every queue.
IdleLaneNeverStopsClaims ==
  LET i == OldestSlot(db.rings.claim, ClaimSlots)
  IN db.rings.claim.init > 1 /\ In(i, OpenReceipts(db)) = {} => CanPruneClaims(db, i)

\* Otherwise two jobs share one address, and spending one silently spends the other.
LaneSeqUnique ==
  \A r, q \in db.readyEntries : r.lane = q.lane /\ r.seq = q.seq => r = q

\* Otherwise a running or finished job has no body left to show or to run again.
BodiesRetained ==
  LET body(i, job, lease) ==
        \E r \in db.readyEntries : r.slot = i /\ r.job = job /\ r.lease = lease
  IN /\ \A c \in OpenReceipts(db) : body(c.ready, c.job, c.lease - 1)
     /\ \A t \in CompactFacts(db) : body(t.slot, t.job, t.lease - 1)
     /\ \A d \in db.doneEntries : body(d.slot, d.job, d.lease)

\* Otherwise the attempt of a live worker is forgotten: its job hangs, or is finished by nobody.
NoOpenReceiptTruncated ==
  [][\A c \in OpenReceipts(db) : Token(c) \in TokensOf(db'.leaseClaims)]_vars

\* Otherwise a job that nobody has run yet is lost.
NoPendingRowTruncated == [][\A r \in Pending(db) : r \in db'.readyEntries]_vars

------------------------------------------------------------------------------
(* Refinement: each job's place, read as the state that the contract names.   *)

ContractJob(s, e, j) ==
  LET at(state, rows) == [state |-> state, lease |-> (CHOOSE r \in rows : TRUE).lease]
      pending == {r \in Pending(s) : r.job = j}
      deferred == {d \in s.deferredJobs : d.job = j}
      open == {c \in OpenReceipts(s) : c.job = j}
      cancelled == {d \in s.doneEntries : d.job = j}
      completed == {t \in TerminalFacts(s) : t.job = j}
      dead == {d \in s.dlqEntries : d.job = j}
  IN CASE j \notin e.enqueued -> [state |-> "absent", lease |-> 0]
       [] pending # {}   -> at("ready", pending)
       [] deferred # {}  -> at("deferred", deferred)
       [] open # {}      -> at("running", open)
       [] cancelled # {} -> at("cancelled", cancelled)
       [] completed # {} -> at("completed", completed)
       [] dead # {}      -> at("dead", dead)
       [] OTHER          -> [state |-> "removed", lease |-> 0]

Said(ks, nth) == {[job |-> k.job, lease |-> k.lease, nth |-> nth] : k \in ks}

Contract == INSTANCE QueueContract
              WITH jobs <- [j \in Jobs |-> ContractJob(db, env, j)],
                   acks <- Said(env.acked, 1) \cup Said(env.reacked, 2)

KeepsContract == Contract!Spec
=============================================================================
