/** Runs what meets, on arenas side by side. */

import { wordsOf } from "../../src/core/index.js";
import type { PostgresServer } from "../../src/postgres/server.js";
import type { RunContext } from "../claims.js";
import { Counts } from "../coverage/counts.js";
import { grouped } from "../grouped.js";
import { Arena, newSchema, Strayed, type Ran as ArenaRan } from "./arena.js";
import { Failing } from "./failing.js";
import { INSIDE } from "./instrument.js";
import { meet, type Met } from "./meet.js";
import type { Work } from "./plan.js";
import { arenaScope } from "./scopes.js";
import { roundTrip } from "./speed.js";

const ARENAS = 3;
/** As many calls as ever meet. */
export const SESSIONS = 4;
/** Violations to tell of: one bug shows in many pairs. */
const ENOUGH = 3;

/** What came of the schedules of one case. */
export interface Done {
  readonly work: Work;
  readonly met: Met;
  readonly seconds: number;
}

export interface Ran {
  readonly done: readonly Done[];
  readonly failing: Failing;
  /** What the calls answered, and the labelled statements that they came to. */
  readonly counts: Counts;
  /** Of a query that does nothing. */
  readonly roundTripMs: number;
}

/** Those that meet in one state together: it is loaded once. Where three meet first: they last. */
function byState(work: readonly Work[]): readonly (readonly Work[])[] {
  const inOrder = work.toSorted((a, b) => b.calls.length - a.calls.length);
  return [...grouped(inOrder, ({ area, way }) => JSON.stringify([area, way])).values()];
}

/** Errors are no answers; a step inside a statement is one of that statement. */
function count(counts: Counts, { steps, outcomes }: ArenaRan, calls: Work["calls"]): void {
  for (const [i, outcome] of outcomes.entries())
    if (!(outcome instanceof Error))
      for (const word of wordsOf(outcome)) counts.answer("interleave", calls[i]!.action, word);
  for (const { label } of steps)
    if (label.includes(".") && !label.endsWith(INSIDE)) counts.add("interleave", label);
}

/** So often the schedules of a case are begun: on a busy machine sessions may overtake others. */
const ATTEMPTS = 3;

async function again(schedules: () => Promise<Met>): Promise<Met> {
  for (let left = ATTEMPTS; ; left--) {
    try {
      return await schedules();
    } catch (error) {
      if (!(error instanceof Strayed) || left === 1) throw error;
    }
  }
}

/** All schedules of a case, and its calls alone, with errors. */
export async function runCase(
  arena: Arena,
  each: Work,
  failing: Failing,
  { signal, counts = new Counts() }: { signal?: AbortSignal; counts?: Counts } = {},
): Promise<Met> {
  const { atMost, schedule, calls } = each;
  const labels = calls.map(() => new Set<string>());
  const onRun = (ran: ArenaRan) => {
    ran.steps.forEach(({ session, label }) => labels[session]!.add(label));
    count(counts, ran, calls);
  };
  const met = await again(() =>
    meet(arena, each, { atMost, schedule: schedule(), onRun, ...(signal && { signal }) }),
  );
  if (!met.violation)
    for (const [i, call] of calls.entries()) await failing.look(arena, each, call, labels[i]!);
  return met;
}

/** Until there is enough to tell of. */
export async function runAll(
  server: PostgresServer,
  work: readonly Work[],
  { signal, progress }: RunContext,
): Promise<Ran> {
  const done: Done[] = [];
  const failing = new Failing();
  const counts = new Counts();
  const states = byState(work);
  let [next, roundTripMs] = [0, Infinity];
  const enough = () => done.filter(({ met }) => met.violation).length >= ENOUGH;
  const runOne = async (arena: Arena, each: Work): Promise<void> => {
    const began = performance.now();
    const met = await runCase(arena, each, failing, { signal, counts });
    done.push({ work: each, met, seconds: (performance.now() - began) / 1000 });
    progress("interleave, meetings", done.length, work.length);
  };
  const runSome = async (number: number): Promise<void> => {
    const place = { schema: newSchema(), number, scope: arenaScope, sessions: SESSIONS };
    const arena = await Arena.open(server, place);
    try {
      while (next < states.length)
        for (const each of states[next++]!)
          if (!enough() && !signal.aborted) await runOne(arena, each);
      if (roundTripMs === Infinity) roundTripMs = await roundTrip(arena.controller);
    } finally {
      await arena.close();
    }
  };
  const arenas = Array.from({ length: Math.min(ARENAS, states.length) }, (_, n) => runSome(n));
  const failed = (await Promise.allSettled(arenas)).find((r) => r.status === "rejected");
  if (failed) throw failed.reason;
  return { done, failing, counts, roundTripMs };
}
