---------------------------- MODULE TraceStorage ----------------------------
(* Is a history of concurrent calls a behaviour of SegmentedStorage? Each     *)
(* call took effect at some moment between its beginning and its end: there   *)
(* it answered, and changed the rows, as the model does. A call that may have *)
(* met a lock may have been turned away, or have passed attempts over. The    *)
(* rows are known from the transactions themselves; how old they are depends  *)
(* on the clock of whoever looks. If all calls can be made in some order,     *)
(* NotExplained is violated, and TLC shows the order; else there is none.     *)
EXTENDS Integers, FiniteSets, Sequences

CONSTANTS Jobs, Lanes, QueueSlots, ClaimSlots, LeaseSlots, Leases, MaxBatch, MaxWait, Deadlines,
          CallbackWait, StaleAfter, MaxAttempts, FailedFloor, SameKey, MaxSeq, Enabled,
          Events  \* a sequence of calls, as `ringproof trace check --tlc` writes it

VARIABLES stored,  \* the database, with points in time where the model has ages and waits
          env,     \* as in the model
          made     \* the calls that took effect so far

Never == -1000000  \* the point in time of what does not come

------------------------------------------------------------------------------
(* The database as a call sees it: at the tick of its caller, and with what   *)
(* it has looked at before it takes effect: the cursors of rings that have    *)
(* turned since it chose its slot, how far the lane of a claim went, and the  *)
(* keys that were given back since an enqueue asked for them.                 *)

Most(n, limit) == IF n < 0 THEN 0 ELSE IF n > limit THEN limit ELSE n
Age(at, tick) == IF at = Never THEN 99 ELSE Most(tick - at, StaleAfter)
Left(at, tick) == IF at = Never THEN 99 ELSE IF at < tick THEN 0 ELSE at - tick
Failed(d, tick) == IF d.state = "failed" THEN Most(tick - d.age, FailedFloor) ELSE 0

Ring(name, pins) == IF name \in DOMAIN pins THEN [stored.rings[name] EXCEPT !.cur = pins[name]]
                    ELSE stored.rings[name]

NoTail == 1000000
InReach(r, e, tail) == tail = NoTail \/ r.lane # e.args.lane \/ r.seq < tail

\* e is the call, or anything where there is no tail.
Seen(e, pins, tail, held, tick) ==
  [stored EXCEPT
     !.readyEntries = {r \in @ : InReach(r, e, tail)},
     !.uniqueKeys = @ \cup held,
     !.rings = [queue |-> Ring("queue", pins), claim |-> Ring("claim", pins),
                lease |-> Ring("lease", pins)],
     !.leaseClaims = {[c EXCEPT !.age = Age(@, tick), !.left = Left(@, tick)] : c \in @},
     !.leases = {[l EXCEPT !.beat = Age(@, tick), !.left = Left(@, tick)] : l \in @},
     !.attemptState = {[a EXCEPT !.beat = Age(@, tick)] : a \in @},
     !.deferredJobs = {[d EXCEPT !.wait = Left(@, tick)] : d \in @},
     !.doneEntries = {[d EXCEPT !.age = Failed(d, tick)] : d \in @}]

At(e, pins, tail, held, tick) ==
  INSTANCE StorageAnswers WITH db <- Seen(e, pins, tail, held, tick)

NoPins == <<>>
Now(e) == INSTANCE StorageAnswers WITH db <- Seen(e, NoPins, NoTail, {}, e.tick)

------------------------------------------------------------------------------
(* Rows: what the transaction of a call put, dropped and cleared.             *)

Place == {"slot", "lane", "seq"}
Attempt == {"slot", "job", "lease"}
Key == [readyEntries |-> Place, readyTombstones |-> Place,
        attemptEvidence |-> {"slot", "lane", "through"}, doneEntries |-> Attempt,
        receiptCompletionBatches |-> Attempt, receiptCompletionTombstones |-> Attempt,
        leaseClaims |-> Attempt, leaseClaimClosures |-> Attempt, leases |-> Attempt,
        attemptState |-> {"job", "lease"}, deferredJobs |-> {"job"}, dlqEntries |-> {"job"},
        uniqueKeys |-> {"job"}]
SameRow(table, r, q) == \A column \in Key[table] : r[column] = q[column]

Changed(table, rows, e) ==
  LET put == {p.row : p \in {q \in e.put : q.table = table}}
      drop == {p.row : p \in {q \in e.drop : q.table = table}}
      cleared == {p.slot : p \in {q \in e.clear : q.table = table}}
      gone(r) == \/ \E q \in put \cup drop : SameRow(table, r, q)
                 \/ cleared # {} /\ r.slot \in cleared
  IN {r \in rows : ~gone(r)} \cup put

\* The cursors that it moved, where it moved one.
Moved(old, name, moves) == IF name \in DOMAIN moves THEN moves[name] ELSE old

Recorded(e) ==
  [stored EXCEPT
     !.readyEntries = Changed("readyEntries", @, e),
     !.readyTombstones = Changed("readyTombstones", @, e),
     !.attemptEvidence = Changed("attemptEvidence", @, e),
     !.doneEntries = Changed("doneEntries", @, e),
     !.receiptCompletionBatches = Changed("receiptCompletionBatches", @, e),
     !.receiptCompletionTombstones = Changed("receiptCompletionTombstones", @, e),
     !.leaseClaims = Changed("leaseClaims", @, e),
     !.leaseClaimClosures = Changed("leaseClaimClosures", @, e),
     !.leases = Changed("leases", @, e),
     !.attemptState = Changed("attemptState", @, e),
     !.deferredJobs = Changed("deferredJobs", @, e),
     !.dlqEntries = Changed("dlqEntries", @, e),
     !.uniqueKeys = Changed("uniqueKeys", @, e),
     !.rings = [ring \in DOMAIN @ |-> Moved(@[ring], ring, e.rings)],
     !.laneHeads = [l \in Lanes |-> [next |-> Moved(@[l].next, l, e.next),
                                     cursor |-> Moved(@[l].cursor, l, e.cursor)]]]

------------------------------------------------------------------------------

\* Whatever had ended before it began took effect before: the last such call of each caller.
MayBeNext(i) == Events[i].behind \subseteq made

Make(i) ==
  LET e == Events[i]
  IN /\ stored' = Recorded(e)
     /\ \E pins \in {NoPins, e.pins}, tail \in {NoTail} \cup e.tails, held \in {{}, e.held} :
          At(e, pins, tail, held, e.tick)!Explains(e)
     /\ made' = made \cup {i}

Model == INSTANCE StorageAnswers WITH db <- stored

Init == /\ stored = Model!EmptyDb
        /\ env = Model!EmptyEnv
        /\ made = {}

\* What changes nothing is in nobody's way: there is no reason to make it later.
Next ==
  LET next == {i \in DOMAIN Events \ made : MayBeNext(i)}
      quiet == {i \in next : Events[i].quiet /\ Now(Events[i])!Quiet(Events[i])}
  IN \E i \in IF quiet = {} THEN next ELSE {CHOOSE q \in quiet : TRUE} : Make(i)

Spec == Init /\ [][Next]_<<stored, env, made>>

NotExplained == made # DOMAIN Events
=============================================================================
