/** What conformance has tried so far, and what came of it. */

import {
  actions,
  allAnswers,
  wordsOf,
  type ActionName,
  type Outcome,
} from "../../src/core/index.js";
import type { Finding } from "../claims.js";
import { add, addAll } from "../counting.js";
import type { Calls } from "../report/calls.js";

export interface Tally {
  databases: number;
  checks: number;
  /** Checks that change a row, and those that the core says change none. */
  enabled: number;
  refused: number;
  /** Checks per action and answer, such as `Claim empty`. */
  readonly results: Map<string, number>;
  /** How often Postgres came to each labelled statement, where that is counted. */
  readonly labels: Map<string, number>;
}

export const newTally = (): Tally => ({
  databases: 0,
  checks: 0,
  enabled: 0,
  refused: 0,
  results: new Map(),
  labels: new Map(),
});

/** Several quiet calls may have been made as one: each is a check. */
export function count(
  tally: Tally,
  { action, list }: Calls,
  outcomes: readonly Outcome[],
  quiet: boolean,
): void {
  const checks = quiet ? list.length : 1;
  tally.checks += checks;
  if (quiet) tally.refused += checks;
  else tally.enabled += checks;
  for (const word of outcomes.flatMap(wordsOf)) add(tally.results, `${action} ${word}`);
}

export function merge(into: Tally, from: Tally): void {
  into.databases += from.databases;
  into.checks += from.checks;
  into.enabled += from.enabled;
  into.refused += from.refused;
  addAll(into.results, from.results);
  addAll(into.labels, from.labels);
}

/** Answers of operations on Postgres. */
const ofPostgres = allAnswers.filter((answer) => {
  const [name] = answer.split(" ") as [ActionName];
  return actions[name].family !== "environment";
});

/** What to say of a run in which not all answers came that there are, with those of others. */
export function neverAnswered(tally: Tally, others: readonly string[]): Finding[] {
  const answers = [...ofPostgres, ...others].filter((answer) => !tally.results.has(answer));
  if (answers.length === 0) return [];
  return [
    {
      title: "some answers never came, so the run shows nothing about them",
      lines: answers.map((a) => `never answered: ${a}`),
      replay: "ringproof conform",
    },
  ];
}
