/** `--predict`: what TLC finds for changed SQL, shown on Postgres. */

import { UserError } from "../../src/errors.js";
import type { ClaimResult, Context, Finding, Row } from "../claims.js";
import { serverOf } from "../server.js";
import { predictions, type Played, type Prediction } from "./predict.js";

/** A session as the turns of a schedule name it. */
const who = ({ operations }: Prediction, session: number): string =>
  `${session + 1} ${operations[session]}`;

/** Who waits for a row waits for the transaction that has it. */
const what = (on: string): string => (on === "transactionid" ? "a row" : on);

const numbers = (sessions: readonly number[]): string => sessions.map((n) => n + 1).join(", ");

function playedLines(prediction: Prediction, { waiting, victim }: Played): readonly string[] {
  const waits = waiting.map(
    ({ session, waitsFor, on }) =>
      `    ${who(prediction, session)} waits for ${numbers(waitsFor)}, for ${what(on)}`,
  );
  const ended =
    victim === null
      ? "    Postgres ends nobody"
      : `    Postgres ends ${who(prediction, victim)}: a deadlock`;
  return [...waits, ended];
}

const linesOf = (prediction: Prediction): readonly string[] => [
  `${prediction.config}: ${prediction.about}`,
  `  TLC: ${prediction.property} is violated by`,
  ...prediction.schedule.map((turn) => `    ${turn}`),
  "  on Postgres, with the SQL that the configuration describes:",
  ...playedLines(prediction, prediction.wrong),
  "  on Postgres, with the SQL as it is:",
  ...playedLines(prediction, prediction.right),
];

const rowOf = ({ config, property, schedule, wrong, real, seconds }: Prediction): Row => ({
  name: config,
  seconds,
  verdict: real ? "holds" : "violated",
  wording: real ? "real" : "not real",
  facts: {
    violates: property,
    turns: schedule.length,
    waiters: numbers(wrong.waiting.map(({ session }) => session)),
    victim: wrong.victim === null ? "" : numbers([wrong.victim]),
  },
});

const findingOf = (prediction: Prediction): Finding => ({
  title: `${prediction.config}: Postgres does something else than TLC says`,
  lines: linesOf(prediction),
  replay: "ringproof locks --predict",
  bundle: { prediction },
});

export function predictedResult(found: readonly Prediction[], seconds: number): ClaimResult {
  const wrong = found.filter(({ real }) => !real);
  return {
    id: "C6",
    verdict: wrong.length === 0 ? "holds" : "violated",
    seconds,
    covered: {
      operations: new Set(found.flatMap(({ operations }) => operations)).size,
      plans: 0,
      differences: wrong.length,
    },
    rows: found.map(rowOf),
    findings: wrong.map(findingOf),
    note: found.flatMap(linesOf).join("\n"),
  };
}

export async function predictLocks(context: Context): Promise<ClaimResult> {
  const started = performance.now();
  if (context.configs.length > 0 || context.shard.count > 1)
    throw new UserError(
      "Predictions are of the negative configurations of LockOrder, all of them.",
      "Leave out the operations and --shard, or leave out --predict.",
    );
  const server = await serverOf(context);
  try {
    const found = await predictions(server, context);
    return predictedResult(found, (performance.now() - started) / 1000);
  } finally {
    await server.stop();
  }
}
