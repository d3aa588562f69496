-------------------------- MODULE DeadTupleContract --------------------------
(* Dead tuples of one table beside a long transaction, which pins the horizon *)
(* of vacuum and may hold locks. Commands is the table's line of the contract *)
(* (src/postgres/tables.ts), so that there is a configuration for each kind   *)
(* of table; tables do not meet. A turn is one turn of the ring, and PerTurn  *)
(* what dies in a turn, however long it takes. The property that matters:     *)
(* BoundedByRing. Left out: which rows they are, what else keeps a slot from  *)
(* being pruned, and HOT, whose pruning waits for the horizon as vacuum does. *)
EXTENDS Integers

CONSTANTS Commands,  \* what the contract allows: of insert, update, delete and truncate
          Slots,     \* of the ring, where the table has a partition per slot
          PerTurn,   \* tuples that die in one turn at most
          Rows,      \* live rows of one partition at most
          Patience   \* bound of the model: turns of a reader that are told apart

ASSUME /\ Commands \subseteq {"insert", "update", "delete", "truncate"}
       /\ Slots \in Nat \ {0, 1} /\ {PerTurn, Rows} \subseteq Nat \ {0} /\ Patience >= Slots

VARIABLES ring,    \* [cur, behind]: slots behind the current one that were not truncated since
          heaps,   \* partition -> [live, aborted, dead, pinned]: its tuples
          died,    \* tuples that died in this turn
          reader,  \* [pins, locks, turns]: the long transaction, its locks, turns since it began
          waiting  \* whether prune stands in the lock queue, and everybody else behind it

vars == <<ring, heaps, died, reader, waiting>>

\* Whoever is truncated has a partition for each slot of the ring.
Ring == "truncate" \in Commands
Size == IF Ring THEN Slots ELSE 1
Parts == 0 .. Size - 1

\* aborted and dead: whether there are such tuples, which vacuum may remove; pinned: how many died
\* since the reader began, which it may not.
Fresh == [live |-> 0, aborted |-> FALSE, dead |-> FALSE, pinned |-> 0]
NoReader == [pins |-> FALSE, locks |-> {}, turns |-> 0]

Init == /\ ring = [cur |-> 0, behind |-> 0]
        /\ heaps = [i \in Parts |-> Fresh]
        /\ died = 0 /\ reader = NoReader /\ waiting = FALSE

------------------------------------------------------------------------------
(* Helpers                                                                    *)

Lesser(m, n) == IF m < n THEN m ELSE n

NextSlot == (ring.cur + 1) % Size
OldestSlot == (ring.cur + Size - ring.behind) % Size

\* Counts end above every bound that is stated below.
Many == PerTurn * (Patience + 1)
Pinned(h, n) == [h EXCEPT !.pinned = Lesser(@ + n, Many)]

\* The horizon of vacuum is where the reader began: what dies later waits for it.
Killed(h, n) == IF n = 0 THEN h
                ELSE IF reader.pins THEN Pinned(h, n) ELSE [h EXCEPT !.dead = TRUE]

RECURSIVE Sum(_)
Sum(is) == IF is = {} THEN 0
           ELSE LET i == CHOOSE i \in is : TRUE IN heaps[i].pinned + Sum(is \ {i})

------------------------------------------------------------------------------
(* What operations do to the table                                            *)

\* The contract says what they may do, and Postgres is asked whether they do more.
Does == Commands

\* A row comes, in the current slot.
Insert ==
  /\ "insert" \in Does
  /\ heaps[ring.cur].live < Rows
  /\ heaps' = [heaps EXCEPT ![ring.cur].live = @ + 1]
  /\ UNCHANGED <<ring, died, reader, waiting>>

\* The transaction of an insert ends without a commit. Its tuple is dead for every snapshot.
RollBack ==
  /\ "insert" \in Does
  /\ heaps' = [heaps EXCEPT ![ring.cur].aborted = TRUE]
  /\ UNCHANGED <<ring, died, reader, waiting>>

\* A turn has so much work for a table, whoever does it: what changes nothing writes nothing.
Touched(n) == n + 1

Touch(part, heap) ==
  /\ heaps[part].live > 0
  /\ died < PerTurn
  /\ died' = Touched(died)
  /\ heaps' = [heaps EXCEPT ![part] = Killed(heap, 1)]
  /\ UNCHANGED <<ring, reader, waiting>>

\* A row is written anew: the version before is dead.
Update(part) == "update" \in Does /\ Touch(part, heaps[part])

\* A row goes, and its tuple is dead.
Delete(part) == "delete" \in Does /\ Touch(part, [heaps[part] EXCEPT !.live = @ - 1])

------------------------------------------------------------------------------
(* The ring. Where the table has no part in it, its turns are but the clock.  *)

\* A slot without rows may be full of dead ones; only a truncated one is used again.
MayReuse(part) == Size = 1 \/ ring.behind < Size - 1

Rotate ==
  /\ MayReuse(NextSlot) = TRUE
  /\ ring' = [cur |-> NextSlot, behind |-> Lesser(ring.behind + 1, Size - 1)]
  /\ died' = 0
  /\ reader' = [reader EXCEPT !.turns = IF reader.pins THEN Lesser(@ + 1, Patience) ELSE 0]
  /\ UNCHANGED <<heaps, waiting>>

\* TRUNCATE asks for a lock and for no snapshot: a reader that comes to the slot later finds it
\* empty, however old its own snapshot is.
MayTruncate(part) == TRUE
Truncated(heap) == Fresh

\* NOWAIT: the pass ends, and the next one tries again.
Blocked == UNCHANGED vars

Prune ==
  /\ ring.behind > 0
  /\ IF OldestSlot \in reader.locks
     THEN Blocked
     ELSE /\ MayTruncate(OldestSlot) = TRUE
          /\ heaps' = [heaps EXCEPT ![OldestSlot] = Truncated(@)]
          /\ ring' = [ring EXCEPT !.behind = @ - 1]
          /\ UNCHANGED <<died, reader, waiting>>

------------------------------------------------------------------------------
(* The reader, and vacuum                                                     *)

\* A long transaction begins.
BeginReader ==
  /\ ~reader.pins
  /\ reader' = [NoReader EXCEPT !.pins = TRUE]
  /\ UNCHANGED <<ring, heaps, died, waiting>>

\* Whatever else it reads, in whatever table, pins the horizon and no more.
ReadPartition(part) ==
  /\ reader.pins
  /\ reader' = [reader EXCEPT !.locks = @ \cup {part}]
  /\ UNCHANGED <<ring, heaps, died, waiting>>

EndReader ==
  /\ reader.pins
  /\ reader' = NoReader
  /\ heaps' = [i \in Parts |-> [heaps[i] EXCEPT !.dead = @ \/ heaps[i].pinned > 0, !.pinned = 0]]
  /\ UNCHANGED <<ring, died, waiting>>

Garbage(part) == heaps[part].aborted \/ heaps[part].dead

\* What no snapshot sees any more is removed.
Vacuum(part) ==
  /\ Garbage(part)
  /\ heaps' = [heaps EXCEPT ![part].aborted = FALSE, ![part].dead = FALSE]
  /\ UNCHANGED <<ring, died, reader, waiting>>

------------------------------------------------------------------------------
Next ==
  \/ Insert
  \/ RollBack
  \/ \E part \in Parts : Update(part)
  \/ \E part \in Parts : Delete(part)
  \/ Rotate
  \/ Prune
  \/ BeginReader
  \/ \E part \in Parts : ReadPartition(part)
  \/ EndReader
  \/ \E part \in Parts : Vacuum(part)

Spec == Init /\ [][Next]_vars

------------------------------------------------------------------------------
AppendOnly == Commands \cap {"update", "delete"} = {}

\* Otherwise every claim wades through dead rows of its lane as long as the reader stays.
AppendOnlyNeverDies ==
  AppendOnly => \A i \in Parts : ~heaps[i].dead /\ heaps[i].pinned = 0

\* Otherwise a small table is not small: its dead rows grow with every call that changes nothing.
BoundedByTurns ==
  reader.turns < Patience => Sum(Parts) <= PerTurn * (reader.turns + 1)

\* Otherwise one long transaction lets the slots grow for as long as it stays.
BoundedByRing == Ring => Sum(Parts) <= PerTurn * Slots

\* Otherwise prune queues behind the reader, and every worker queues behind prune.
PruneNeverQueues == ~waiting

\* Otherwise a slot comes back with dead rows in it, which its next turn wades through.
TruncateReclaims ==
  [][ring'.behind < ring.behind => heaps'[OldestSlot] = Fresh]_vars

------------------------------------------------------------------------------
VacuumComes == \A part \in Parts : WF_vars(Vacuum(part))
RingTurns == WF_vars(Rotate) /\ WF_vars(Prune)

FairSpec == Spec /\ VacuumComes /\ RingTurns

\* Without a reader that is everything that died, and beside one what was rolled back.
\* Otherwise what no snapshot sees any more stays on disk for ever.
EventuallyReclaimed == \A part \in Parts : Garbage(part) ~> ~Garbage(part)

\* Otherwise a reader that has no lock on any slot stops the reclamation of all of them.
DrainsUnderReader ==
  Ring => \A part \in Parts :
            heaps[part].pinned > 0 ~> heaps[part].pinned = 0 \/ reader.locks # {}
=============================================================================
