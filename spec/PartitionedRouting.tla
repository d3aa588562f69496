------------------------- MODULE PartitionedRouting -------------------------
(* One logical queue over several ordinary ones, the partitions, each with    *)
(* its enqueue shards. Every producer routes by itself: by the key, and by    *)
(* nothing else. A key stands for all that have its base hash, from which     *)
(* each level takes a word of its own. The property that matters:             *)
(* EveryPartitionReachesEveryShard. Left out: slots and rings; keys that have *)
(* several jobs at once; what to do when the number of partitions changes.    *)
EXTENDS Integers, FiniteSets

CONSTANTS Producers,   \* who enqueues, and so routes
          Partitions,  \* how many queues there are
          Shards,      \* how many enqueue shards each of them has
          Words,       \* how many values a word of a base hash has
          MaxRows      \* bound of the model: rows ever appended

ASSUME /\ Partitions \in Nat \ {0} /\ Shards \in Nat \ {0}
       /\ Words >= Partitions /\ Words >= Shards

VARIABLES db,       \* the database: a record with one field per table
          held,     \* [partition, shard, key]: attempts that workers hold
          waiting,  \* keys whose job was handed to nobody yet
          sent      \* [partition, shard, key]: where the rows of a key were ever appended

vars == <<db, held, waiting, sent>>

AllPartitions == 0 .. Partitions - 1
AllShards == 0 .. Shards - 1
Keys == 0 .. Words * Words - 1

EmptyDb == [
  laneHeads       |-> [l \in AllPartitions \X AllShards |-> 1],  \* the next lane_seq
  readyEntries    |-> {},  \* [partition, shard, seq, key]
  attemptEvidence |-> {},  \* [partition, shard, through]: handed out, up to this lane_seq
  dlqEntries      |-> {}]  \* keys whose job was put aside

Init == db = EmptyDb /\ held = {} /\ waiting = {} /\ sent = {}

------------------------------------------------------------------------------
(* The router. A level hashes the base hash once more, under its own name.    *)

PartitionWord(key) == key % Words
ShardWord(key) == key \div Words

Home(key) == PartitionWord(key) % Partitions
ShardOf(key) == ShardWord(key) % Shards

\* Whoever enqueues comes to the same partition.
PartitionFor(producer, key) == Home(key)

------------------------------------------------------------------------------
(* Lanes                                                                      *)

KeysOf(rows) == {r.key : r \in rows}
Live(key) == key \in waiting \cup KeysOf(held) \cup db.dlqEntries

\* A lane_seq says nothing without the partition and the shard.
SameLane(r, q) == r.partition = q.partition /\ r.shard = q.shard

Spent(s, r) == \E e \in s.attemptEvidence : SameLane(e, r) /\ e.through >= r.seq
Pending(s) == {r \in s.readyEntries : ~Spent(s, r)}

\* A row goes to the tail of its lane.
Append(s, partition, shard, key) ==
  [s EXCEPT
    !.readyEntries = @ \cup {[partition |-> partition, shard |-> shard,
                              seq |-> s.laneHeads[<<partition, shard>>], key |-> key]},
    !.laneHeads[<<partition, shard>>] = @ + 1]

Sends(partition, shard, key) ==
  /\ sent' = sent \cup {[partition |-> partition, shard |-> shard, key |-> key]}
  /\ waiting' = waiting \cup {key}

\* A new job, or one more of a key whose last job has ended.
Enqueue(producer, key) ==
  LET partition == PartitionFor(producer, key)
  IN /\ ~Live(key)
     /\ db' = Append(db, partition, ShardOf(key), key)
     /\ Sends(partition, ShardOf(key), key)
     /\ UNCHANGED held

\* Takes the first pending row of one lane; its evidence is the lane's own.
Claim(partition, shard) ==
  LET rows == {r \in Pending(db) : r.partition = partition /\ r.shard = shard}
      first == CHOOSE r \in rows : \A q \in rows : r.seq <= q.seq
  IN /\ rows # {}
     /\ db' = [db EXCEPT !.attemptEvidence = @ \cup
                 {[partition |-> partition, shard |-> shard, through |-> first.seq]}]
     /\ held' = held \cup {[partition |-> partition, shard |-> shard, key |-> first.key]}
     /\ waiting' = waiting \ {first.key}
     /\ UNCHANGED sent

AttemptsOf(key) == {h \in held : h.key = key}

\* The job has ended.
Complete(key) ==
  /\ AttemptsOf(key) # {}
  /\ held' = held \ AttemptsOf(key)
  /\ UNCHANGED <<db, waiting, sent>>

\* The lane that a failed attempt returns to: its own, and no router is asked.
ReturnsTo(h) == [partition |-> h.partition, shard |-> h.shard]

\* The attempt failed, and the job goes to the tail of a lane again.
Retry(key) ==
  LET lane == ReturnsTo(CHOOSE h \in held : h.key = key)
  IN /\ AttemptsOf(key) # {}
     /\ db' = Append(db, lane.partition, lane.shard, key)
     /\ held' = held \ AttemptsOf(key)
     /\ Sends(lane.partition, lane.shard, key)

\* The attempt failed for good, and the job is put aside.
FailToDlq(key) ==
  /\ AttemptsOf(key) # {}
  /\ db' = [db EXCEPT !.dlqEntries = @ \cup {key}]
  /\ held' = held \ AttemptsOf(key)
  /\ UNCHANGED <<waiting, sent>>

\* What a job that was put aside is routed by: the key that its row has kept.
RoutedAgainBy(key) == key

\* Any producer enqueues what was put aside once more.
Reenqueue(producer, key) ==
  LET by == RoutedAgainBy(key)
      partition == PartitionFor(producer, by)
  IN /\ key \in db.dlqEntries
     /\ db' = [Append(db, partition, ShardOf(by), key) EXCEPT !.dlqEntries = @ \ {key}]
     /\ Sends(partition, ShardOf(by), key)
     /\ UNCHANGED held

------------------------------------------------------------------------------
Next ==
  \/ \E producer \in Producers, key \in Keys : Enqueue(producer, key)
  \/ \E partition \in AllPartitions, shard \in AllShards : Claim(partition, shard)
  \/ \E key \in Keys : Complete(key)
  \/ \E key \in Keys : Retry(key)
  \/ \E key \in Keys : FailToDlq(key)
  \/ \E producer \in Producers, key \in Keys : Reenqueue(producer, key)

Spec == Init /\ [][Next]_vars

InBounds == Cardinality(db.readyEntries) <= MaxRows

------------------------------------------------------------------------------
\* Otherwise jobs of one key are in two queues, and run beside each other or in the wrong order.
KeyKeepsItsPartition == \A r, q \in sent : r.key = q.key => r.partition = q.partition

\* Otherwise jobs of one key are in two lanes of a queue, and a later one overtakes.
KeyKeepsItsShard == \A r, q \in sent : r.key = q.key => r.shard = q.shard

\* Otherwise a claim from one partition spends a job of another one, which nobody ever runs.
LanesDoNotMeet == waiting \subseteq KeysOf(Pending(db))

\* Otherwise the jobs of a partition crowd into a few of its lanes, and its other shards are idle.
EveryPartitionReachesEveryShard ==
  \A p \in AllPartitions :
    LET there == {r \in sent : r.partition = p}
    IN {k \in Keys : Home(k) = p} \subseteq KeysOf(there) => {r.shard : r \in there} = AllShards
=============================================================================
