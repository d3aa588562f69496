/**
 * Where a key's jobs go when one logical queue is spread over several. Any producer comes to the
 * same place, for nothing counts but the key; described by PartitionedRouting.tla.
 */

import { createHash } from "node:crypto";

export interface Route {
  /** Which of the queues, from 0. */
  readonly partition: number;
  /** Which enqueue shard of that queue, from 0: the third argument of `ensureLane`. */
  readonly shard: number;
}

/** Postgres keeps shards in an `int`. */
const MOST = 2 ** 31 - 1;

/** A number holds 48 bits exactly; their remainders, up to `MOST`, are even to 1 in 100,000. */
const WORD_BYTES = 6;

const sha256 = (domain: string, bytes: string | Buffer): Buffer =>
  createHash("sha256").update(`ringproof.route.${domain}\0`).update(bytes).digest();

/**
 * What one level makes of a base hash. Each hashes it under its own name: were both to look at the
 * same bits, the partition would already decide which shards are left.
 */
const choice = (level: keyof Route, base: Buffer, count: number): number =>
  sha256(level, base).readUIntBE(0, WORD_BYTES) % count;

function counted(count: number, what: string): number {
  if (Number.isInteger(count) && 1 <= count && count <= MOST) return count;
  throw new RangeError(`${what} must be a whole number from 1 to ${MOST}, not ${count}`);
}

/**
 * The queue, of so many partitions from 1, and the enqueue shard in it, of so many from 1, to which
 * every job with this key goes: the same for the same arguments, in every process and version. Any
 * text is a key, and two are the same if their UTF-8 is. With other numbers a key goes elsewhere,
 * and what is enqueued stays: change them only while nothing is pending. Throws a RangeError if one
 * of them is no whole number from 1 to 2,147,483,647.
 */
export function route(key: string, partitions: number, shards: number): Route {
  const queues = counted(partitions, "partitions");
  const lanes = counted(shards, "shards");
  const base = sha256("key", key);
  return { partition: choice("partition", base, queues), shard: choice("shard", base, lanes) };
}
