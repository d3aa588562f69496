/** Where keys go: always to one lane, all over the lanes, and never by one hash for both levels. */

import { createHash } from "node:crypto";
import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { route } from "../src/route.js";

type Router = typeof route;

const keysOf = (prefix: string, n: number): readonly string[] =>
  Array.from({ length: n }, (_, i) => `${prefix}${i}`);

/** How many of the keys go to each lane, by partition and shard. */
function spread(router: Router, keys: readonly string[], partitions: number, shards: number) {
  const counts = Array.from({ length: partitions }, () => new Array<number>(shards).fill(0));
  for (const key of keys) {
    const { partition, shard } = router(key, partitions, shards);
    counts[partition]![shard]!++;
  }
  return counts;
}

const reached = (counts: readonly number[]): number => counts.filter((n) => n > 0).length;

/** Pearson's statistic against lanes that are all alike, and its degrees of freedom. */
function chiSquare(counts: readonly (readonly number[])[]) {
  const lanes = counts.flat();
  const expected = lanes.reduce((a, b) => a + b, 0) / lanes.length;
  const statistic = lanes.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
  return { statistic, freedom: lanes.length - 1 };
}

/** Eight standard deviations above the mean, and a little for few degrees of freedom. */
const mostOf = (freedom: number): number => freedom + 8 * Math.sqrt(2 * freedom) + 10;

const isEven = (counts: readonly (readonly number[])[]): boolean => {
  const { statistic, freedom } = chiSquare(counts);
  return statistic <= mostOf(freedom);
};

const PER_LANE = 60;
const settings = { seed: 1, numRuns: 40 };
const few = fc.integer({ min: 1, max: 12 });

describe("every partition reaches every shard, as often as any other", () => {
  test.prop([fc.string(), few, few], settings)(
    "whatever keys begin with",
    (prefix, partitions, shards) => {
      const keys = keysOf(prefix, PER_LANE * partitions * shards);
      const counts = spread(route, keys, partitions, shards);
      expect(counts.map(reached)).toEqual(counts.map(() => shards));
      expect(isEven(counts)).toBe(true);
    },
  );
});

describe("nothing counts but the key", () => {
  test.prop([fc.string({ unit: "grapheme" }), few, few, few], settings)(
    "and each level has its own number only",
    (key, partitions, shards, others) => {
      const { partition, shard } = route(key, partitions, shards);
      expect(route(key, partitions, shards)).toEqual({ partition, shard });
      expect(route(key, partitions, others).partition).toBe(partition);
      expect(route(key, others, shards).shard).toBe(shard);
      expect([partition < partitions, shard < shards]).toEqual([true, true]);
    },
  );

  test("one partition of one shard is all there is", () => {
    expect(route("ada", 1, 1)).toEqual({ partition: 0, shard: 0 });
  });

  // Jobs that wait while a version is replaced by the next one are where that one looks for them.
  test.each([
    ["", 9, 0],
    ["ada", 14, 0],
    ["grace", 14, 2],
    ["Ελένη", 1, 0],
  ])("%j is in the same place in every version", (key, partition, shard) => {
    expect(route(key, 16, 8)).toEqual({ partition, shard });
  });
});

describe("numbers that count nothing", () => {
  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])("%d", (wrong) => {
    const message = (what: string) =>
      new RangeError(`${what} must be a whole number from 1 to 2147483647, not ${wrong}`);
    expect(() => route("ada", wrong, 1)).toThrow(message("partitions"));
    expect(() => route("ada", 1, wrong)).toThrow(message("shards"));
  });

  test("the largest one counts", () => {
    const most = 2 ** 31 - 1;
    const { partition, shard } = route("ada", most, most);
    expect(partition).not.toBe(shard);
  });

  test("a key that is none", () => {
    expect(() => route(undefined as unknown as string, 2, 2)).toThrow(TypeError);
  });
});

/** The routers that are wrong: one word of the hash, at both levels. */
const word = (key: string, at: number) =>
  createHash("sha256").update(key).digest().readUIntBE(at, 6);
const sameLowBits: Router = (key, partitions, shards) => ({
  partition: word(key, 0) % partitions,
  shard: word(key, 0) % shards,
});
const ownWords: Router = (key, partitions, shards) => ({
  partition: word(key, 0) % partitions,
  shard: word(key, 6) % shards,
});

describe("the same low bits at both levels", () => {
  const shardsOf = (router: Router, partitions: number, shards: number) =>
    spread(router, keysOf("job-", PER_LANE * partitions * shards), partitions, shards);

  test.each([
    [2, 2, 1],
    [4, 8, 2],
    [8, 4, 1],
    [6, 4, 2],
    [16, 16, 1],
  ])("%d partitions of %d shards: each reaches %d of them", (partitions, shards, left) => {
    const counts = shardsOf(sameLowBits, partitions, shards);
    expect(counts.map(reached)).toEqual(counts.map(() => left));
    expect(isEven(counts)).toBe(false);
  });

  test.each([
    [3, 4],
    [5, 8],
  ])("%d and %d have no divisor in common, and hide it", (partitions, shards) => {
    expect(isEven(shardsOf(sameLowBits, partitions, shards))).toBe(true);
  });

  test("words of their own are enough", () => {
    expect(isEven(shardsOf(ownWords, 8, 4))).toBe(true);
  });
});
