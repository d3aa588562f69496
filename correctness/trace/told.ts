/** What there is to say of a history that was recorded: what is in it, and what is wrong. */

import { allAnswers, wordsOf } from "../../src/core/index.js";
import type { Finding, Row } from "../claims.js";
import { Counts } from "../coverage/counts.js";
import type { Event, History } from "./history.js";
import { findingsOf, judge } from "./judge.js";

export interface Told {
  /** What calls answered. */
  readonly counts: Counts;
  readonly row: Row;
  readonly findings: readonly Finding[];
  readonly events: number;
  readonly faults: number;
}

/** Judges a history whose recording was begun then. */
export function told(name: string, history: History, started: number): Told {
  const recorded = performance.now();
  const findings = findingsOf(judge(history), history);
  const ended = performance.now();
  const { events } = history;
  const counts = answersOf(events);
  const faults = events.filter(({ fault }) => fault !== undefined).length;
  const row: Row = {
    name,
    verdict: findings.length > 0 ? "violated" : "holds",
    seconds: (ended - started) / 1000,
    facts: {
      calls: events.length,
      "beside others": besideOthers(history),
      lost: faults,
      "nobody knows": events.filter(({ outcome }) => outcome === null).length,
      "kinds of answers": allAnswers.filter((answer) => counts.of("trace", answer) > 0).length,
      "s to judge": ((ended - recorded) / 1000).toFixed(1),
    },
  };
  return { counts, row, findings, events: events.length, faults };
}

/** Calls that began before the one before them had ended. */
const besideOthers = ({ events }: History): number =>
  events.filter((event, i) => i > 0 && event.call < (events[i - 1]!.return ?? Infinity)).length;

function answersOf(events: readonly Event[]): Counts {
  const counts = new Counts();
  for (const { action, outcome } of events)
    if (outcome) for (const word of wordsOf(outcome)) counts.answer("trace", action, word);
  return counts;
}
