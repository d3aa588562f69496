---------------------------- MODULE RescueCursor ----------------------------
(* Rescue over the claim ring. A pass goes through the slots with one budget; *)
(* in each it looks at a window of receipts after its cursor, ends the due    *)
(* ones, and moves the cursor on. One module for both kinds of pass, which    *)
(* share no cursor: a receipt is due when it is stale, or past its deadline.  *)
(* The property that matters: EveryStaleOpenReceiptIsRescued. Left out:       *)
(* heartbeats, which put off what is due, crashes between two slots, and how  *)
(* a ring starts: all its slots are initialised.                              *)
EXTENDS Integers, FiniteSets

CONSTANTS Receipts,   \* numbers of attempts, which order the receipts of one moment
          Long,       \* those that become lease-managed
          Slots,      \* slots of the claim ring
          Pass,       \* the kind of pass: "stale" or "deadline"
          DueAfter,   \* ticks after its claim when a receipt is due; deadlines differ
          Window,     \* receipts that a pass looks at in one slot
          Budget      \* receipts that one pass closes at most

ASSUME /\ Receipts \subseteq Nat /\ Long \subseteq Receipts /\ Slots \in Nat \ {0, 1}
       /\ DueAfter \subseteq Nat \ {0} /\ Window \in Nat \ {0} /\ Budget \in Nat \ {0}
       /\ Pass = "deadline" \/ (Pass = "stale" /\ Cardinality(DueAfter) = 1)

VARIABLES current,   \* the slot that gets new receipts
          receipts,  \* [slot, id, due, state]; due in ticks, below one only by order
          cursors    \* slot -> the key [due, id] last passed, in a set, or {}

vars == <<current, receipts, cursors>>

AllSlots == 0 .. Slots - 1

Init == /\ current = 0
        /\ receipts = {}
        /\ cursors = [i \in AllSlots |-> {}]

------------------------------------------------------------------------------
(* Receipts                                                                   *)

In(i, rows) == {r \in rows : r.slot = i}
Open(r) == r.state = "open"
Closed(r) == r.state \notin {"open", "leased"}
Due(r) == r.due <= 0

Replace(r, state) == (receipts \ {r}) \cup {[r EXCEPT !.state = state]}

\* A receipt goes into the current slot. A number stands for every attempt of a job there, one
\* after the other: the closed receipt of the one before is left out, for passes only skip it. One
\* that would tie with the cursor is left out too: its run lease would sort it after.
Claim(n, due) ==
  LET before == {r \in In(current, receipts) : r.id = n /\ Closed(r)}
  IN /\ \A r \in receipts \ before : r.id # n
     /\ [due |-> due, id |-> n] \notin cursors[current]
     /\ receipts' = (receipts \ before)
                      \cup {[slot |-> current, id |-> n, due |-> due, state |-> "open"]}
     /\ UNCHANGED <<current, cursors>>

\* The attempt gets a lease: from now on it is lease-managed.
Materialise(n) ==
  \E r \in receipts : /\ r.id = n /\ Open(r)
                      /\ receipts' = Replace(r, "leased")
                      /\ UNCHANGED <<current, cursors>>

\* The worker ends the attempt.
Finish(n) ==
  \E r \in receipts : /\ r.id = n /\ ~Closed(r)
                      /\ receipts' = Replace(r, "finished")
                      /\ UNCHANGED <<current, cursors>>

------------------------------------------------------------------------------
(* The order in which a pass comes to receipts                                *)

Oldest == (current + 1) % Slots

\* From the oldest slot on, so that the current one, which alone gets new receipts, comes last.
Turn(i) == (i + Slots - Oldest) % Slots

\* By claimed_at, or by deadline_at; then by number. Cyclic: what lies behind the cursor comes last.
Before(k, m) == k.due < m.due \/ (k.due = m.due /\ k.id < m.id)
Behind(k, cursor) == \E c \in cursor : ~Before(c, k)
Sooner(k, m, cursor) ==
  IF Behind(k, cursor) = Behind(m, cursor) THEN Before(k, m) ELSE Behind(m, cursor)

Earlier(q, r) == IF q.slot = r.slot THEN Sooner(q, r, cursors[r.slot])
                                    ELSE Turn(q.slot) < Turn(r.slot)

\* The first n of these receipts.
First(n, rs) == {r \in rs : Cardinality({q \in rs : Earlier(q, r)}) < n}

------------------------------------------------------------------------------
(* Rescue                                                                     *)

\* The receipts of a slot that a window may reach: all of them, for it goes round at the end.
Reach(i) == In(i, receipts)

Rescuable(r) == Open(r) /\ Due(r)
Outcome == IF Pass = "stale" THEN "rescued" ELSE "deadline_expired"

\* What a cursor stops before, unless it was closed just now. In the order of deadlines everything
\* behind one that is in the future is in the future too.
Stops(r) == Open(r) /\ (Due(r) \/ Pass = "deadline")

\* The place up to which nothing in the window stops the cursor.
Moved(i, window, closes) ==
  LET passed == {r \in window : \A q \in window \ closes : Stops(q) => Earlier(r, q)}
      last == {r \in passed : \A q \in passed : ~Earlier(r, q)}
  IN IF last = {} THEN cursors[i] ELSE {[due |-> r.due, id |-> r.id] : r \in last}

\* A pass ends where its budget is spent; it does not come to the slots behind.
Visits(i, closes) == Cardinality({q \in closes : Turn(q.slot) < Turn(i)}) < Budget

\* A pass ends the attempts that are due in its windows, as far as its budget goes.
Rescue ==
  \E seen \in {UNION {First(Window, Reach(i)) : i \in AllSlots}} :
    \E closes \in {First(Budget, {r \in seen : Rescuable(r)})} :
      /\ receipts' = (receipts \ closes) \cup {[r EXCEPT !.state = Outcome] : r \in closes}
      /\ cursors' = [i \in AllSlots |->
           IF Visits(i, closes) THEN Moved(i, In(i, seen), closes) ELSE cursors[i]]
      /\ UNCHANGED current

------------------------------------------------------------------------------
(* The ring, and time                                                         *)

Reset(i) == [cursors EXCEPT ![i] = {}]

\* The oldest slot is truncated once all its receipts are closed.
PruneClaims ==
  LET rows == In(Oldest, receipts)
  IN /\ rows # {} /\ \A r \in rows : Closed(r)
     /\ receipts' = receipts \ rows
     /\ cursors' = Reset(Oldest)
     /\ UNCHANGED current

\* The oldest slot is the next one.
RotateClaims ==
  /\ In(Oldest, receipts) = {}
  /\ current' = Oldest
  /\ UNCHANGED <<receipts, cursors>>

\* One tick later. Of what is due only the order counts, which is kept without gaps below one.
Dues(i) == {k.due : k \in In(i, receipts) \cup cursors[i]}
Later(i, d) == IF d > 1 THEN d - 1 ELSE 1 - Cardinality({e \in Dues(i) : d <= e /\ e <= 1})

Tick ==
  /\ receipts' = {[r EXCEPT !.due = Later(r.slot, @)] : r \in receipts}
  /\ cursors' = [i \in AllSlots |-> {[k EXCEPT !.due = Later(i, @)] : k \in cursors[i]}]
  /\ UNCHANGED current

Next == \/ \E n \in Receipts, d \in DueAfter : Claim(n, d)
        \/ \E n \in Long : Materialise(n)
        \/ \E n \in Receipts : Finish(n)
        \/ Rescue
        \/ PruneClaims
        \/ RotateClaims
        \/ Tick

Spec == Init /\ [][Next]_vars

------------------------------------------------------------------------------
\* The receipts that a step closes by a pass, as they were.
RescuedNow == {r \in receipts : \E q \in receipts' :
                 q.id = r.id /\ q.state = Outcome /\ r.state # Outcome}

\* Otherwise two owners work on one attempt, or a worker in good time is ended.
OnlyStaleOpenRescued == [][\A r \in RescuedNow : Open(r) /\ Due(r)]_vars

\* Otherwise one pass locks receipts, and keeps its transaction open, for as long as it likes.
PassKeepsItsBudget == [][Cardinality(RescuedNow) <= Budget]_vars

\* Otherwise a lost attempt that a pass came to waits until the cursor has gone round once more.
CursorNeverPassesStaleOpen ==
  [][\A i \in AllSlots : \A k \in cursors'[i] :
       (\A c \in cursors[i] : c.id # k.id) =>
         \A r \in In(i, receipts') : Rescuable(r) => Sooner(k, r, cursors[i])]_vars

\* Otherwise the next receipts of a slot are looked at from a place in the order of its last ones.
CursorsResetAtTruncate == \A i \in AllSlots : In(i, receipts) = {} => cursors[i] = {}

------------------------------------------------------------------------------
(* Liveness. Passes and time alone are not enough: in the current slot new    *)
(* receipts may keep a window's length ahead of the cursor. So the ring must  *)
(* turn, and lease-managed attempts, which pin it, must end.                  *)

RingTurns == WF_vars(PruneClaims \/ RotateClaims)

Leased(n) == \E r \in receipts : r.id = n /\ r.state = "leased"

FairSpec == /\ Spec /\ WF_vars(Tick) /\ WF_vars(Rescue) /\ RingTurns
            /\ \A n \in Long : WF_vars(Leased(n) /\ Finish(n))

Waits(n) == \E r \in receipts : r.id = n /\ Rescuable(r)

\* Otherwise an attempt whose worker is gone is never ended: its job is lost, and the ring stops.
EveryStaleOpenReceiptIsRescued == \A n \in Receipts : []<>~Waits(n)
=============================================================================
