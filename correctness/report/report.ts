/** What a report is about, whether it goes to a terminal, a program or a folder. */

import type { ClaimId, ClaimResult, Judged, Row } from "../claims.js";
import type { Plot } from "./plot.js";

/** A claim, or a command that checks none of them whole, with what came out. */
export interface Section extends Omit<ClaimResult, "id"> {
  readonly id: string;
  readonly sentence: string;
  /** The claim of which a command checks a part. */
  readonly claim?: ClaimId;
  /** How often each item occurred, by column. */
  readonly numbers?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly exhibits?: readonly Exhibit[];
  /** Only on the page. */
  readonly plots?: readonly Plot[];
  /** What a program reads of a command that says no more than this. */
  readonly line?: Readonly<Record<string, number | null>>;
}

/** A table beside the rows, in which nothing is judged. */
export interface Exhibit {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Report {
  readonly command: string;
  /** Of a command that covers more or less. */
  readonly tier?: string;
  /** Of a command in which anything is random. */
  readonly seed?: number;
  readonly sections: readonly Section[];
}

/** A name such as `not-run` in words. */
export const words = (name: string): string => name.replace("-", " ");

export const verdictText = ({ verdict, wording }: Judged): string => wording ?? words(verdict);

/** A count that is too large for a number to know all of its digits shows the first three. */
export function number(value: string | number): string {
  if (typeof value === "string") return value;
  return value > Number.MAX_SAFE_INTEGER ? value.toExponential(2) : value.toLocaleString("en");
}

/** The facts of all rows: those that only some rows have are blank in the others. */
export const factsOf = (rows: readonly Row[]): string[] => [
  ...new Set(rows.flatMap((row) => Object.keys(row.facts))),
];

export const heading = ({ command, tier, seed }: Report): string =>
  [
    `ringproof ${command}`,
    ...(tier === undefined ? [] : [`tier ${tier}`]),
    ...(seed === undefined ? [] : [`seed ${seed}`]),
  ].join(", ");
