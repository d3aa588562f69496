------------------------- MODULE StorageTransition -------------------------
(* Moving a live fleet from a canonical table engine to the segmented one:    *)
(* prepare, enter mixed, switch the producers, drain, finalise, or abort. In  *)
(* mixed both engines are worked on, and what re-schedules itself leaves the  *)
(* old one. Executors come and go all the while. The property that matters:   *)
(* WorkConserved. Left out: copying jobs, a way back from the end, and the    *)
(* engines themselves.                                                        *)
EXTENDS Integers

CONSTANTS Jobs,       \* identities that producers may enqueue, each once
          Periodic,   \* those of them that re-schedule themselves for ever
          Producers,  \* who enqueues
          Executors   \* processes, each for one engine at a time

ASSUME Periodic \subseteq Jobs

VARIABLES phase,     \* canonical, prepared, mixed or segmented
          routes,    \* producer -> the engine that it enqueues into
          registry,  \* [executor, engine, live]: what each process was last started for
          rows       \* [job, engine, at]: ready, lost or done, or at the executor that runs it

vars == <<phase, routes, registry, rows>>

Engines == {"canonical", "segmented"}

AllTo(engine) == [p \in Producers |-> engine]

Init == phase = "canonical" /\ routes = AllTo("canonical") /\ registry = {} /\ rows = {}

------------------------------------------------------------------------------
(* Helpers                                                                    *)

\* The engines whose jobs are handed out in a phase, and those where ended jobs are looked up.
Works(ph) == CASE ph = "mixed" -> Engines
               [] ph = "segmented" -> {"segmented"}
               [] OTHER -> {"canonical"}
Reads(ph) == IF ph \in {"mixed", "segmented"} THEN Engines ELSE {"canonical"}

Rows(job) == {r \in rows : r.job = job}
Registered(engine) == {x \in registry : x.engine = engine}
Serving(engine) == {x \in Registered(engine) : x.live}

Backlog == {r \in rows : r.engine = "canonical" /\ r.at # "done"}

Moved(from, to) == rows' = (rows \ from) \cup to

\* What an executor was running is lost when it goes, until somebody rescues it.
Loses(executor) ==
  LET running == {r \in rows : r.at = executor}
  IN Moved(running, {[r EXCEPT !.at = "lost"] : r \in running})

------------------------------------------------------------------------------
(* The control plane                                                          *)

\* The schema of the new engine is ready.
Prepare ==
  /\ phase = "canonical"
  /\ phase' = "prepared"
  /\ UNCHANGED <<routes, registry, rows>>

\* An executor of the new engine is alive now: that there is one that could be is not enough.
CanEnter == Serving("segmented") # {}

\* From now on the new engine is worked on, too.
EnterMixed ==
  /\ phase = "prepared"
  /\ CanEnter = TRUE
  /\ phase' = "mixed"
  /\ UNCHANGED <<routes, registry, rows>>

\* A producer enqueues into the new engine from now on.
Switch(producer) ==
  /\ phase = "mixed"
  /\ routes[producer] = "canonical"
  /\ routes' = [routes EXCEPT ![producer] = "segmented"]
  /\ UNCHANGED <<phase, registry, rows>>

BacklogEmpty == Backlog = {}
AllSwitched == routes = AllTo("segmented")
NobodyStays == Serving("canonical") = {}

\* The old engine is given up: empty, with nobody who enqueues into it or works for it.
Finalise ==
  /\ phase = "mixed"
  /\ BacklogEmpty = TRUE
  /\ AllSwitched = TRUE
  /\ NobodyStays = TRUE
  /\ phase' = "segmented"
  /\ UNCHANGED <<routes, registry, rows>>

\* Not even an ended job is in the new engine.
CanAbort == \A r \in rows : r.engine # "segmented"

\* Back to the beginning; producers read where to enqueue with their next call.
Abort ==
  /\ phase \in {"prepared", "mixed"}
  /\ CanAbort = TRUE
  /\ phase' = "canonical"
  /\ routes' = AllTo("canonical")
  /\ UNCHANGED <<registry, rows>>

------------------------------------------------------------------------------
(* The fleet                                                                  *)

\* A process is started for an engine that is there, in the place of what it was before.
Start(executor, engine) ==
  LET entry == [executor |-> executor, engine |-> engine, live |-> TRUE]
  IN /\ entry \notin registry
     /\ phase # IF engine = "canonical" THEN "segmented" ELSE "canonical"
     /\ registry' = {x \in registry : x.executor # executor} \cup {entry}
     /\ Loses(executor)
     /\ UNCHANGED <<phase, routes>>

\* A process is gone, orderly or not; its entry stays.
Stop(executor) ==
  LET mine == {x \in registry : x.executor = executor /\ x.live}
  IN /\ mine # {}
     /\ registry' = (registry \ mine) \cup {[x EXCEPT !.live = FALSE] : x \in mine}
     /\ Loses(executor)
     /\ UNCHANGED <<phase, routes>>

------------------------------------------------------------------------------
(* Work                                                                       *)

\* A new job goes where its producer enqueues.
Enqueue(producer, job) ==
  /\ Rows(job) = {}
  /\ Moved({}, {[job |-> job, engine |-> routes[producer], at |-> "ready"]})
  /\ UNCHANGED <<phase, routes, registry>>

\* An executor takes a job of its engine, in a phase in which that is worked on.
Claim(executor, job) ==
  LET mine == {r \in Rows(job) : /\ r.at = "ready"
                                 /\ r.engine \in Works(phase)
                                 /\ \E x \in Serving(r.engine) : x.executor = executor}
  IN /\ mine # {}
     /\ Moved(mine, {[r EXCEPT !.at = executor] : r \in mine})
     /\ UNCHANGED <<phase, routes, registry>>

RunningRows(job) == {r \in Rows(job) : r.at \in Executors}

\* The job has ended.
Complete(job) ==
  /\ job \notin Periodic
  /\ RunningRows(job) # {}
  /\ Moved(Rows(job), {[r EXCEPT !.at = "done"] : r \in RunningRows(job)})
  /\ UNCHANGED <<phase, routes, registry>>

\* Where a job re-schedules itself: a mixed fleet never puts anything back into the old engine.
ComesBackTo(r) == IF phase = "mixed" THEN "segmented" ELSE r.engine

\* The job has ended for now, and is ready once more.
Reschedule(job) ==
  /\ job \in Periodic
  /\ RunningRows(job) # {}
  /\ Moved(Rows(job), {[r EXCEPT !.engine = ComesBackTo(r), !.at = "ready"] :
                        r \in RunningRows(job)})
  /\ UNCHANGED <<phase, routes, registry>>

\* Maintenance finds an attempt whose executor is gone.
Rescue(job) ==
  LET lost == {r \in Rows(job) : r.at = "lost"}
  IN /\ lost # {}
     /\ Moved(lost, {[r EXCEPT !.at = "ready"] : r \in lost})
     /\ UNCHANGED <<phase, routes, registry>>

------------------------------------------------------------------------------
Next ==
  \/ Prepare
  \/ EnterMixed
  \/ \E producer \in Producers : Switch(producer)
  \/ Finalise
  \/ Abort
  \/ \E executor \in Executors, engine \in Engines : Start(executor, engine)
  \/ \E executor \in Executors : Stop(executor)
  \/ \E producer \in Producers, job \in Jobs : Enqueue(producer, job)
  \/ \E executor \in Executors, job \in Jobs : Claim(executor, job)
  \/ \E job \in Jobs : Complete(job)
  \/ \E job \in Jobs : Reschedule(job)
  \/ \E job \in Jobs : Rescue(job)

Spec == Init /\ [][Next]_vars

------------------------------------------------------------------------------
Known == {r.job : r \in rows}

\* The job has one row, and that where its phase looks for it.
Placed(job) ==
  \E r \in Rows(job) :
    Rows(job) = {r} /\ r.engine \in IF r.at = "done" THEN Reads(phase) ELSE Works(phase)

\* Otherwise a job is in an engine that nobody works on any more, or in both, and runs twice.
WorkConserved ==
  [][\A job \in Known \cup Known' :
       Placed(job)']_vars

\* Otherwise jobs go where nobody takes them, from the first moment on.
ServedAtEntry ==
  [][\A engine \in Works(phase') \ Works(phase) :
       Serving(engine)' # {}]_vars

\* Otherwise a process goes on for ever working for an engine that was given up.
NobodyLeftBehind == phase = "segmented" => Serving("canonical") = {}

------------------------------------------------------------------------------
\* While the old engine has no executor, one is started for it. A job that can be taken again and
\* again is taken at last, and one that can be ended is ended; lost attempts are found. Producers
\* need not switch, and processes may stop at any time.
FairSpec ==
  /\ Spec
  /\ WF_vars(Serving("canonical") = {} /\ \E e \in Executors : Start(e, "canonical"))
  /\ \A job \in Jobs : /\ SF_vars(\E e \in Executors : Claim(e, job))
                       /\ SF_vars(Complete(job) \/ Reschedule(job))
                       /\ WF_vars(Rescue(job))

\* Otherwise the fleet stays mixed for ever: the old engine is never empty, and never given up.
BacklogDrains ==
  \A job \in Jobs :
    phase = "mixed" /\ Rows(job) \cap Backlog # {} ~> phase # "mixed" \/ Rows(job) \cap Backlog = {}
=============================================================================
