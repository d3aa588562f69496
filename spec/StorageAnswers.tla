--------------------------- MODULE StorageAnswers ---------------------------
(* What each call of SegmentedStorage answers in the state in which it is     *)
(* made, whoever makes it. The actions of the model say what a success does;  *)
(* here is what callers are told, refusals included.                          *)
EXTENDS SegmentedStorage

Unknown == "unknown"  \* what a caller was told who was told nothing
Word(w) == [result |-> w]
Range(list) == {list[i] : i \in DOMAIN list}

If(possible, yes, no) == Word(IF possible THEN yes ELSE no)

\* Of the attempt, as the calls of its worker find it.
Phase(k) == IF k \notin TokensOf(OpenReceipts(db)) THEN "stale"
            ELSE IF Waiting(db, k) THEN "waiting"
            ELSE IF LeaseManaged(db, k) THEN "running" ELSE "receiptOnly"
Going(k, yes) == Word(IF Phase(k) \in {"running", "receiptOnly"} THEN yes ELSE Phase(k))

Path == [CompleteFast |-> [receiptOnly |-> "completed", running |-> "leaseManaged",
                           waiting |-> "leaseManaged", stale |-> "stale"],
         CompleteSlow |-> [receiptOnly |-> "receiptOnly", running |-> "completed",
                           waiting |-> "waiting", stale |-> "stale"],
         Complete     |-> [receiptOnly |-> "completed", running |-> "completed",
                           waiting |-> "waiting", stale |-> "stale"]]

\* Of a token that is in the batch twice, the first ends the attempt.
Each(path, ks) == [i \in DOMAIN ks |->
                     LET word == path[Phase(ks[i])]
                     IN IF word = "completed" /\ \E h \in 1 .. i - 1 : ks[h] = ks[i]
                        THEN "stale" ELSE word]

RECURSIVE Welcome(_, _)
Welcome(batch, rest) ==
  IF rest = <<>> THEN <<>>
  ELSE LET job == Head(rest)
           before == {batch[i] : i \in 1 .. Len(batch) - Len(rest)}
           open == ~KeyTaken(db, job) /\ before \cap Peers(job) = {}
       IN (IF open THEN <<job>> ELSE <<>>) \o Welcome(batch, Tail(rest))

\* The receipts that a rescue finds.
Found(action, slot) ==
  CASE action = "RescueStaleReceipts" -> In(slot, StaleReceipts(db))
    [] action = "RescueExpiredDeadlines" -> In(slot, {c \in ReceiptOnly(db) : c.left = 0})
    [] action = "RescueStaleLeases" -> Behind(db, slot, StaleLease)
    [] action = "RescueExpiredLeaseDeadlines" -> {c \in Behind(db, slot, AnyLease) : c.left = 0}
    [] action = "RescueCallbackTimeouts" -> Behind(db, slot, TimedOut)
Rescued(cs) == IF cs = {} THEN Word("noop")
               ELSE [result |-> "rescued", tokens |-> TokensOf(cs)]

QueueTables == {"readyEntries", "readyTombstones", "attemptEvidence", "doneEntries",
                "receiptCompletionBatches", "receiptCompletionTombstones"}
ClaimTables == {"leaseClaims", "leaseClaimClosures"}
Occupied(tables, i) == {t \in tables : In(i, db[t]) # {}}
Rotates(busy) == IF busy = {} THEN Word("rotated")
                 ELSE [result |-> "skippedBusy", which |-> busy]
Active(reason) == [result |-> "skippedActive", reason |-> reason]

PruneQueueSays ==
  LET i == OldestSlot(db.rings.queue, QueueSlots)
      refs == UnclosedRefs(db, i)
      leased == \E c \in OpenReceipts(db) : c.ready = i /\ LeaseManaged(db, Token(c))
  IN IF db.rings.queue.init = 1 \/ QueueSlotEmpty(db, i) THEN Word("noop")
     ELSE IF leased THEN Active("queueActiveLeases")
     ELSE IF refs # {} THEN Active("queueUnclosedClaimRefs")
     ELSE IF In(i, Pending(db)) # {} THEN Active("queuePendingReady")
     ELSE Word("pruned")

PruneClaimsSays ==
  LET i == OldestSlot(db.rings.claim, ClaimSlots)
  IN IF db.rings.claim.init = 1 \/ ClaimSlotEmpty(db, i) THEN Word("noop")
     ELSE IF In(i, OpenReceipts(db)) # {} THEN Active("claimOpen") ELSE Word("pruned")

PruneLeasesSays ==
  IF db.rings.lease.init = 1 THEN Word("noop")
  ELSE IF In(OldestSlot(db.rings.lease, LeaseSlots), db.leases) # {} THEN Active("leaseLive")
  ELSE Word("pruned")

Done(job, states) == {d \in db.doneEntries : d.job = job /\ d.state \in states}
Returns(possible, no, job) == IF ~possible THEN Word(no)
                              ELSE If(MayReturn(db, job), "readmitted", "uniqueConflict")

Says(action, a) ==
  CASE action = "Enqueue" ->
         LET js == Welcome(a.batch, a.batch)
         IN IF a.batch = <<>> THEN Word("empty")
            ELSE IF js = <<>> THEN Word("uniqueConflict")
            ELSE [result |-> "enqueued", jobs |-> js]
    [] action = "PromoteDeferred" ->
         LET ds == {d \in db.deferredJobs : d.job = a.job}
         IN IF ds = {} THEN Word("notDeferred")
            ELSE If(\A d \in ds : d.wait = 0, "promoted", "notDue")
    [] action = "Claim" ->
         LET rows == Claimable(db, a.lane, a.n)
         IN IF rows = {} THEN Word("empty")
            ELSE [result |-> "claimed",
                  tokens |-> {[job |-> r.job, lease |-> r.lease + 1] : r \in rows}]
    [] action = "AdvanceClaimCursor" ->
         LET seq == FirstUnspent(db, a.lane)
         IN IF seq > db.laneHeads[a.lane].cursor THEN [result |-> "advanced", cursor |-> seq]
            ELSE Word("noop")
    [] action = "Heartbeat" -> Going(a.token, "recorded")
    [] action = "FlushProgress" -> Going(a.token, "flushed")
    [] action = "ParkForCallback" -> Going(a.token, "parked")
    [] action = "ResumeCallback" -> If(Waiting(db, a.token), "resumed", "notWaiting")
    [] action \in DOMAIN Path ->
         IF a.tokens = <<>> THEN Word("empty")
         ELSE [result |-> "answered", each |-> Each(Path[action], a.tokens)]
    [] action = "Retry" -> Going(a.token, "retried")
    [] action = "Snooze" -> Going(a.token, "snoozed")
    [] action = "Fail" -> Going(a.token, "failed")
    [] action = "FailToDlq" -> Going(a.token, "deadLettered")
    [] action \in {"RescueStaleReceipts", "RescueExpiredDeadlines", "RescueStaleLeases",
                   "RescueExpiredLeaseDeadlines", "RescueCallbackTimeouts"} ->
         Rescued(Found(action, a.slot))
    [] action = "DiscardTerminal" ->
         If(a.job \in JobsOf(TerminalFacts(db)), "discarded", "notTerminal")
    [] action = "RetryFromTerminal" ->
         Returns(Done(a.job, {"failed", "cancelled"}) # {}, "notRetryable", a.job)
    [] action = "FailedToDlq" -> If(Done(a.job, {"failed"}) # {}, "deadLettered", "notFailed")
    [] action = "CancelReady" -> If(a.job \in JobsOf(Pending(db)), "cancelled", "notReady")
    [] action = "CancelRunning" ->
         If(a.job \in JobsOf(OpenReceipts(db)), "cancelled", "notRunning")
    [] action = "MoveReady" ->
         LET rows == {r \in Pending(db) : r.job = a.job}
         IN IF rows = {} THEN Word("notReady")
            ELSE If(\E r \in rows : r.lane # a.lane, "moved", "sameLane")
    [] action = "PurgeDlq" -> If(a.job \in JobsOf(db.dlqEntries), "purged", "notInDlq")
    [] action = "RetryFromDlq" ->
         Returns(a.job \in JobsOf(db.dlqEntries), "notInDlq", a.job)
    [] action = "RotateQueue" ->
         Rotates(Occupied(QueueTables, NextSlot(db.rings.queue, QueueSlots)))
    [] action = "RotateClaims" ->
         Rotates(Occupied(ClaimTables, NextSlot(db.rings.claim, ClaimSlots)))
    [] action = "RotateLeases" ->
         Rotates(IF db.rings.lease.init < LeaseSlots THEN {} ELSE {"leases"})
    [] action = "PruneQueue" -> PruneQueueSays
    [] action = "PruneClaims" -> PruneClaimsSays
    [] action = "PruneLeases" -> PruneLeasesSays

------------------------------------------------------------------------------
(* Steps                                                                      *)

\* A caller may name tokens that nobody holds: these are never of a running attempt.
Does(action, a) ==
  CASE action = "Enqueue" -> Enqueue(a.lane, a.batch, a.wait)
    [] action = "PromoteDeferred" -> PromoteDeferred(a.job)
    [] action = "Claim" -> Claim(a.lane, a.n, a.deadline)
    [] action = "AdvanceClaimCursor" -> AdvanceClaimCursor(a.lane)
    [] action = "Heartbeat" -> Heartbeat(a.token)
    [] action = "FlushProgress" -> FlushProgress(a.token)
    [] action = "ParkForCallback" -> ParkForCallback(a.token)
    [] action = "ResumeCallback" -> ResumeCallback(a.token)
    [] action = "CompleteFast" -> CompleteFast(Range(a.tokens) \cap env.held)
    [] action = "CompleteSlow" -> CompleteSlow(Range(a.tokens) \cap env.held)
    [] action = "Complete" -> Complete(Range(a.tokens) \cap env.held)
    [] action = "Retry" -> Retry(a.token, a.wait)
    [] action = "Snooze" -> Snooze(a.token, a.wait)
    [] action = "Fail" -> Fail(a.token)
    [] action = "FailToDlq" -> FailToDlq(a.token)
    [] action = "RescueStaleReceipts" -> RescueStaleReceipts(a.slot)
    [] action = "RescueExpiredDeadlines" -> RescueExpiredDeadlines(a.slot)
    [] action = "RescueStaleLeases" -> RescueStaleLeases(a.slot)
    [] action = "RescueExpiredLeaseDeadlines" -> RescueExpiredLeaseDeadlines(a.slot)
    [] action = "RescueCallbackTimeouts" -> RescueCallbackTimeouts(a.slot, a.wait)
    [] action = "DiscardTerminal" -> DiscardTerminal(a.job)
    [] action = "RetryFromTerminal" -> RetryFromTerminal(a.job)
    [] action = "FailedToDlq" -> FailedToDlq(a.job)
    [] action = "CancelReady" -> CancelReady(a.job)
    [] action = "CancelRunning" -> CancelRunning(a.job)
    [] action = "MoveReady" -> MoveReady(a.job, a.lane)
    [] action = "PurgeDlq" -> PurgeDlq(a.job)
    [] action = "RetryFromDlq" -> RetryFromDlq(a.job)
    [] action = "RotateQueue" -> RotateQueue
    [] action = "RotateClaims" -> RotateClaims
    [] action = "RotateLeases" -> RotateLeases
    [] action = "PruneQueue" -> PruneQueue
    [] action = "PruneClaims" -> PruneClaims
    [] action = "PruneLeases" -> PruneLeases

Successes == {"enqueued", "promoted", "claimed", "advanced", "recorded", "flushed", "parked",
              "resumed", "answered", "retried", "snoozed", "failed", "deadLettered", "rescued",
              "discarded", "readmitted", "cancelled", "moved", "purged", "rotated", "pruned"}

Told(e, said) == e.told.result = Unknown \/ e.told = said

\* As the model has it.
AsTold(e) == LET said == Says(e.action, e.args)
             IN /\ Told(e, said)
                /\ IF said.result \in Successes THEN Does(e.action, e.args) ELSE UNCHANGED vars

\* Somebody beside it may have held what it tried to lock.
TurnedAway(e) == /\ e.turned # ""
                 /\ Told(e, Word(e.turned))
                 /\ UNCHANGED vars

\* A rescue does not see attempts whose receipts others may hold; e.locked are such receipts.
PassedOver(e) ==
  LET found == Found(e.action, e.args.slot)
      chosen == {c \in found : Token(c) \in e.chosen}
      missed == TokensOf(found \ chosen)
      hidden == UNION {ks \in e.locked : ks \cap missed # {}}
      outcome == CASE e.action = "RescueCallbackTimeouts" -> "callbackTimedOut"
                   [] e.action \in {"RescueStaleReceipts", "RescueStaleLeases"} -> "rescued"
                   [] OTHER -> "deadlineExpired"
      given == IF e.action = "RescueCallbackTimeouts"
               THEN {c \in chosen : Exhausted(db, c)} ELSE {}
      ended == Bury(EndAttempts(db, chosen, outcome), given)
      wait == IF e.action = "RescueCallbackTimeouts" THEN e.args.wait ELSE 0
  IN /\ e.locked # {}
     /\ missed # {}
     /\ missed \subseteq hidden
     /\ hidden \cap TokensOf(chosen) = {}
     /\ Told(e, Rescued(chosen))
     /\ db' = IF chosen = {} THEN db
              ELSE IF wait = 0 THEN Reappend(ended, chosen \ given)
              ELSE Defer(ended, chosen \ given, wait, 0)
     /\ UNCHANGED env

Explains(e) == AsTold(e) \/ TurnedAway(e) \/ PassedOver(e)

\* It changes nothing, and may as well be made now: nobody can tell whether it was.
Quiet(e) == LET said == Says(e.action, e.args)
            IN \/ Told(e, said) /\ said.result \notin Successes
               \/ e.turned # "" /\ Told(e, Word(e.turned))
=============================================================================
