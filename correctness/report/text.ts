/** Results as a terminal shows them: one table, then every finding, the failing trace first. */

import Table from "cli-table3";
import type { Finding, Row } from "../claims.js";
import { factsOf, number, verdictText } from "./report.js";
import type { Exhibit, Report, Section } from "./report.js";

const plain = { style: { head: [], border: [], compact: true } };
const SENTENCE_WIDTH = 50;

const coveredText = ({ covered }: Section): string =>
  Object.entries(covered)
    .map(([name, value]) => `${number(value)} ${name}`)
    .join("\n");

export function claimsTable(sections: readonly Section[]): string {
  const table = new Table({
    ...plain,
    head: ["claim", "what it says", "covered", "seconds", "verdict"],
    colWidths: [null, SENTENCE_WIDTH, null, null, null],
    colAligns: ["left", "left", "left", "right", "left"],
    wordWrap: true,
  });
  for (const section of sections)
    table.push([
      section.id,
      section.sentence,
      coveredText(section),
      section.seconds.toFixed(1),
      verdictText(section),
    ]);
  return table.toString();
}

/** A column with a width is wrapped to it. */
export function plainTable(
  head: string[],
  rows: readonly string[][],
  colWidths: (number | null)[] = [],
): string {
  const table = new Table({ ...plain, head, colWidths, wordWrap: true });
  table.push(...rows);
  return table.toString();
}

/** The rows of one claim. */
export function rowsTable(rows: readonly Row[]): string {
  const facts = factsOf(rows);
  const cells = rows.map((row) => [
    row.name,
    ...facts.map((name) => number(row.facts[name] ?? "")),
    row.seconds.toFixed(1),
    verdictText(row),
  ]);
  return plainTable(["name", ...facts, "seconds", "verdict"], cells);
}

const exhibitText = ({ title, head, rows }: Exhibit): string =>
  `${title}\n${plainTable(
    [...head],
    rows.map((row) => [...row]),
  )}`;

export const findingText = ({ title, lines, replay }: Finding): string =>
  [`✗ ${title}`, ...lines.map((line) => `    ${line}`), `    replay: npx ${replay}`].join("\n");

/** Why claims were not run, what a result does not say, and what is wrong where one is violated. */
export function detailsText(sections: readonly Section[]): string {
  const parts = sections.flatMap(({ id, why, exhibits = [], note, findings }) => [
    ...(why === undefined ? [] : [`${id} was not run: ${why}`]),
    ...exhibits.map(exhibitText),
    ...(note === undefined ? [] : [note]),
    ...findings.map((finding) => `${id} is violated\n${findingText(finding)}`),
  ]);
  return parts.join("\n\n");
}

/** What a program reads: one line. */
export const jsonLine = (report: Report): string =>
  JSON.stringify(report.sections[0]?.line ?? claimsLine(report));

/** To a program, a claim with nothing to do in its shard was not run. */
const claimsLine = ({ tier, sections }: Report) => ({
  tier,
  claims: sections.map(({ id, claim, verdict, seconds, covered, numbers, ...rest }) => ({
    id,
    claim,
    verdict: verdict === "empty" ? "not-run" : verdict,
    seconds: Number(seconds.toFixed(1)),
    covered,
    numbers,
    why: rest.why,
    note: rest.note,
    findings: rest.findings.map(({ title, replay }) => ({ title, replay })),
  })),
});
