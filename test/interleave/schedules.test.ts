/** Which schedules are tried: every class of equal ones, and each of them once. */

import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { Bounded } from "../../correctness/interleave/bounded.js";
import { depend, idle, type Footprint } from "../../correctness/interleave/footprint.js";
import { Schedules, type Schedule } from "../../correctness/interleave/schedules.js";

/** A step that reads, and does one thing or the other: has anybody written there before? */
interface Choice {
  readonly written: Footprint;
  readonly unwritten: Footprint;
}

type Program = readonly (Footprint | Choice)[];

/** A step that locks rows of these tables, and with them depends on every other that does. */
const locking = (session: number, tables: readonly string[]): Footprint => ({
  ...idle(session),
  rows: new Set(tables),
});

const reading = (session: number, tables: readonly string[]): Footprint => ({
  ...idle(session),
  touched: new Set(tables),
});

const ending = (session: number, wrote: readonly string[]): Footprint => ({
  ...idle(session),
  ends: true,
  wrote: new Set(wrote),
});

/** The steps that the programs make when their sessions go on in this order. */
function play(programs: readonly Program[], order: readonly number[]): readonly Footprint[] {
  const written = new Set<string>();
  const at = programs.map(() => 0);
  const chosen = ({ written: yes, unwritten: no }: Choice): Footprint =>
    [...yes.touched].some((table) => written.has(table)) ? yes : no;
  return order.map((session) => {
    const next = programs[session]![at[session]!++]!;
    const step = "session" in next ? next : chosen(next);
    step.wrote.forEach((table) => written.add(table));
    return step;
  });
}

interface Tried {
  /** Without those that only repeat others. */
  readonly runs: readonly (readonly Footprint[])[];
  /** Those. */
  readonly repeats: number;
  /** Interleavings that the runs stand for. */
  readonly orders: number;
}

/** Makes every run that the schedules ask for; no step of these programs ever waits. */
function tryAll(
  programs: readonly Program[],
  schedules: Schedule = new Schedules(),
  atMost = Infinity,
): Tried {
  const runs: (readonly Footprint[])[] = [];
  let [orders, repeats] = [0, 0];
  do {
    const order: number[] = [];
    for (;;) {
      const made = (session: number) => order.filter((s) => s === session).length;
      const enabled = programs.flatMap((steps, s) => (made(s) < steps.length ? [s] : []));
      if (enabled.length === 0) break;
      order.push(schedules.choose(enabled));
      const step = play(programs, order).at(-1)!;
      schedules.executed(order.length <= schedules.known ? null : step);
    }
    const stands = schedules.ended();
    if (stands > 0) runs.push(play(programs, order));
    else repeats++;
    orders += stands;
  } while (schedules.next() && runs.length + repeats < atMost);
  return { runs, repeats, orders };
}

const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));

/** Ways to merge the programs. */
const merges = (programs: readonly Program[]): number =>
  factorial(programs.reduce((sum, { length }) => sum + length, 0)) /
  programs.reduce((product, { length }) => product * factorial(length), 1);

/** What two runs that differ only in the order of independent steps have in common. */
function trace(run: readonly Footprint[]): string {
  const place = new Map(run.map((step, i) => [step, i]));
  const nth = (step: Footprint) => run.filter((s) => s.session === step.session).indexOf(step);
  const name = (step: Footprint) => `${step.session}.${nth(step)}`;
  return run
    .flatMap((a) =>
      run
        .filter((b) => a.session < b.session && depend(a, b))
        .map((b) => `${name(a)}${place.get(a)! < place.get(b)! ? "<" : ">"}${name(b)}`),
    )
    .sort()
    .join(" ");
}

describe("two sessions", () => {
  test("that have nothing to do with each other need one run, which stands for all", () => {
    const programs = [0, 1].map((s) => ["a", "b", "c"].map((t) => locking(s, [t + s])));
    expect(tryAll(programs)).toMatchObject({ runs: { length: 1 }, orders: 20 });
  });

  test("that fight over every step need every interleaving", () => {
    const programs = [0, 1].map((s) => [1, 2, 3].map(() => locking(s, ["t"])));
    expect(tryAll(programs)).toMatchObject({ runs: { length: 20 }, orders: 20 });
  });

  test("a reader is before or behind the commit of what it reads, not of each write", () => {
    const writer = [locking(0, ["t"]), locking(0, ["t"]), ending(0, ["t"])];
    const reader = [reading(1, ["t"]), reading(1, ["t"]), ending(1, [])];
    const { runs, orders } = tryAll([writer, reader]);
    expect(runs).toHaveLength(3);
    expect(orders).toBe(20);
  });
});

test("what has nothing to do with each other is not put together without being run", () => {
  const fighting = (session: number, table: string): Program => [
    locking(session, [table]),
    ending(session, []),
  ];
  const programs = [fighting(0, "t"), fighting(1, "t"), fighting(2, "u"), fighting(3, "u")];
  const { runs, orders, repeats } = tryAll(programs, new Bounded(4, 8));
  expect(runs).toHaveLength(4);
  expect(orders).toBe(merges(programs));
  expect(repeats).toBe(0);
});

const tables = fc.subarray(["t", "u", "v"], { minLength: 0 });
const program = (session: number, maxLength: number): fc.Arbitrary<Program> => {
  const lock = tables.map((t) => locking(session, t));
  const either = fc.tuple(tables, lock, lock).map(([read, written, unwritten]): Choice => {
    const touched = new Set(read);
    return { written: { ...written, touched }, unwritten: { ...unwritten, touched } };
  });
  const steps = fc.oneof(
    lock,
    tables.map((t) => reading(session, t)),
    either,
  );
  const last = tables.map((t) => ending(session, t));
  return fc
    .tuple(fc.array(steps, { maxLength: maxLength - 1 }), last)
    .map(([some, end]) => [...some, end]);
};

const two = fc.tuple(program(0, 5), program(1, 5));
const programs = fc.oneof(two, fc.tuple(program(0, 3), program(1, 3), program(2, 3)));

test.prop([two], { numRuns: 300 })(
  "the runs stand for every interleaving there is, and no two for the same",
  (each) => {
    const { runs, orders } = tryAll(each);
    expect(orders).toBe(merges(each));
    expect(new Set(runs.map(trace)).size).toBe(runs.length);
  },
);

/** Every way to merge the programs in which none that could go on is left more than so often. */
function mergesWith(programs: readonly Program[], switches: number) {
  const visit = (order: readonly number[], left: number): (readonly number[])[] => {
    const made = (session: number) => order.filter((s) => s === session).length;
    const going = programs.flatMap((steps, s) => (made(s) < steps.length ? [s] : []));
    if (going.length === 0) return [order];
    const last = order.at(-1);
    return going.flatMap((s) => {
      const rest = left - (last !== undefined && s !== last && going.includes(last) ? 1 : 0);
      return rest < 0 ? [] : visit([...order, s], rest);
    });
  };
  return visit([], switches).map((order) => play(programs, order));
}

test.prop([programs, fc.integer({ min: 0, max: 3 })], { numRuns: 300 })(
  "with few switches: the runs are those that have so few, each class of them once",
  (each, switches) => {
    const { runs, repeats } = tryAll(each, new Bounded(each.length, switches));
    expect(repeats).toBe(0);
    const wanted = new Set(mergesWith(each, switches).map(trace));
    expect(new Set(runs.map(trace))).toEqual(wanted);
    expect(runs).toHaveLength(wanted.size);
  },
);

test.prop([programs], { numRuns: 300 })(
  "with any number of switches: every interleaving there is",
  (each) => {
    const { runs, orders } = tryAll(each, new Bounded(each.length, Infinity));
    expect(orders).toBe(merges(each));
    expect(new Set(runs.map(trace)).size).toBe(runs.length);
  },
);

describe("spread after some", () => {
  const fighting = [0, 1].map((s) => Array.from({ length: 8 }, () => locking(s, ["t"])));
  const firstTurn = (run: readonly Footprint[]) =>
    run.findIndex((s) => s !== run[0] && s.session !== run[0]!.session);

  /** Of the runs that are made, so many at most. */
  const some = (schedules: Schedule, atMost: number) => {
    const { runs, repeats } = tryAll(fighting, schedules, atMost);
    return { runs, repeats, turns: new Set(runs.map(firstTurn)) };
  };

  test("few schedules are all run, and nothing is left out", () => {
    const schedules = new Schedules(40);
    const programs = [0, 1].map((s) => [1, 2, 3].map(() => locking(s, ["t"])));
    expect(tryAll(programs, schedules)).toMatchObject({ runs: { length: 20 }, orders: 20 });
    expect(schedules.partial).toBe(false);
  });

  test("of many the first differ late, and the others anywhere", () => {
    const late = some(new Schedules(), 40);
    const schedules = new Schedules(20);
    const anywhere = some(schedules, 40);
    expect(Math.min(...late.turns)).toBeGreaterThan(3);
    expect(Math.min(...anywhere.turns)).toBeLessThan(3);
    expect(anywhere.repeats).toBe(0);
    expect(schedules.partial).toBe(true);
  });
});
