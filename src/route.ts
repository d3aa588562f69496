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

/** So many bytes are read exactly, and divide by up to `MOST` with no rest worth mentioning. */
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
 * The queue, and the enqueue shard in it, of all jobs with this key: the same for the same three
 * arguments, in every process and version. Keys are the same if their UTF-8 is. With another number
 * of partitions or shards a key goes elsewhere, and what is enqueued stays: change them only while
 * nothing is pending.
 *
 * @param key whatever must stay together, such as a customer; any text, empty too
 * @param partitions how many queues there are, from 1 to 2,147,483,647
 * @param shards how many enqueue shards each of them has, likewise
 * @throws RangeError if a number is none of these
 */
export function route(key: string, partitions: number, shards: number): Route {
  const queues = counted(partitions, "partitions");
  const lanes = counted(shards, "shards");
  const base = sha256("key", key);
  return { partition: choice("partition", base, queues), shard: choice("shard", base, lanes) };
}
