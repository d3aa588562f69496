/** The schedules of the calls of one case, run and explained, until one is not. */

import { actions, type ActionTable } from "../../src/core/index.js";
import type { Arena, Ran } from "./arena.js";
import type { Case } from "./cases.js";
import { Explainer, type Explained } from "./explain.js";
import type { Schedule } from "./schedules.js";

/**
 * What is wrong with a run: sessions that wait for each other, with or without Postgres noticing;
 * maintenance that waits for a relation lock, with whoever comes after it; or no order of the calls
 * in the core that gives these answers and rows.
 */
export type Fault = "deadlock" | "stuck" | "convoy" | "unexplained";

export interface Violation {
  readonly fault: Fault;
  readonly ran: Ran;
  readonly explainer: Explainer;
}

export interface Met {
  /** Schedules that were run. */
  readonly runs: number;
  /** Interleavings that they stand for: those that only reorder steps that commute are one. */
  readonly interleavings: number;
  /** Runs that turned out to repeat another one. */
  readonly redundant: number;
  /** Runs in which a call was turned away, or passed rows over, because of a lock. */
  readonly benign: number;
  /** Runs in which a session waited for another one. */
  readonly waiting: number;
  /** Steps of all runs. */
  readonly steps: number;
  /** Whether there are schedules that were not run. */
  readonly cut: boolean;
  readonly violation: Violation | null;
}

export interface MeetOptions {
  /** Runs at most. */
  readonly atMost?: number;
  readonly schedule: Schedule;
  readonly table?: ActionTable;
  readonly signal?: AbortSignal;
  /** Called after each run, with what explains it. */
  readonly onRun?: (ran: Ran, explained: Explained | null) => void;
}

export type Meeting = Pick<Case, "scope" | "way" | "state" | "calls">;

const DEADLOCK = "40P01";

const codeOf = (outcome: object): string | undefined => (outcome as { code?: string }).code;

/** Rotations and prunes give up rather than wait: whoever came next would wait behind them. */
const convoys = (ran: Ran, calls: Meeting["calls"]): boolean =>
  ran.steps.some(
    ({ session, waitsOn }) =>
      waitsOn !== null && actions[calls[session]!.action].family === "rings",
  );

function faultOf(ran: Ran, calls: Meeting["calls"]): Fault | null {
  if (ran.stuck) return "stuck";
  if (ran.outcomes.some((o) => o instanceof Error && codeOf(o) === DEADLOCK)) return "deadlock";
  return convoys(ran, calls) ? "convoy" : null;
}

/** The rows of the arena are those of the case's state afterwards. */
export async function meet(arena: Arena, meeting: Meeting, options: MeetOptions): Promise<Met> {
  const { scope, way, state, calls } = meeting;
  const { atMost = Infinity, schedule, table, signal, onRun } = options;
  await arena.load(way, scope);
  const explainer = new Explainer(state, calls, scope, table);
  const met = { runs: 0, interleavings: 0, redundant: 0, benign: 0, waiting: 0, steps: 0 };
  let more = true;
  while (more && met.runs < atMost && !signal?.aborted) {
    const ran = await arena.run(calls, schedule);
    const stands = schedule.ended();
    met.runs++;
    met.steps += ran.steps.length;
    met.interleavings += stands;
    if (stands === 0) met.redundant++;
    if (ran.steps.some(({ waitsFor }) => waitsFor.length > 0)) met.waiting++;
    const explained = explainer.explain(ran);
    onRun?.(ran, explained);
    const fault = faultOf(ran, calls) ?? (explained ? null : "unexplained");
    if (fault) return { ...met, cut: true, violation: { fault, ran, explainer } };
    if (explained!.benign.length > 0) met.benign++;
    more = schedule.next();
  }
  return { ...met, cut: more || schedule.partial, violation: null };
}
