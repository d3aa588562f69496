-------------------------- MODULE SegmentedStorage --------------------------
(* Job storage in three rings of slots: rows are only appended, and reclaimed *)
(* by truncating a whole slot. Whether an attempt runs, ended or was lost is  *)
(* no column but a predicate over rows that are pruned on different schedules.*)
(* What is updated is small and goes with its attempt: leases, attempt state. *)
(* One field of db per table; env is what workers know and what history was.  *)
(* The property that matters: NoTokenTwice. Left out: payloads, priorities,   *)
(* counts, and interleavings inside one transaction.                          *)
EXTENDS Integers, FiniteSets, Sequences

CONSTANTS Jobs,         \* identities that producers may enqueue, each once
          Lanes,        \* (queue, priority, enqueue shard), each with its own lane_seq numbers
          QueueSlots,   \* slots of the queue ring
          ClaimSlots,   \* slots of the claim ring
          LeaseSlots,   \* slots of the lease ring
          Leases,       \* run leases that tokens range over
          MaxBatch,     \* longest batch of Enqueue, Claim and the completions
          MaxWait,      \* longest wait of a deferred job, in ticks
          Deadlines,    \* ticks from a claim to its deadline; NoDeadline is one of them, or all
          CallbackWait, \* ticks from parking an attempt to its timeout
          StaleAfter,   \* ticks of silence after which an attempt is stale
          MaxAttempts,  \* counted attempts after which a callback timeout gives a job up
          FailedFloor,  \* ticks for which a failed job outlives the pruning of its slot
          SameKey,      \* sets of jobs that carry the same unique key; the others carry none
          MaxSeq,       \* bound of the model: the last lane_seq of a lane
          Enabled       \* names of the actions that this configuration has

NoDeadline == 99
None == 99  \* no heartbeat, no timeout

ASSUME /\ QueueSlots \in Nat \ {0, 1} /\ ClaimSlots \in Nat \ {0, 1}
       /\ LeaseSlots \in Nat \ {0, 1} /\ MaxBatch \in Nat \ {0} /\ MaxWait \in Nat
       /\ Deadlines \subseteq 1 .. NoDeadline /\ CallbackWait \in 1 .. None - 1
       /\ StaleAfter \in 1 .. None - 1 /\ MaxAttempts \in Nat /\ MaxSeq \in Nat
       /\ FailedFloor \in Nat

VARIABLES db,   \* the database: a record with one field per table
          env   \* the world around it: tokens in workers' hands, and history

vars == <<db, env>>

Tokens == [job : Jobs, lease : Leases]
JobBatches == {b \in UNION {[1 .. n -> Jobs] : n \in 1 .. MaxBatch} :
                 \A i, k \in DOMAIN b : b[i] = b[k] => i = k}
TokenBatches == {ks \in SUBSET Tokens : Cardinality(ks) \in 1 .. MaxBatch}
Waits == 0 .. MaxWait

EmptyRing == [cur |-> 0, init |-> 1]
EmptyDb == [
  rings        |-> [queue |-> EmptyRing, claim |-> EmptyRing, lease |-> EmptyRing],
  laneHeads    |-> [l \in Lanes |-> [next |-> 1, cursor |-> 1]],
  readyEntries                |-> {},  \* [slot, lane, seq, job, lease, snoozes]
  readyTombstones             |-> {},  \* [slot, lane, seq]
  attemptEvidence             |-> {},  \* [slot, lane, through]
  doneEntries                 |-> {},  \* [slot, lane, seq, job, lease, state, age]
  receiptCompletionBatches    |-> {},  \* [slot, job, lease], one per member
  receiptCompletionTombstones |-> {},  \* [slot, job, lease]
  leaseClaims                 |-> {},  \* [slot, ready, lane, seq, job, lease, age, left]
  leaseClaimClosures          |-> {},  \* [slot, job, lease, outcome]
  leases                      |-> {},  \* [slot, job, lease, state, beat, left]
  attemptState                |-> {},  \* [job, lease, beat, progress]
  deferredJobs                |-> {},  \* [job, lease, lane, wait, snoozes]
  dlqEntries                  |-> {},  \* [job, lease, lane, snoozes]
  uniqueKeys                  |-> {}]  \* [job]: it holds the key that it carries

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

On(action) == action \in Enabled

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

(* An open attempt is lease-managed once it has a row that may be updated: from then on receipt *)
(* rescue and the fast completion leave it alone. Its receipt stays open beside the lease.      *)
LeaseOf(s, k) == {l \in s.leases : Token(l) = k}
LeaseManaged(s, k) == LeaseOf(s, k) # {}
Waiting(s, k) == \E l \in LeaseOf(s, k) : l.state = "waiting"
ReceiptOnly(s) == {c \in OpenReceipts(s) : ~LeaseManaged(s, Token(c))}
Running(s) == {c \in OpenReceipts(s) : ~Waiting(s, Token(c))}

\* Ticks since the attempt was last heard of: since its heartbeat, else since it was handed out.
Silence(s, c) ==
  LET beats == {a.beat : a \in {a \in s.attemptState : Token(a) = Token(c) /\ a.beat # None}}
  IN IF beats = {} THEN c.age ELSE Lowest(beats)
StaleReceipts(s) == {c \in ReceiptOnly(s) : Silence(s, c) = StaleAfter}

\* The jobs that carry the same key as this one, itself among them; none if it carries no key.
Peers(j) == UNION {g \in SameKey : j \in g}
KeyTaken(s, j) == \E u \in s.uniqueKeys : u.job \in Peers(j)

\* The snoozes in the ready row that a receipt handed out, which stays as long as the receipt is
\* open; where a wrong prune took it, none.
SnoozesOf(s, c) ==
  LET rows == {r \in s.readyEntries : r.slot = c.ready /\ r.lane = c.lane /\ r.seq = c.seq}
  IN IF rows = {} THEN 0 ELSE Lowest({r.snoozes : r \in rows})

Drained(s) == /\ \A i \in 0 .. QueueSlots - 1 : QueueSlotEmpty(s, i)
              /\ \A i \in 0 .. ClaimSlots - 1 : ClaimSlotEmpty(s, i)
              /\ s.leases = {} /\ s.attemptState = {}

------------------------------------------------------------------------------
(* Transformers: the tails that several actions share.                        *)

\* Appends entries [lane, job, lease, snoozes, order] to the tails of their lanes, in the
\* current slot.
AppendReady(s, es) ==
  LET before(e) == {f \in es : f.lane = e.lane /\ f.order < e.order}
      row(e) == [slot |-> s.rings.queue.cur, lane |-> e.lane,
                 seq |-> s.laneHeads[e.lane].next + Cardinality(before(e)),
                 job |-> e.job, lease |-> e.lease, snoozes |-> e.snoozes]
      added(l) == Cardinality({e \in es : e.lane = l})
  IN [s EXCEPT !.readyEntries = @ \cup {row(e) : e \in es},
               !.laneHeads = [l \in Lanes |-> [@[l] EXCEPT !.next = @ + added(l)]]]

\* Writes the explicit proof that these receipts' attempts are over.
CloseReceipts(s, cs, outcome) ==
  [s EXCEPT !.leaseClaimClosures = @ \cup
    {[slot |-> c.slot, job |-> c.job, lease |-> c.lease, outcome |-> outcome] : c \in cs}]

\* What an attempt kept in rows that may be updated goes with it.
DropAttempts(s, ks) == [s EXCEPT !.leases = {l \in @ : Token(l) \notin ks},
                                 !.attemptState = {a \in @ : Token(a) \notin ks}]

\* Ends the attempts of these receipts with an explicit closure.
EndAttempts(s, cs, outcome) == DropAttempts(CloseReceipts(s, cs, outcome), TokensOf(cs))

\* The jobs of these receipts go back to the tails of their lanes.
Reappend(s, cs) ==
  AppendReady(s, {[lane |-> c.lane, job |-> c.job, lease |-> c.lease,
                   snoozes |-> SnoozesOf(s, c), order |-> c.seq] : c \in cs})

\* The jobs of these receipts come back after a wait.
Defer(s, cs, wait, more) ==
  [s EXCEPT !.deferredJobs = @ \cup
    {[job |-> c.job, lease |-> c.lease, lane |-> c.lane, wait |-> wait,
      snoozes |-> SnoozesOf(s, c) + more] : c \in cs}]

\* A job holds its key as long as it is alive: from enqueue, and again from readmission, ...
TakeKeys(s, js) ==
  [s EXCEPT !.uniqueKeys = @ \cup {[job |-> j] : j \in {i \in js : Peers(i) # {}}}]
\* ... until it ends, in whatever way.
ReleaseKeys(s, js) == [s EXCEPT !.uniqueKeys = {u \in @ : u.job \notin js}]

\* The jobs of these receipts are kept aside for an administrator.
Bury(s, cs) ==
  [ReleaseKeys(s, JobsOf(cs)) EXCEPT !.dlqEntries = @ \cup
    {[job |-> c.job, lease |-> c.lease, lane |-> c.lane, snoozes |-> SnoozesOf(s, c)] :
      c \in cs}]

\* A terminal fact for each of these receipts, beside the ready row that keeps the body.
Conclude(s, cs, state) ==
  [ReleaseKeys(s, JobsOf(cs)) EXCEPT !.doneEntries = @ \cup
    {[slot |-> c.ready, lane |-> c.lane, seq |-> c.seq, job |-> c.job, lease |-> c.lease,
      state |-> state, age |-> 0] : c \in cs}]

\* A worker was told that its calls ended these attempts.
Acknowledge(e, ks) == [e EXCEPT !.acked = @ \cup ks, !.reacked = @ \cup (ks \cap e.acked)]

\* A worker was told that these tokens are over: it lets go of them.
LearnStale(e, ks) == [e EXCEPT !.held = @ \ ks]

\* These jobs are over for whoever asks; until an administrator takes it back, they stay so.
Finish(e, ks) == [e EXCEPT !.finished = @ \cup ks]
Unfinish(e, job) == [e EXCEPT !.finished = {f \in @ : f.job # job}]

\* What a worker learns from a call on one token: it was over, or the call ended the attempt.
Learn(e, k, receipts) == IF receipts = {} THEN LearnStale(e, {k}) ELSE Acknowledge(e, {k})

\* History went away with a named step.
Remove(e, js, by) == [e EXCEPT !.removed = @ \cup {[job |-> j, by |-> by] : j \in js}]

------------------------------------------------------------------------------
(* Producers                                                                  *)

\* A batch of new jobs goes to the tail of one lane, or waits among the deferred ones; jobs whose
\* key is taken, by a living job or by one before them in the batch, are turned away.
Enqueue(lane, batch, wait) ==
  LET first(i) == \A k \in 1 .. i - 1 : batch[k] \notin Peers(batch[i])
      open == {i \in DOMAIN batch : ~KeyTaken(db, batch[i]) /\ first(i)}
      js == {batch[i] : i \in open}
      ready == {[lane |-> lane, job |-> batch[i], lease |-> 0, snoozes |-> 0, order |-> i] :
                i \in open}
      deferred == {[job |-> j, lease |-> 0, lane |-> lane, wait |-> wait, snoozes |-> 0] : j \in js}
  IN /\ On("Enqueue")
     /\ {batch[i] : i \in DOMAIN batch} \cap env.enqueued = {}
     /\ js # {}
     /\ LET keyed == TakeKeys(db, js)
        IN db' = IF wait = 0 THEN AppendReady(keyed, ready)
                 ELSE [keyed EXCEPT !.deferredJobs = @ \cup deferred]
     /\ env' = [env EXCEPT !.enqueued = @ \cup js]

\* A deferred job whose time has come moves to its lane's tail.
PromoteDeferred(job) ==
  LET due == {d \in db.deferredJobs : d.job = job /\ d.wait = 0}
      ready == {[lane |-> d.lane, job |-> d.job, lease |-> d.lease, snoozes |-> d.snoozes,
                 order |-> 0] : d \in due}
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
Claim(lane, n, deadline) ==
  LET rows == Claimable(db, lane, n)
      receipts == {[slot |-> db.rings.claim.cur, ready |-> r.slot, lane |-> lane, seq |-> r.seq,
                    job |-> r.job, lease |-> r.lease + 1, age |-> 0, left |-> deadline] :
                     r \in rows}
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
(* Attempt: a worker, or the outside world, speaks of an attempt that goes on *)

\* Heard of now: in the lease of a lease-managed attempt, else in the attempt's state.
Heartbeat(k) ==
  LET receipts == {c \in Running(db) : Token(c) = k}
      old == {a \in db.attemptState : Token(a) = k}
      progress == IF old = {} THEN 0 ELSE (CHOOSE a \in old : TRUE).progress
      heard == [job |-> k.job, lease |-> k.lease, beat |-> 0, progress |-> progress]
  IN /\ On("Heartbeat")
     /\ k \in env.held
     /\ Waiting(db, k) = FALSE
     /\ db' = IF receipts = {} THEN db
              ELSE IF LeaseManaged(db, k)
              THEN [db EXCEPT !.leases =
                      {IF Token(l) = k THEN [l EXCEPT !.beat = 0] ELSE l : l \in @}]
              ELSE [db EXCEPT !.attemptState = (@ \ old) \cup {heard}]
     /\ env' = IF receipts = {} THEN LearnStale(env, {k}) ELSE env

\* How far the attempt has come; it says nothing about when.
FlushProgress(k) ==
  LET receipts == {c \in Running(db) : Token(c) = k}
      old == {a \in db.attemptState : Token(a) = k}
      beat == IF old = {} THEN None ELSE (CHOOSE a \in old : TRUE).beat
      flushed == [job |-> k.job, lease |-> k.lease, beat |-> beat, progress |-> 1]
  IN /\ On("FlushProgress")
     /\ k \in env.held
     /\ Waiting(db, k) = FALSE
     /\ db' = IF receipts = {} THEN db
              ELSE [db EXCEPT !.attemptState = (@ \ old) \cup {flushed}]
     /\ env' = IF receipts = {} THEN LearnStale(env, {k}) ELSE env

\* Parks a running attempt until the outside world calls back. A wait needs a row that may be
\* updated: a receipt-only attempt becomes lease-managed here, in the current lease slot. Its state
\* is where calls look first, to find out whether there is a lease.
ParkForCallback(k) ==
  LET receipts == {c \in Running(db) : Token(c) = k}
      old == LeaseOf(db, k)
      slot == IF old = {} THEN db.rings.lease.cur ELSE (CHOOSE l \in old : TRUE).slot
      parked == [slot |-> slot, job |-> k.job, lease |-> k.lease, state |-> "waiting",
                 beat |-> None, left |-> CallbackWait]
      before == {a \in db.attemptState : Token(a) = k}
      progress == IF before = {} THEN 0 ELSE (CHOOSE a \in before : TRUE).progress
      silent == [job |-> k.job, lease |-> k.lease, beat |-> None, progress |-> progress]
  IN /\ On("ParkForCallback")
     /\ k \in env.held
     /\ Waiting(db, k) = FALSE
     /\ db' = IF receipts = {} THEN db
              ELSE [db EXCEPT !.leases = (@ \ old) \cup {parked},
                              !.attemptState = (@ \ before) \cup {silent}]
     /\ env' = IF receipts = {} THEN LearnStale(env, {k}) ELSE env

\* The callback came: the attempt goes on under the same run lease.
ResumeCallback(k) ==
  LET resumed(l) == IF Token(l) = k
                    THEN [l EXCEPT !.state = "running", !.beat = 0, !.left = None] ELSE l
  IN /\ On("ResumeCallback")
     /\ Waiting(db, k) = TRUE
     /\ db' = [db EXCEPT !.leases = {resumed(l) : l \in @}]
     /\ UNCHANGED env

------------------------------------------------------------------------------
(* Finish: every action takes tokens that a worker holds, and says of each    *)
(* whether it ended the attempt, was stale, or waits for a callback.          *)

\* One compact row in the slot of the ready rows is the closed evidence of the whole batch.
CompleteReceipts(s, receipts) ==
  [ReleaseKeys(DropAttempts(s, TokensOf(receipts)), JobsOf(receipts)) EXCEPT
     !.receiptCompletionBatches = @ \cup
       {[slot |-> c.ready, job |-> c.job, lease |-> c.lease] : c \in receipts}]

\* A lease-managed attempt needs its own terminal row and closure.
CompleteLeases(s, receipts) ==
  Conclude(EndAttempts(s, receipts, "completed"), receipts, "completed")

Completed(e, ks, ok) ==
  Finish(Acknowledge(LearnStale(e, {k \in ks \ ok : k \notin TokensOf(OpenReceipts(db))}), ok), ok)

CompleteFast(ks) ==
  LET receipts == {c \in ReceiptOnly(db) : Token(c) \in ks}
  IN /\ On("CompleteFast")
     /\ ks \subseteq env.held
     /\ db' = CompleteReceipts(db, receipts)
     /\ env' = Completed(env, ks, TokensOf(receipts))

CompleteSlow(ks) ==
  LET receipts == {c \in Running(db) \ ReceiptOnly(db) : Token(c) \in ks}
  IN /\ On("CompleteSlow")
     /\ ks \subseteq env.held
     /\ db' = CompleteLeases(db, receipts)
     /\ env' = Completed(env, ks, TokensOf(receipts))

\* What workers call: what the fast path refuses as lease-managed takes the slow one.
Complete(ks) ==
  LET receipts == {c \in Running(db) : Token(c) \in ks}
      fast == receipts \cap ReceiptOnly(db)
  IN /\ On("Complete")
     /\ ks \subseteq env.held
     /\ db' = CompleteLeases(CompleteReceipts(db, fast), receipts \ fast)
     /\ env' = Completed(env, ks, TokensOf(receipts))

\* The attempt failed; the job comes back after a wait, with an explicit closure of this attempt.
Retry(k, wait) ==
  LET receipts == {c \in Running(db) : Token(c) = k}
  IN /\ On("Retry")
     /\ k \in env.held
     /\ Waiting(db, k) = FALSE
     /\ db' = Defer(EndAttempts(db, receipts, "retried"), receipts, wait, 0)
     /\ env' = Learn(env, k, receipts)

\* The worker puts the job off; the attempt does not count towards MaxAttempts.
Snooze(k, wait) ==
  LET receipts == {c \in Running(db) : Token(c) = k}
  IN /\ On("Snooze")
     /\ k \in env.held
     /\ Waiting(db, k) = FALSE
     /\ db' = Defer(EndAttempts(db, receipts, "snoozed"), receipts, wait, 1)
     /\ env' = Learn(env, k, receipts)

\* The attempt failed and the job with it; the fact stays in its slot.
Fail(k) ==
  LET receipts == {c \in Running(db) : Token(c) = k}
  IN /\ On("Fail")
     /\ k \in env.held
     /\ Waiting(db, k) = FALSE
     /\ db' = Conclude(EndAttempts(db, receipts, "failed"), receipts, "failed")
     /\ env' = Finish(Learn(env, k, receipts), TokensOf(receipts))

\* The attempt failed for good; the job is kept aside for an administrator.
FailToDlq(k) ==
  LET receipts == {c \in Running(db) : Token(c) = k}
  IN /\ On("FailToDlq")
     /\ k \in env.held
     /\ Waiting(db, k) = FALSE
     /\ db' = Bury(EndAttempts(db, receipts, "deadLettered"), receipts)
     /\ env' = Learn(env, k, receipts)

------------------------------------------------------------------------------
(* Rescue: attempts that nobody will end are ended, one slot at a time.       *)

\* Stale receipt-only attempts of one claim slot are closed and their jobs appended again.
RescueStaleReceipts(slot) ==
  LET receipts == In(slot, StaleReceipts(db))
  IN /\ On("RescueStaleReceipts")
     /\ receipts # {}
     /\ db' = Reappend(EndAttempts(db, receipts, "rescued"), receipts)
     /\ UNCHANGED env

\* Receipt-only attempts past their deadline, whether their workers are heard of or not.
RescueExpiredDeadlines(slot) ==
  LET receipts == In(slot, {c \in ReceiptOnly(db) : c.left = 0})
  IN /\ On("RescueExpiredDeadlines")
     /\ receipts # {}
     /\ db' = Reappend(EndAttempts(db, receipts, "deadlineExpired"), receipts)
     /\ UNCHANGED env

\* The receipts behind the leases of one lease slot for which the test holds.
Behind(s, slot, Test(_)) ==
  {c \in OpenReceipts(s) : \E l \in LeaseOf(s, Token(c)) : l.slot = slot /\ Test(l)}

StaleLease(l) == l.state = "running" /\ l.beat = StaleAfter

RescueStaleLeases(slot) ==
  LET receipts == Behind(db, slot, StaleLease)
  IN /\ On("RescueStaleLeases")
     /\ receipts # {}
     /\ db' = Reappend(EndAttempts(db, receipts, "rescued"), receipts)
     /\ UNCHANGED env

AnyLease(l) == TRUE

\* A deadline bounds the whole attempt, its callback waits included.
RescueExpiredLeaseDeadlines(slot) ==
  LET receipts == {c \in Behind(db, slot, AnyLease) : c.left = 0}
  IN /\ On("RescueExpiredLeaseDeadlines")
     /\ receipts # {}
     /\ db' = Reappend(EndAttempts(db, receipts, "deadlineExpired"), receipts)
     /\ UNCHANGED env

TimedOut(l) == l.state = "waiting" /\ l.left = 0

\* Attempts that count: a snoozed one does not.
Exhausted(s, c) == c.lease - SnoozesOf(s, c) >= MaxAttempts

\* The callback never came: the job goes to its lane, or waits, or is given up after MaxAttempts.
RescueCallbackTimeouts(slot, wait) ==
  LET receipts == Behind(db, slot, TimedOut)
      given == {c \in receipts : Exhausted(db, c)}
      ended == Bury(EndAttempts(db, receipts, "callbackTimedOut"), given)
  IN /\ On("RescueCallbackTimeouts")
     /\ receipts # {}
     /\ db' = IF wait = 0 THEN Reappend(ended, receipts \ given)
              ELSE Defer(ended, receipts \ given, wait, 0)
     /\ UNCHANGED env

------------------------------------------------------------------------------
(* Terminal: an administrator takes back the public fact that a job ended.    *)

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

\* The job of a terminal row, as an arrival at the tail of its lane.
Again(s, d) == [lane |-> d.lane, job |-> d.job, lease |-> d.lease, order |-> 0,
                snoozes |-> SnoozesOf(s, [ready |-> d.slot, lane |-> d.lane, seq |-> d.seq])]

\* Not while somebody else holds the key of the job that is to come back.
MayReturn(s, job) == ~KeyTaken(s, job)

\* A failed or cancelled job gets another chance; its run leases go on where they were.
RetryFromTerminal(job) ==
  LET done == {d \in db.doneEntries : d.job = job /\ d.state # "completed"}
      kept == CloseReceipts(db, Orphaned(db, done), "terminalRemoved")
  IN /\ On("RetryFromTerminal")
     /\ done # {}
     /\ MayReturn(db, job) = TRUE
     /\ db' = AppendReady([TakeKeys(kept, {job}) EXCEPT !.doneEntries = @ \ done],
                          {Again(db, d) : d \in done})
     /\ env' = Unfinish(env, job)

\* A failed job is put aside, out of its slot.
FailedToDlq(job) ==
  LET done == {d \in db.doneEntries : d.job = job /\ d.state = "failed"}
      dead(d) == [job |-> d.job, lease |-> d.lease, lane |-> d.lane,
                  snoozes |-> Again(db, d).snoozes]
      kept == CloseReceipts(db, Orphaned(db, done), "terminalRemoved")
  IN /\ On("FailedToDlq")
     /\ done # {}
     /\ db' = [kept EXCEPT !.doneEntries = @ \ done,
                           !.dlqEntries = @ \cup {dead(d) : d \in done}]
     /\ env' = Unfinish(env, job)

------------------------------------------------------------------------------
(* Admin                                                                      *)

\* A lane row that must not be handed out any more.
Bar(s, rows) == [s EXCEPT !.readyTombstones = @ \cup
                   {[slot |-> r.slot, lane |-> r.lane, seq |-> r.seq] : r \in rows}]

\* Cancelling a pending job spends its lane row and leaves a terminal fact.
CancelReady(job) ==
  LET rows == {r \in Pending(db) : r.job = job}
  IN /\ On("CancelReady")
     /\ rows # {}
     /\ db' = [ReleaseKeys(Bar(db, rows), {job}) EXCEPT
          !.doneEntries = @ \cup {[slot |-> r.slot, lane |-> r.lane, seq |-> r.seq, job |-> r.job,
                                   lease |-> r.lease, state |-> "cancelled", age |-> 0] :
                                    r \in rows}]
     /\ env' = Finish(env, TokensOf(rows))

\* Cancelling a running attempt, parked or not; its worker will find its token stale.
CancelRunning(job) ==
  LET receipts == {c \in OpenReceipts(db) : c.job = job}
  IN /\ On("CancelRunning")
     /\ receipts # {}
     /\ db' = Conclude(EndAttempts(db, receipts, "cancelled"), receipts, "cancelled")
     /\ env' = Finish(env, TokensOf(receipts))

\* Reprioritise, or move to another queue: the old lane row is spent, a new one appended.
MoveReady(job, lane) ==
  LET rows == {r \in Pending(db) : r.job = job /\ r.lane # lane}
  IN /\ On("MoveReady")
     /\ rows # {}
     /\ db' = AppendReady(Bar(db, rows),
                {[lane |-> lane, job |-> r.job, lease |-> r.lease, snoozes |-> r.snoozes,
                  order |-> 0] : r \in rows})
     /\ UNCHANGED env

\* A dead job is given up for good.
PurgeDlq(job) ==
  /\ On("PurgeDlq")
  /\ job \in JobsOf(db.dlqEntries)
  /\ db' = [db EXCEPT !.dlqEntries = {d \in @ : d.job # job}]
  /\ env' = Remove(env, {job}, "PurgeDlq")

\* The run lease a readmitted job goes on with.
ReadmittedLease(d) == d.lease

RetryFromDlq(job) ==
  LET dead == {d \in db.dlqEntries : d.job = job}
      ready == {[lane |-> d.lane, job |-> job, lease |-> ReadmittedLease(d),
                 snoozes |-> d.snoozes, order |-> 0] : d \in dead}
  IN /\ On("RetryFromDlq")
     /\ dead # {}
     /\ MayReturn(db, job) = TRUE
     /\ db' = AppendReady([TakeKeys(db, {job}) EXCEPT !.dlqEntries = @ \ dead], ready)
     /\ UNCHANGED env

------------------------------------------------------------------------------
(* Rings                                                                      *)

\* New rows go to the next slot, once it is empty.
RotateQueue ==
  /\ On("RotateQueue")
  /\ QueueSlotEmpty(db, NextSlot(db.rings.queue, QueueSlots))
  /\ db' = [db EXCEPT !.rings.queue = Rotated(@, QueueSlots)]
  /\ UNCHANGED env

\* New receipts go to the next slot, once it is empty.
RotateClaims ==
  /\ On("RotateClaims")
  /\ ClaimSlotEmpty(db, NextSlot(db.rings.claim, ClaimSlots))
  /\ db' = [db EXCEPT !.rings.claim = Rotated(@, ClaimSlots)]
  /\ UNCHANGED env

\* Leases are updated and deleted, so an empty slot may be full of dead rows: init counts the slots
\* in use since they were truncated, and only a truncated one is used again.
RotateLeases ==
  /\ On("RotateLeases")
  /\ db.rings.lease.init < LeaseSlots
  /\ db' = [db EXCEPT !.rings.lease = Rotated(@, LeaseSlots)]
  /\ UNCHANGED env

\* Receipts whose only proof of an end may lie in this queue slot.
UnclosedRefs(s, i) == {c \in s.leaseClaims : c.ready = i /\ ~ClosedExplicitly(s, Token(c))}

\* Failed jobs that somebody may still want to retry.
Young(d) == d.state = "failed" /\ d.age < FailedFloor
Kept(s, i) == {d \in In(i, s.doneEntries) : Young(d)}

\* They move to the tails of their lanes in the current slot: the row with the body, spent from the
\* beginning, and the fact beside it.
CarryForward(s, before, ds) ==
  LET body(d) == CHOOSE r \in before.readyEntries :
                   r.slot = d.slot /\ r.lane = d.lane /\ r.seq = d.seq
      appended == AppendReady(s, {[lane |-> d.lane, job |-> d.job, lease |-> body(d).lease,
                                   snoozes |-> body(d).snoozes, order |-> d.seq] : d \in ds})
      rows == appended.readyEntries \ s.readyEntries
      row(d) == CHOOSE r \in rows : r.job = d.job
  IN [Bar(appended, rows) EXCEPT
        !.doneEntries = @ \cup {[d EXCEPT !.slot = row(d).slot, !.seq = row(d).seq] : d \in ds}]

CanPruneQueue(s, i) == UnclosedRefs(s, i) = {} /\ In(i, Pending(s)) = {}

\* The oldest slot is truncated once none of its rows is pending and no receipt relies on it; young
\* failed jobs move on first.
PruneQueue ==
  LET i == OldestSlot(db.rings.queue, QueueSlots)
      keep(rows) == {r \in rows : r.slot # i}
  IN /\ On("PruneQueue")
     /\ db.rings.queue.init > 1
     /\ ~QueueSlotEmpty(db, i)
     /\ CanPruneQueue(db, i) = TRUE
     /\ LET rest == [db EXCEPT !.readyEntries = keep(@), !.readyTombstones = keep(@),
                               !.attemptEvidence = keep(@), !.doneEntries = keep(@),
                               !.receiptCompletionBatches = keep(@),
                               !.receiptCompletionTombstones = keep(@)]
        IN db' = CarryForward(rest, db, Kept(db, i))
     /\ env' = Remove(env, JobsOf(In(i, TerminalFacts(db))) \ JobsOf(Kept(db, i)), "PruneQueue")

CanPruneLeases(s, i) == In(i, s.leases) = {}

\* The oldest slot is truncated once no lease is in it.
PruneLeases ==
  /\ On("PruneLeases")
  /\ db.rings.lease.init > 1
  /\ CanPruneLeases(db, OldestSlot(db.rings.lease, LeaseSlots)) = TRUE
  /\ db' = [db EXCEPT !.rings.lease.init = @ - 1]
  /\ UNCHANGED env

CanPruneClaims(s, i) == In(i, OpenReceipts(s)) = {}

\* The oldest slot is truncated once none of its attempts is open.
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

Older(n) == IF n < StaleAfter THEN n + 1 ELSE n
Sooner(n) == IF n > 0 /\ n # None THEN n - 1 ELSE n

\* Time passes: every silence gets longer, every wait and every deadline comes nearer.
PassTime ==
  LET claim(c) == [c EXCEPT !.age = Older(@), !.left = Sooner(@)]
      lease(l) == [l EXCEPT !.beat = Older(@), !.left = Sooner(@)]
      state(a) == [a EXCEPT !.beat = Older(@)]
      deferred(d) == [d EXCEPT !.wait = Sooner(@)]
      done(d) == IF Young(d) THEN [d EXCEPT !.age = @ + 1] ELSE d
      later == [db EXCEPT !.leaseClaims = {claim(c) : c \in @}, !.leases = {lease(l) : l \in @},
                          !.attemptState = {state(a) : a \in @},
                          !.deferredJobs = {deferred(d) : d \in @},
                          !.doneEntries = {done(d) : d \in @}]
  IN /\ On("PassTime")
     /\ later # db
     /\ db' = later
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
  \/ \E lane \in Lanes, n \in 1 .. MaxBatch, deadline \in Deadlines : Claim(lane, n, deadline)
  \/ \E lane \in Lanes : AdvanceClaimCursor(lane)
  \/ \E k \in Tokens : Heartbeat(k)
  \/ \E k \in Tokens : FlushProgress(k)
  \/ \E k \in Tokens : ParkForCallback(k)
  \/ \E k \in Tokens : ResumeCallback(k)
  \/ \E ks \in TokenBatches : CompleteFast(ks)
  \/ \E ks \in TokenBatches : CompleteSlow(ks)
  \/ \E ks \in TokenBatches : Complete(ks)
  \/ \E k \in Tokens, wait \in Waits : Retry(k, wait)
  \/ \E k \in Tokens, wait \in Waits : Snooze(k, wait)
  \/ \E k \in Tokens : Fail(k)
  \/ \E k \in Tokens : FailToDlq(k)
  \/ \E slot \in 0 .. ClaimSlots - 1 : RescueStaleReceipts(slot)
  \/ \E slot \in 0 .. ClaimSlots - 1 : RescueExpiredDeadlines(slot)
  \/ \E slot \in 0 .. LeaseSlots - 1 : RescueStaleLeases(slot)
  \/ \E slot \in 0 .. LeaseSlots - 1 : RescueExpiredLeaseDeadlines(slot)
  \/ \E slot \in 0 .. LeaseSlots - 1, wait \in Waits : RescueCallbackTimeouts(slot, wait)
  \/ \E job \in Jobs : DiscardTerminal(job)
  \/ \E job \in Jobs : RetryFromTerminal(job)
  \/ \E job \in Jobs : FailedToDlq(job)
  \/ \E job \in Jobs : CancelReady(job)
  \/ \E job \in Jobs : CancelRunning(job)
  \/ \E job \in Jobs, lane \in Lanes : MoveReady(job, lane)
  \/ \E job \in Jobs : PurgeDlq(job)
  \/ \E job \in Jobs : RetryFromDlq(job)
  \/ RotateQueue
  \/ RotateClaims
  \/ RotateLeases
  \/ PruneQueue
  \/ PruneClaims
  \/ PruneLeases
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
     /\ \A d \in db.doneEntries :
          \E r \in db.readyEntries :
            r.slot = d.slot /\ r.lane = d.lane /\ r.seq = d.seq /\ r.job = d.job

\* Otherwise an attempt has a second life in rows that its end should have taken along.
LeasesAreOpen ==
  \A k \in TokensOf(db.leases) \cup TokensOf(db.attemptState) : k \in TokensOf(OpenReceipts(db))

\* Otherwise a lease is not found by those who look into the attempt's state for it.
LeasesHaveState == \A l \in db.leases : Token(l) \in TokensOf(db.attemptState)

\* Otherwise two rows disagree about whether an attempt runs or waits.
OneLeasePerToken == \A l, m \in db.leases : Token(l) = Token(m) => l = m

\* Otherwise nobody can enqueue that work again, or a second job does it beside the first.
KeysHeldByTheLiving ==
  LET living == JobsOf(Pending(db) \cup db.deferredJobs \cup OpenReceipts(db))
  IN JobsOf(db.uniqueKeys) = {j \in living : Peers(j) # {}}

\* Otherwise the attempt of a live worker is forgotten: its job hangs, or is finished by nobody.
NoOpenReceiptTruncated ==
  [][\A c \in OpenReceipts(db) : Token(c) \in TokensOf(db'.leaseClaims)]_vars

\* Otherwise a job that nobody has run yet is lost.
NoPendingRowTruncated == [][\A r \in Pending(db) : r \in db'.readyEntries]_vars

\* Otherwise an operator finds a failed job gone before the time in which it may be retried.
NoYoungFailurePruned ==
  [][\A d \in db.doneEntries :
       Young(d) => [job |-> d.job, by |-> "PruneQueue"] \notin env'.removed]_vars

------------------------------------------------------------------------------
(* Refinement: each job's place, read as the state that the contract names.   *)

ContractJob(s, e, j) ==
  LET at(state, rows) == [state |-> state, lease |-> (CHOOSE r \in rows : TRUE).lease]
      pending == {r \in Pending(s) : r.job = j}
      deferred == {d \in s.deferredJobs : d.job = j}
      open == {c \in OpenReceipts(s) : c.job = j}
      waiting == {c \in open : Waiting(s, Token(c))}
      cancelled == {d \in s.doneEntries : d.job = j /\ d.state = "cancelled"}
      failed == {d \in s.doneEntries : d.job = j /\ d.state = "failed"}
      completed == {t \in TerminalFacts(s) : t.job = j}
      dead == {d \in s.dlqEntries : d.job = j}
  IN CASE j \notin e.enqueued -> [state |-> "absent", lease |-> 0]
       [] pending # {}   -> at("ready", pending)
       [] deferred # {}  -> at("deferred", deferred)
       [] waiting # {}   -> at("waiting", waiting)
       [] open # {}      -> at("running", open)
       [] cancelled # {} -> at("cancelled", cancelled)
       [] failed # {}    -> at("failed", failed)
       [] completed # {} -> at("completed", completed)
       [] dead # {}      -> at("dead", dead)
       [] OTHER          -> [state |-> "removed", lease |-> 0]

Said(ks, nth) == {[job |-> k.job, lease |-> k.lease, nth |-> nth] : k \in ks}

Contract == INSTANCE QueueContract
              WITH jobs <- [j \in Jobs |-> ContractJob(db, env, j)],
                   acks <- Said(env.acked, 1) \cup Said(env.reacked, 2)

KeepsContract == Contract!Spec
=============================================================================
