/** What a bench says: a row for each goal, and a table of all that was measured. */

import type { Finding, Row } from "../claims.js";
import type { Section } from "../report/report.js";
import { bench, type Benched, type BenchOptions } from "./bench.js";
import { deadOf, figuresOf } from "./exhibits.js";
import { reckoned } from "./figures.js";
import { boundText, judged, line, valueText, type Judged } from "./goals.js";
import { names } from "./requests.js";
import { commandOf, machineText, settingsText, sizesText } from "./surroundings.js";

export const sentence = "the engine is as fast as what people use, and faster beside a long reader";

/** `measured` hears of what the section is of. */
export async function benchSection(
  options: BenchOptions,
  measured: (benched: Benched) => void,
): Promise<Section> {
  const started = performance.now();
  const benched = await bench(options);
  measured(benched);
  return sectionOf(benched, options, (performance.now() - started) / 1_000);
}

/** A section of what was measured within these seconds. */
export function sectionOf(benched: Benched, options: BenchOptions, seconds: number): Section {
  const result = reckoned(benched.rounds);
  const judgements = judged(result);
  const all = Object.values<Judged>(judgements);
  const missed = all.filter(({ met }) => met === false);
  const { surroundings, rounds } = benched;
  const dead = options.only.map((name) => [name, rounds[name]!.map((r) => r.dead)] as const);
  return {
    id: "bench",
    sentence,
    verdict: missed.length > 0 ? "violated" : "holds",
    seconds,
    covered: {
      contestants: options.only.length,
      rounds: options.rounds,
      goals: all.filter(({ met }) => met !== null).length,
      missed: missed.length,
    },
    rows: all.map((judgement) => rowOf(judgement, seconds)),
    exhibits: [figuresOf(result), deadOf(dead)],
    findings: missed.map((judgement) => findingOf(judgement, commandOf(options, names.length))),
    note: `${sizesText(options)}. ${machineText(surroundings)}. ${settingsText(surroundings)}.`,
    line: line(judgements),
  };
}

export function rowOf({ goal, value, met, told }: Judged, seconds: number): Row {
  const facts = { ...told, value: valueText(value), goal: boundText(goal.bound) };
  if (met === null) return { name: goal.title, verdict: "not-run", seconds, facts };
  const [verdict, wording] = met ? (["holds", "met"] as const) : (["violated", "missed"] as const);
  return { name: goal.title, verdict, wording, seconds, facts };
}

/** Of a goal that is missed, and the command that measures it again. */
export function findingOf({ goal, value, told, details = [] }: Judged, replay: string): Finding {
  const sides = Object.entries(told).filter(([, text]) => text !== "");
  return {
    title: `${goal.title}: ${valueText(value)}, and it is to be ${boundText(goal.bound)}`,
    lines: [...sides.map(([who, text]) => `${who}: ${text}`), ...details],
    replay,
    offline: true,
  };
}
