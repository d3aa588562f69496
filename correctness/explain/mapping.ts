/** MAPPING.md as data: the tables below its headings, and their notes. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../src/package-root.js";

const mapping = (): string => readFileSync(join(packageRoot(), "MAPPING.md"), "utf8");

const sectionOf = (heading: string): string =>
  mapping().split(`## ${heading}\n`)[1]!.split("\n## ")[0]!;

/** The cells of each row of the table under a heading. */
export function mappingTable(heading: string): string[][] {
  return sectionOf(heading)
    .split("\n")
    .filter((line) => line.startsWith("|") && !line.startsWith("| ---"))
    .slice(1)
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** What stands in a cell in backticks. */
export const codeIn = (cell: string): string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].map((m) => m[1]!);

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** The notes that a cell names, as prose. */
export function notesOf(cell: string): string[] {
  const numbers = [...cell].map((c) => RAISED.indexOf(c)).filter((n) => n >= 0);
  return numbers.map((n) => {
    const note = new RegExp(`^${n}\\. ((?:.+\\n)(?:   .+\\n)*)`, "m").exec(`${mapping()}\n`)![1]!;
    return note.replace(/\s+/g, " ").trim();
  });
}
