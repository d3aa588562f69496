----------------------- MODULE WrongStorageTransition -----------------------
(* Gates and drains that are wrong, each put in the place of one operator of  *)
(* StorageTransition by a .cfg under the bounds of a passing configuration.   *)
EXTENDS StorageTransition

\* For CanEnter: a process that was once started for the new engine is capable of it.
SomebodyCapable == Registered("segmented") # {}

\* For ComesBackTo: the end of an attempt writes into the engine that it was taken from.
SameEngine(r) == r.engine

\* For BacklogEmpty: only what is ready counts, and not what runs, or is lost.
NothingReady == \A r \in Backlog : r.at # "ready"

\* For AllSwitched: only the backlog counts, and not who may still add to it.
SomeSwitched == "segmented" \in {routes[p] : p \in Producers}

\* For NobodyStays.
Regardless == TRUE

\* For CanAbort: whatever is in the new engine will be taken up with the next attempt.
NothingRunsThere == \A r \in rows : r.engine = "segmented" => r.at \notin Executors
=============================================================================
