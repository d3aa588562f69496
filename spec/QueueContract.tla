---------------------------- MODULE QueueContract ----------------------------
(* What the caller of a job queue may rely on, on one page.                   *)
(*                                                                            *)
(* A job lives one life: its state moves only along the arrows of Step. Each  *)
(* hand-out raises its run lease by one, so a token [job, lease] is handed    *)
(* out at most once. A worker is told "yes" in the very step in which its     *)
(* call ended that attempt, once, and nobody else ever is for that token.     *)
(* Left out: lanes, order, batch sizes, time. One step may move many jobs.    *)
EXTENDS Naturals, FiniteSets

CONSTANTS Jobs,
          SameKey  \* sets of jobs that carry the same unique key; the others carry none

VARIABLES jobs,  \* job -> [state, lease]: where it is, how often it was handed out
          acks   \* [job, lease, nth]: the nth time that a holder of this token was told "yes"

vars == <<jobs, acks>>

States == {"absent", "ready", "deferred", "running", "waiting", "completed", "cancelled", "failed",
           "dead", "removed"}

Init == /\ jobs = [j \in Jobs |-> [state |-> "absent", lease |-> 0]]
        /\ acks = {}

------------------------------------------------------------------------------
(* The arrows: o is a job before the step, n the same job after it.           *)

Moves(o, n, from, to) == o.state \in from /\ n.state \in to /\ n.lease = o.lease

\* A producer hands a job over; nobody has run it yet.
Enqueue(o, n) == Moves(o, n, {"absent"}, {"ready", "deferred"})

\* A deferred job's time has come.
Promote(o, n) == Moves(o, n, {"deferred"}, {"ready"})

\* A worker receives the job under a run lease that nobody held before.
Claim(o, n) == o.state = "ready" /\ n.state = "running" /\ n.lease = o.lease + 1

\* The worker parks its attempt until the outside world calls back, and then goes on.
Park(o, n) == Moves(o, n, {"running"}, {"waiting"})
Resume(o, n) == Moves(o, n, {"waiting"}, {"running"})

\* The worker that holds the running attempt ends it: done, once more later, or given up.
End(o, n) == Moves(o, n, {"running"}, {"completed", "deferred", "failed", "dead"})

\* The worker was silent, the deadline passed, or the callback never came: somebody else gets the
\* job. Only for want of a callback may it also be put off, or be given up.
Rescue(o, n) == \/ Moves(o, n, {"running", "waiting"}, {"ready"})
                \/ Moves(o, n, {"waiting"}, {"deferred", "dead"})

\* An administrator takes back a job that nobody has finished.
Cancel(o, n) == Moves(o, n, {"ready", "running", "waiting"}, {"cancelled"})

\* An administrator gives a job another chance; its run leases go on, they never restart.
Readmit(o, n) == Moves(o, n, {"dead", "failed", "cancelled"}, {"ready"})

\* An administrator puts a failed job aside.
Bury(o, n) == Moves(o, n, {"failed"}, {"dead"})

\* A job that is over is forgotten: discarded, purged, or pruned with its slot.
Forget(o, n) == /\ o.state \in {"completed", "cancelled", "failed", "dead"}
                /\ n.state = "removed" /\ n.lease = 0

Step(o, n) == \/ Enqueue(o, n) \/ Promote(o, n) \/ Claim(o, n)   \/ Park(o, n) \/ Resume(o, n)
              \/ End(o, n)     \/ Rescue(o, n)  \/ Cancel(o, n)  \/ Readmit(o, n)
              \/ Bury(o, n)    \/ Forget(o, n)

------------------------------------------------------------------------------
\* What the workers are told that end an attempt in this step; nobody else is told anything.
Ended == {[job |-> j, lease |-> jobs[j].lease, nth |-> 1] :
            j \in {i \in Jobs : End(jobs[i], jobs'[i])}}

\* Of the jobs that carry one key, at most one is alive.
Living == {"ready", "deferred", "running", "waiting"}
KeysAreUnique(js) == \A g \in SameKey : Cardinality({j \in g : js[j].state \in Living}) <= 1

Next == /\ KeysAreUnique(jobs')
        /\ \A j \in Jobs : jobs'[j] = jobs[j] \/ Step(jobs[j], jobs'[j])
        /\ acks' = acks \cup Ended

Spec == Init /\ [][Next]_vars
==============================================================================
