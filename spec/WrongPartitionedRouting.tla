----------------------- MODULE WrongPartitionedRouting -----------------------
(* Routers and lanes that are wrong, each put in the place of one operator of *)
(* PartitionedRouting by a .cfg under the bounds of a passing configuration.  *)
EXTENDS PartitionedRouting

\* For ShardWord: the low bits of the base hash, which have chosen the partition already.
LowBits(key) == key % Words

\* For PartitionFor: one of the producers has not heard of the last partition yet.
AsCountedThere(producer, key) ==
  PartitionWord(key) % (IF producer = "y" THEN Partitions - 1 ELSE Partitions)

\* For RoutedAgainBy: a number of the job, for the row that was put aside has no key.
JobNumber(key) == (key + 1) % (Words * Words)

\* For ReturnsTo: the number of the attempt is hashed along with the key.
NextShard(h) == [partition |-> h.partition, shard |-> (h.shard + 1) % Shards]

\* For SameLane: lanes of several queues joined by shard alone.
SameShard(r, q) == r.shard = q.shard
=============================================================================
