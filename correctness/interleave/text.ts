/** A schedule as a person reads it: a column per session, and what is wrong with what came out. */

import { isDeepStrictEqual } from "node:util";
import type { Outcome, Scope } from "../../src/core/index.js";
import type { Finding } from "../claims.js";
import { formatCall, formatCalls, outcomeText } from "../report/calls.js";
import { diffDb, formatDiff } from "../report/diff.js";
import type { Ran } from "./arena.js";
import type { Explained, Serial } from "./explain.js";
import type { Fault, Meeting, Violation } from "./meet.js";
import type { StepMade } from "./stepping.js";

const sessionName = (session: number): string => "ABC"[session]!;

const answerText = (outcome: Outcome | Error): string =>
  outcome instanceof Error ? `error ${outcome.message}` : outcomeText(outcome);

export const meetingText = ({ way, calls }: Pick<Meeting, "way" | "calls">): string =>
  [...formatCalls(way), formatCalls(calls).join(" ‖ ")].join(" → ");

const waitText = ({ waitsFor, waitsOn }: StepMade): string => {
  if (waitsFor.length === 0) return "";
  const whom = waitsFor.map(sessionName).join(", ");
  return waitsOn === null ? ` [waits for ${whom}]` : ` [waits for ${whom}, for ${waitsOn}]`;
};

/** The steps from top to bottom, each in the column of its session. */
export function columnLines({ steps }: Pick<Ran, "steps">, calls: Meeting["calls"]): string[] {
  const heads = calls.map((call, i) => `${sessionName(i)}: ${formatCall(call)}`);
  const texts = steps.map((step) => step.label + waitText(step));
  const widths = heads.map((head, i) =>
    Math.max(head.length, ...texts.filter((_, j) => steps[j]!.session === i).map((t) => t.length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join("  ")
      .trimEnd();
  const rows = steps.map(({ session }, j) => calls.map((_, i) => (i === session ? texts[j]! : "")));
  const number = (n: number | string) => `${String(n).padStart(4)}  `;
  return [number("") + line(heads), ...rows.map((cells, j) => number(j + 1) + line(cells))];
}

const faults: Readonly<Record<Fault, string>> = {
  deadlock: "Postgres ended a deadlock",
  stuck: "the sessions wait for each other, and Postgres does not end it",
  convoy: "maintenance waits for the lock of a relation",
  unexplained: "no order of the calls explains this",
};

const orderText = ({ order, outcomes }: Serial): string =>
  order.map((i) => `${sessionName(i)} ${outcomeText(outcomes[i]!)}`).join(", then ");

/** Of an order whose answers are these; where there is none, the rows say little. */
function rowLines({ ran, explainer }: Violation, scope: Scope): string[] {
  const same = explainer.serials.find((s) => isDeepStrictEqual(s.outcomes, ran.outcomes));
  if (!same) return [];
  const rows = formatDiff(diffDb(same.state.db, ran.db, scope));
  return rows.length === 0 ? [] : ["rows, only in the core (-), only in Postgres (+):", ...rows];
}

/** What somebody needs to see the schedule again. */
export interface ScheduleBundle extends Pick<Meeting, "scope" | "way" | "calls"> {
  /** The sessions in the order of their steps. */
  readonly schedule: readonly number[];
}

export function explainedText({ order, benign }: Explained): string {
  const turned = benign.map((i) => `, where a lock was in the way of ${sessionName(i)}`).join("");
  return `This is the order ${order.map(sessionName).join(", ")}${turned}.`;
}

export function outcomeLines(ran: Pick<Ran, "outcomes">): string[] {
  return ran.outcomes.map((o, i) => `  ${sessionName(i)} answered ${answerText(o)}`);
}

export function violationFinding(meeting: Meeting, violation: Violation, replay: string): Finding {
  const { fault, ran, explainer } = violation;
  const { scope, way, calls } = meeting;
  const schedule = ran.steps.map(({ session }) => session);
  const bundle: ScheduleBundle = { scope, way, calls, schedule };
  return {
    title: `${meetingText(meeting)}: ${faults[fault]}`,
    lines: [
      ...columnLines(ran, calls),
      ...outcomeLines(ran),
      "in the core, one after the other:",
      ...explainer.serials.map((serial) => `  ${orderText(serial)}`),
      ...ran.faults,
      ...rowLines(violation, scope),
      "with --report, the schedule is a file of the folder: ringproof interleave --replay FILE",
    ],
    replay,
    bundle,
  };
}
