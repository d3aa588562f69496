/** The tables of README.md that a bench writes. */

import { markdownTable, marked } from "../report/markdown.js";
import { factsOf, number, type Section } from "../report/report.js";
import type { Benched, BenchOptions } from "./bench.js";
import { figuresOf } from "./exhibits.js";
import { reckoned } from "./figures.js";
import { boundText, judged, valueText, type Judged } from "./goals.js";
import { names } from "./requests.js";
import { commandOf, machineText, settingsText, sizesText } from "./surroundings.js";

const goalHead = ["goal", "ringproof", "best peer", "value", "to be", ""];

/** The text of a README with what was measured, the command and the machine under it. */
export function withPerformance(
  readme: string,
  benched: Benched,
  options: BenchOptions,
  date: string,
): string {
  const result = reckoned(benched.rounds);
  const { head, rows } = figuresOf(result);
  const goals = Object.values<Judged>(judged(result)).map(({ goal, value, met, told }) => [
    goal.title,
    ...Object.values(told),
    valueText(value),
    boundText(goal.bound),
    met === null ? "not measured" : met ? "met" : "missed",
  ]);
  const { surroundings } = benched;
  const body = [
    markdownTable(head, rows),
    markdownTable(goalHead, goals),
    `\`npx ${commandOf(options, names.length)}\`, ${date}. ${sizesText(options)}.`,
    `${machineText(surroundings)}. ${settingsText(surroundings)}.`,
  ];
  return marked(readme, "performance", body.join("\n\n"));
}

/** The text of a README with what configurations cost as they grow. */
export function withGrowth(
  readme: string,
  { rows, note }: Pick<Section, "rows" | "note">,
  { command, date }: { readonly command: string; readonly date: string },
): string {
  const facts = factsOf(rows);
  const cells = rows.map(({ name, facts: own }) => [
    name,
    ...facts.map((fact) => number(own[fact] ?? "")),
  ]);
  const body = [markdownTable(["", ...facts], cells), `\`npx ${command}\`, ${date}. ${note}`];
  return marked(readme, "growth", body.join("\n\n"));
}
