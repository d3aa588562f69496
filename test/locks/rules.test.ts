/** The rules of LockOrder are those of Postgres: which modes conflict, who waits, who is next. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { readConstants } from "../../correctness/explore/scope.js";
import {
  elements,
  isRowMode,
  isTableMode,
  modes,
  type LockConstants,
  type LockStep,
} from "../../src/core/machines/lock-rules.js";
import { openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { Bench, plan } from "./bench.js";

let server: PostgresServer;
let bench: Bench;
beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
  bench = await Bench.open(server, 3);
});
afterAll(async () => {
  await bench.close();
  await server.stop();
});

const wait = (on: string, mode: string): LockStep => ({ on, mode, policy: "wait" });

/** In this order, and then whoever can. */
const inTurn = (order: readonly number[]) => {
  const left = [...order];
  return (able: readonly number[]): number => {
    while (left.length > 0) {
      const next = left.shift()!;
      if (able.includes(next)) return next;
    }
    return able[0]!;
  };
};

const tables = modes.filter(isTableMode);
const rows = modes.filter(isRowMode);
const triplesOf = (all: readonly string[]) =>
  all.flatMap((a) => all.flatMap((b) => all.map((c) => [a, b, c] as const)));

test.each([
  ["of a table", "t", tables],
  ["of a row", "t#a", rows],
])(
  "two modes %s: one who has the first asks for a third when another waits",
  async (_, on, all) => {
    for (const [has, other, third] of triplesOf(all)) {
      const plans = [plan(wait(on, has), wait(on, third)), plan(wait(on, other))];
      expect(await bench.play(plans, inTurn([1, 2, 1]))).toBeNull();
    }
  },
);

test("of a row: the same beside one who has a fourth, and then ends", async () => {
  for (const fourth of rows)
    for (const [has, other, third] of triplesOf(rows)) {
      const asks = [plan(wait("t#a", has), wait("t#a", third)), plan(wait("t#a", other))];
      const plans = [...asks, plan(wait("t#a", fourth))];
      expect(await bench.play(plans, inTurn([1, 3, 2, 1, 3]))).toBeNull();
    }
});

test.each([
  ["of a table", "t", tables, "nowait"],
  ["of a row", "t#a", rows, "nowait"],
  ["of a row", "t#a", rows, "skip"],
])("modes %s, %s: behind one who has a lock, and one who waits", async (_, on, all, policy) => {
  for (const [has, waits, third] of triplesOf(all)) {
    const plans = [has, waits].map((mode) => plan(wait(on, mode)));
    const turns = inTurn([1, 2, 3]);
    expect(await bench.play([...plans, plan({ on, mode: third, policy })], turns)).toBeNull();
  }
});

/** The same numbers on every machine. */
function* numbers(seed: number): Generator<number, never> {
  for (let n = seed; ; n = (n * 48_271) % 2_147_483_647) yield n;
}

test("three plans in which every rule has its turn, in many orders", async () => {
  const { Plans } = (await readConstants("lock-rules.cfg")) as unknown as LockConstants;
  const random = numbers(7);
  const pick = <T>(all: readonly T[]): T => all[random.next().value % all.length]!;
  for (let run = 0; run < 300; run++) {
    const plans = [1, 2, 3].map(() => pick(elements(Plans)));
    expect(await bench.play(plans, pick)).toBeNull();
  }
});
