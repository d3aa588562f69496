/** Calls, answers and failures as a person reads them: `Claim(a, 2)`, `claimed j1/1 j2/1`. */

import type { Outcome } from "../../src/core/index.js";
import type { Attempt } from "../conform/attempts.js";
import { callText, outcomeText } from "../report/calls.js";
import { formatDiff } from "../report/diff.js";
import type { BadStep } from "./compare.js";
import type { Sides } from "./views.js";

const answersText = (outcomes: readonly Outcome[]): string =>
  outcomes.map(outcomeText).join(", ") || "nothing";

export const traceText = (trace: readonly Attempt[]): string => trace.map(callText).join(" → ");

const sideLines = ({ expected, shown }: Sides): readonly string[] => [
  ...expected.map((line) => `  - ${line}`),
  ...shown.map((line) => `  + ${line}`),
];

/** The first bad step: what was expected, what happened, and what is different afterwards. */
export function badStepLines(bad: BadStep) {
  const { attempt, expected, actual, error, contract, rows, faults } = bad;
  const allowed = (why: string | null) => why ?? "allowed";
  const section = (title: string, lines: readonly string[]) =>
    lines.length > 0 ? [title, ...lines] : [];
  return [
    `at ${callText(attempt)}`,
    `  the core says      ${answersText(expected)}`,
    `  Postgres answers   ${error ? `error ${error}` : answersText(actual)}`,
    `  the contract says  ${allowed(contract.postgres)}`,
    ...(contract.core && contract.core !== contract.postgres
      ? [`  and of the core    ${contract.core}`]
      : []),
    ...section("rows, - in the core only, + in Postgres only", formatDiff(rows)),
    ...section(
      "rows of Postgres, beyond what the core says",
      faults.map((line) => `  ${line}`),
    ),
    ...section(
      "jobs, - as the contract has them, + as the view of Postgres shows them",
      sideLines(bad.view),
    ),
    ...section("health, - by the rows of the core, + as Postgres shows it", sideLines(bad.health)),
    ...section(
      "beside the calls of the model",
      bad.beside.map((line) => `  ${line}`),
    ),
  ];
}
