/** `--replay FILE`: one schedule again, step by step, as a report has kept it. */

import { readFile } from "node:fs/promises";
import { UserError } from "../../src/errors.js";
import { actions, storageMachine } from "../../src/core/index.js";
import type { PostgresServer } from "../../src/postgres/server.js";
import type { ClaimResult, Context, Finding } from "../claims.js";
import { replay } from "../explore/explorer.js";
import { serverOf } from "../server.js";
import { Arena, newSchema, type Ran } from "./arena.js";
import type { Explained } from "./explain.js";
import { Kept } from "./kept.js";
import { meet, type Meeting } from "./meet.js";
import { withRowLocks } from "./row-locks.js";
import {
  columnLines,
  explainedText,
  meetingText,
  outcomeLines,
  violationFinding,
  type ScheduleBundle,
} from "./text.js";

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

const isCall = (value: unknown): boolean =>
  isObject(value) && String(value.action) in actions && isObject(value.args);

const isSchedule = (value: unknown): value is ScheduleBundle =>
  isObject(value) &&
  isObject(value.scope) &&
  [value.way, value.calls].every((calls) => Array.isArray(calls) && calls.every(isCall)) &&
  Array.isArray(value.schedule) &&
  value.schedule.every((session) => session in (value.calls as object));

async function readSchedule(file: string): Promise<ScheduleBundle> {
  const text = await readFile(file, "utf8").catch((cause: Error) => {
    throw new UserError(
      `The schedule ${file} cannot be read: ${cause.message}.`,
      "Name a file finding-C5-….json that --report has written.",
      { cause },
    );
  });
  const bundle = parsed(text);
  if (isSchedule(bundle)) return bundle;
  throw new UserError(
    `There is no schedule in ${file}.`,
    "Name a file finding-C5-….json that `ringproof interleave --report DIR` has written.",
  );
}

function parsed(text: string): unknown {
  try {
    return (JSON.parse(text) as { bundle?: unknown }).bundle;
  } catch {
    return null;
  }
}

/** Only this schedule, and as far as its sessions can keep it. */
export async function replaySchedule(context: Context, file: string): Promise<ClaimResult> {
  const bundle = await readSchedule(file);
  const began = performance.now();
  const server = await serverOf(context);
  try {
    const { lines, finding } = await withRowLocks(server, () => run(server, bundle, file));
    const verdict = finding ? "violated" : "holds";
    const judged = { verdict, ...(finding ? {} : { wording: "explained" }) } as const;
    const seconds = (performance.now() - began) / 1000;
    return {
      id: "C5",
      ...judged,
      seconds,
      covered: {
        pairs: 0,
        triples: 0,
        quadruples: 0,
        interleavings: 1,
        deadlocks: 0,
        unexplained: 0,
      },
      rows: [{ name: meetingText(bundle), ...judged, seconds, facts: {} }],
      findings: finding ? [finding] : [],
      note: lines.join("\n"),
    };
  } finally {
    await server.stop();
  }
}

interface Replayed {
  readonly lines: readonly string[];
  readonly finding: Finding | null;
}

async function run(
  server: PostgresServer,
  { scope, way, calls, schedule }: ScheduleBundle,
  file: string,
): Promise<Replayed> {
  const { state } = replay(way, storageMachine(scope)).at(-1)!;
  const meeting: Meeting = { scope, way, state, calls };
  const kept = new Kept(schedule);
  const lines: string[] = [];
  const onRun = (ran: Ran, explained: Explained | null): void => {
    if (!explained) return;
    lines.push(...columnLines(ran, calls), ...outcomeLines(ran), explainedText(explained));
  };
  const sessions = calls.length;
  const arena = await Arena.open(server, { schema: newSchema(), number: 0, scope, sessions });
  try {
    const { violation } = await meet(arena, meeting, { schedule: kept, onRun });
    if (kept.left !== null) lines.push(`From step ${kept.left + 1} on it could not be kept.`);
    const again = `ringproof interleave --replay ${file}`;
    return { lines, finding: violation && violationFinding(meeting, violation, again) };
  } finally {
    await arena.close();
  }
}
