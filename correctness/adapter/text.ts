/** What is wrong with a storage under test, as a person reads it. */

import { isDeepStrictEqual } from "node:util";
import type { Outcome } from "../../src/memory/index.js";
import type { Finding } from "../claims.js";
import { formatCall, outcomeText, stepsText } from "../report/calls.js";
import type { Failure } from "./conform.js";
import type { Race } from "./interleave.js";
import type { BadCall } from "./subject.js";

const answerText = (answer: Outcome | Error): string =>
  answer instanceof Error ? `error ${answer.message}` : outcomeText(answer);

/** The call that is wrong, and in what. */
function badLines({ operation, outcome, error, why, view }: BadCall): readonly string[] {
  return [
    ...(operation ? [`at ${formatCall(operation)}`] : []),
    ...(error === null ? [] : [`  the storage raises   ${error}`]),
    ...(outcome === null ? [] : [`  the storage answers  ${outcomeText(outcome)}`]),
    ...(why === null ? [] : [`  the contract says    ${why}`]),
    ...(isDeepStrictEqual(view.expected, view.shown)
      ? []
      : [
          "  jobs, - as the contract has them, + as the storage shows them",
          ...view.expected.map((line) => `    - ${line}`),
          ...view.shown.map((line) => `    + ${line}`),
        ]),
  ];
}

export function failureFinding({ path, bad }: Failure, replay: string): Finding {
  const calls = bad.operation ? [...path, bad.operation] : path;
  return {
    title: `${stepsText(calls.length)}: ${calls.map(formatCall).join(" → ")}`,
    lines: badLines(bad),
    replay,
    bundle: { path, ...bad },
  };
}

const sessions = ["A", "B"];

/** The queries in the order in which they were sent, each in the column of its session. */
export function raceFinding(race: Race, replay: string): Finding {
  const { meeting, steps, outcomes, stuck, orders } = race;
  const name = (session: number): string => sessions[session]!;
  const queries = steps.map(({ session, text, waitsFor }) => {
    const line = text.trim().replace(/\s+/g, " ").slice(0, 70);
    const waits = waitsFor.length > 0 ? ` [waits for ${waitsFor.map(name).join(", ")}]` : "";
    return `  ${name(session)} ${" ".repeat(2 * session)}${line}${waits}`;
  });
  const calls = meeting.calls.map(formatCall);
  return {
    title: [...meeting.path.map(formatCall), calls.join(" ‖ ")].join(" → "),
    lines: [
      ...calls.map((call, i) => `  ${name(i)}: ${call}`),
      ...queries,
      ...outcomes.map((outcome, i) => `  ${name(i)} answered ${answerText(outcome)}`),
      ...(stuck ? ["they wait for each other, and Postgres does not end it"] : []),
      "no order of the two explains this",
      ...orders.map((why) => `  ${why}`),
    ],
    replay,
    bundle: { ...meeting, schedule: steps.map(({ session }) => session) },
  };
}
