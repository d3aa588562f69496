/** `--report DIR`: JUnit for CI, a page to look at, and a JSON bundle per finding. */

import { createHash } from "node:crypto";
import { accessSync, constants, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import junit, { type Builder } from "junit-report-builder";
import { UserError } from "../../src/errors.js";
import { packageRoot } from "../../src/package-root.js";
import { makeFolder } from "../../src/make-folder.js";
import { page } from "./page.js";
import type { Report } from "./report.js";
import { findingText } from "./text.js";

const JUNIT = "junit.xml";
const PAGE = "index.html";
export const bundleName = (id: string, n: number): string => `finding-${id}-${n}.json`;
const ours = (file: string): boolean =>
  [JUNIT, PAGE].includes(file) || /^finding-\w+-\d+\.json$/.test(file);

/**
 * Says before anything runs whether the folder can be written, and takes an earlier report away:
 * a run that ends early must not leave the verdict of another.
 */
export function prepareFolder(dir: string): void {
  attempt(dir, () => {
    makeFolder(dir);
    accessSync(dir, constants.W_OK);
    for (const file of readdirSync(dir).filter(ours)) rmSync(join(dir, file));
  });
}

export function writeFolder(dir: string, report: Report): void {
  const { tier, seed, sections } = report;
  const [spec, sql] = [hashOf("spec", "tla", "cfg"), hashOf("src/postgres/sql", "sql")];
  attempt(dir, () => {
    writeFileSync(join(dir, JUNIT), junitXml(report));
    writeFileSync(join(dir, PAGE), page(report));
    for (const { id, findings } of sections)
      for (const [i, finding] of findings.entries()) {
        const bundle = { claim: id, tier, seed, spec, sql, ...finding };
        writeFileSync(join(dir, bundleName(id, i + 1)), `${JSON.stringify(bundle, null, 2)}\n`);
      }
  });
}

function attempt(dir: string, write: () => void): void {
  try {
    write();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === undefined) throw cause;
    throw new UserError(
      `The report folder ${dir} cannot be written: ${message}.`,
      "Name a folder that you may write to, on a disk with room.",
      { cause },
    );
  }
}

/** What was checked: a bundle is only worth replaying on the same files. */
function hashOf(folder: string, ...endings: readonly string[]): string {
  const dir = join(packageRoot(), folder);
  const hash = createHash("sha256");
  const files = readdirSync(dir).filter((file) => endings.some((end) => file.endsWith(`.${end}`)));
  for (const file of files.sort()) hash.update(`${file}\n`).update(readFileSync(join(dir, file)));
  return hash.digest("hex");
}

/** XML has no place for most control characters, and a message may hold the colours of a tool. */
const printable = (text: string): string =>
  text
    .replace(/\x1b\[[\d;]*m/g, "")
    .replace(/[^\t\n\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd");

/** A suite per claim; a test case per row, and one for the claim as a whole. */
function junitXml({ sections }: Report): string {
  // The types name a default export where the module itself is the builder.
  const builder = (junit as unknown as Builder).newBuilder();
  for (const { id, sentence, seconds, rows, verdict, findings, why } of sections) {
    const suite = builder.testSuite().name(`${id} ${sentence}`).time(seconds);
    for (const row of rows) {
      const testCase = suite.testCase().className(id).name(printable(row.name)).time(row.seconds);
      if (row.verdict === "violated") testCase.failure(`${row.name} is violated`);
      if (row.verdict === "not-run" || row.verdict === "empty") testCase.skipped();
    }
    const whole = suite.testCase().className(id).name(sentence).time(seconds);
    if (verdict === "violated")
      whole.failure(printable(findings.map(findingText).join("\n\n") || "violated"));
    if (verdict === "empty") whole.skipped();
    if (verdict === "not-run") whole.error(printable(why ?? "not run"));
  }
  return builder.build();
}
