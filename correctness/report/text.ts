/** Results as a terminal shows them: one table, then every finding, the failing trace first. */

import Table from "cli-table3";
import type { Claim, ClaimResult, Finding, Row } from "../claims.js";

const plain = { style: { head: [], border: [], compact: true } };
const SENTENCE_WIDTH = 50;

const count = (value: string | number): string =>
  typeof value === "number" ? value.toLocaleString("en") : value;

const words = (verdict: string): string => verdict.replace("-", " ");

export const coveredText = ({ covered }: ClaimResult): string =>
  Object.entries(covered)
    .map(([name, value]) => `${count(value)} ${name}`)
    .join("\n");

export function claimsTable(claims: readonly Claim[], results: readonly ClaimResult[]): string {
  const table = new Table({
    ...plain,
    head: ["claim", "what it says", "covered", "seconds", "verdict"],
    colWidths: [null, SENTENCE_WIDTH, null, null, null],
    colAligns: ["left", "left", "left", "right", "left"],
    wordWrap: true,
  });
  for (const result of results) {
    const claim = claims.find((c) => c.id === result.id)!;
    table.push([
      result.id,
      claim.sentence,
      coveredText(result),
      result.seconds.toFixed(1),
      words(result.verdict),
    ]);
  }
  return table.toString();
}

/** The rows of one claim; facts that only some rows have are left blank in the others. */
export function rowsTable(rows: readonly Row[]): string {
  const facts = [...new Set(rows.flatMap((row) => Object.keys(row.facts)))];
  const table = new Table({ ...plain, head: ["name", ...facts, "seconds", "verdict"] });
  for (const row of rows)
    table.push([
      row.name,
      ...facts.map((name) => count(row.facts[name] ?? "")),
      row.seconds.toFixed(1),
      words(row.verdict),
    ]);
  return table.toString();
}

export const findingText = ({ title, lines, replay }: Finding): string =>
  [`✗ ${title}`, ...lines.map((line) => `    ${line}`), `    replay: npx ${replay}`].join("\n");

/** Why claims were not run, and what is wrong with those that do not hold. */
export function detailsText(results: readonly ClaimResult[]): string {
  const parts = results.flatMap((result) => [
    ...(result.why === undefined ? [] : [`${result.id} was not run: ${result.why}`]),
    ...result.findings.map((finding) => `${result.id} is violated\n${findingText(finding)}`),
  ]);
  return parts.join("\n\n");
}

/** What a program reads: one line. */
export const jsonLine = (tier: string, results: readonly ClaimResult[]): string =>
  JSON.stringify({
    tier,
    claims: results.map(({ id, verdict, seconds, covered }) => ({
      id,
      verdict,
      seconds: Number(seconds.toFixed(1)),
      covered,
    })),
  });
