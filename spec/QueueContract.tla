---------------------------- MODULE QueueContract ----------------------------
(* What the caller of a job queue may rely on, on one page.                   *)
(*                                                                            *)
(* A job lives one life: its state moves only along the arrows of Step. Each  *)
(* hand-out raises its run lease by one, so a token [job, lease] is handed    *)
(* out at most once. A worker is told "yes" in the very step in which its     *)
(* call ended that attempt, once, and nobody else ever is for that token.     *)
(* Left out: lanes, order, batch sizes, time. One step may move many jobs.    *)
EXTENDS Naturals

CONSTANT Jobs

VARIABLES jobs,  \* job -> [state, lease]: where it is, how often it was handed out
          acks   \* [job, lease, nth]: the nth time that a holder of this token was told "yes"

vars == <<jobs, acks>>

States == {"absent", "ready", "deferred", "running", "completed", "cancelled", "dead", "removed"}

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

\* The worker that holds the running attempt ends it: done, once more later, or given up.
End(o, n) == Moves(o, n, {"running"}, {"completed", "deferred", "dead"})

\* The attempt's worker was silent for too long; somebody else will get the job.
Rescue(o, n) == Moves(o, n, {"running"}, {"ready"})

\* An administrator takes back a job that nobody is running.
Cancel(o, n) == Moves(o, n, {"ready"}, {"cancelled"})

\* An administrator gives a dead job another chance; its run leases go on, they never restart.
RetryFromDlq(o, n) == Moves(o, n, {"dead"}, {"ready"})

\* A job that is over is forgotten: discarded, purged, or pruned with its slot.
Forget(o, n) == o.state \in {"completed", "cancelled", "dead"} /\ n.state = "removed" /\ n.lease = 0

Step(o, n) == \/ Enqueue(o, n) \/ Promote(o, n) \/ Claim(o, n)  \/ End(o, n)
              \/ Rescue(o, n)  \/ Cancel(o, n)  \/ RetryFromDlq(o, n) \/ Forget(o, n)

------------------------------------------------------------------------------
\* What the workers are told that end an attempt in this step; nobody else is told anything.
Ended == {[job |-> j, lease |-> jobs[j].lease, nth |-> 1] :
            j \in {i \in Jobs : End(jobs[i], jobs'[i])}}

Next == /\ \A j \in Jobs : jobs'[j] = jobs[j] \/ Step(jobs[j], jobs'[j])
        /\ acks' = acks \cup Ended

Spec == Init /\ [][Next]_vars
==============================================================================
