/** `--report DIR`: JUnit for CI, a page to look at, and a JSON bundle per finding. */

import { accessSync, constants, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import junit, { type Builder } from "junit-report-builder";
import { UserError } from "../../src/errors.js";
import type { Claim, ClaimResult } from "../claims.js";
import { page } from "./page.js";
import { findingText } from "./text.js";

export interface Report {
  readonly tier: string;
  readonly seed: number;
  readonly claims: readonly Claim[];
  readonly results: readonly ClaimResult[];
}

/** Says before anything runs whether the folder can be written. */
export function prepareFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true });
    accessSync(dir, constants.W_OK);
  } catch (cause) {
    const message = `The report folder ${dir} cannot be written: ${(cause as Error).message}.`;
    throw new UserError(message, "Name a folder that you may write to.", { cause });
  }
}

export function writeFolder(dir: string, report: Report): void {
  writeFileSync(join(dir, "junit.xml"), junitXml(report));
  writeFileSync(join(dir, "index.html"), page(report));
  for (const { id, findings } of report.results)
    findings.forEach((finding, i) =>
      writeFileSync(join(dir, `${id}-${i + 1}.json`), `${JSON.stringify(finding, null, 2)}\n`),
    );
}

/** A suite per claim; a test case per row, or one for the claim where it has none. */
export function junitXml({ claims, results }: Report): string {
  // The types name a default export where the module itself is the builder.
  const builder = (junit as unknown as Builder).newBuilder();
  for (const result of results) {
    const { sentence } = claims.find((c) => c.id === result.id)!;
    const suite = builder.testSuite().name(`${result.id} ${sentence}`).time(result.seconds);
    for (const row of result.rows) {
      const testCase = suite.testCase().className(result.id).name(row.name).time(row.seconds);
      if (row.verdict === "violated") testCase.failure(`${row.name} is violated`);
    }
    const whole = suite.testCase().className(result.id).name(sentence).time(result.seconds);
    if (result.verdict === "violated")
      whole.failure(result.findings.map(findingText).join("\n\n") || "violated");
    if (result.verdict === "not-run") whole.error(result.why ?? "not run");
  }
  return builder.build();
}
