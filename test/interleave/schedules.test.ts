/** Which schedules are tried: every class of equal ones, and each of them once. */

import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { Bounded } from "../../correctness/interleave/bounded.js";
import { depend, idle, type Footprint } from "../../correctness/interleave/footprint.js";
import { Schedules, type Schedule } from "../../correctness/interleave/schedules.js";

type Program = readonly Footprint[];

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

interface Tried {
  /** Without those that only repeat others. */
  readonly runs: readonly (readonly Footprint[])[];
  /** Interleavings that the runs stand for. */
  readonly orders: number;
}

/** Makes every run that the schedules ask for; no step of these programs ever waits. */
function tryAll(
  programs: readonly Program[],
  schedules: Schedule = new Schedules(programs.length),
): Tried {
  const runs: (readonly Footprint[])[] = [];
  let orders = 0;
  do {
    const at = programs.map(() => 0);
    const run: Footprint[] = [];
    for (;;) {
      const enabled = programs.flatMap((steps, s) => (at[s]! < steps.length ? [s] : []));
      if (enabled.length === 0) break;
      const session = schedules.choose(enabled);
      const step = programs[session]![at[session]!++]!;
      schedules.executed(run.length < schedules.known ? null : step);
      run.push(step);
    }
    const stands = schedules.ended();
    if (stands > 0) runs.push(run);
    orders += stands;
  } while (schedules.next());
  return { runs, orders };
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

const tables = fc.subarray(["t", "u", "v"], { minLength: 0 });
const program = (session: number, maxLength: number) =>
  fc.array(
    fc.oneof(
      tables.map((t) => locking(session, t)),
      tables.map((t) => reading(session, t)),
      tables.map((t) => ending(session, t)),
    ),
    { minLength: 1, maxLength },
  );

const programs = fc.oneof(
  fc.tuple(program(0, 5), program(1, 5)),
  fc.tuple(program(0, 3), program(1, 3), program(2, 3)),
);

test.prop([programs], { numRuns: 300 })(
  "the runs stand for every interleaving there is, and no two for the same",
  (each) => {
    const { runs, orders } = tryAll(each);
    expect(orders).toBe(merges(each));
    expect(new Set(runs.map(trace)).size).toBe(runs.length);
  },
);

/** Every way to merge the programs in which none that could go on is left more than so often. */
function mergesWith(programs: readonly Program[], switches: number): readonly Program[] {
  const visit = (at: readonly number[], last: number, left: number): Program[] => {
    const going = programs.flatMap((steps, s) => (at[s]! < steps.length ? [s] : []));
    if (going.length === 0) return [[]];
    return going.flatMap((s) => {
      const rest = left - (s !== last && going.includes(last) ? 1 : 0);
      if (rest < 0) return [];
      const after = at.map((n, i) => (i === s ? n + 1 : n));
      return visit(after, s, rest).map((run) => [programs[s]![at[s]!]!, ...run]);
    });
  };
  return visit(
    programs.map(() => 0),
    -1,
    switches,
  );
}

test.prop([programs, fc.integer({ min: 0, max: 3 })], { numRuns: 300 })(
  "with few switches: the runs are those that have so few, each class of them once",
  (each, switches) => {
    const { runs } = tryAll(each, new Bounded(each.length, switches));
    const wanted = new Set(mergesWith(each, switches).map(trace));
    expect(new Set(runs.map(trace))).toEqual(wanted);
    expect(runs).toHaveLength(wanted.size);
  },
);

test.prop([programs])(
  "with as many switches as steps the runs are those of every class",
  (each) => {
    const { runs, orders } = tryAll(each, new Bounded(each.length, 10));
    expect(orders).toBe(merges(each));
    expect(runs).toHaveLength(tryAll(each).runs.length);
  },
);
