/** Coverage as a section of a report: nothing that the claims say is said of nothing. */

import type { Row } from "../claims.js";
import { words, type Section } from "../report/report.js";
import { readManifest } from "../tlc/manifest.js";
import { manifestFile } from "../tlc/suite.js";
import { columns } from "./counts.js";
import { itemsOf } from "./items.js";
import { judge, type Counted, type Judged, type JudgeOptions, type Judgement } from "./judge.js";

/** Those that mean something. */
const numbersOf = ({ cells }: Judged): Readonly<Record<string, number>> =>
  Object.fromEntries(
    columns.flatMap((column) => {
      const { n, state } = cells[column];
      return state === "there" || state === "zero" ? [[column, n] as const] : [];
    }),
  );

const rowOf = (judged: Judged): Row => ({
  name: judged.item.name,
  verdict: Object.values(judged.cells).some(({ state }) => state === "zero") ? "violated" : "holds",
  seconds: 0,
  facts: numbersOf(judged),
});

export interface Coverage {
  readonly section: Section;
  readonly judgement: Judgement;
}

export async function coverageOf(
  counted: readonly Counted[],
  options: JudgeOptions,
): Promise<Coverage> {
  const started = performance.now();
  const judgement = judge(itemsOf(await readManifest(manifestFile())), counted, options);
  const { rows, findings, open } = judgement;
  const ends = open.map(({ claim, result: { verdict } }) =>
    [claim.id, verdict === "violated" ? "is" : "was", words(verdict)].join(" "),
  );
  const section: Section = {
    id: "coverage",
    sentence: "everything occurs wherever it can: nothing is said of nothing",
    verdict: findings.length > 0 ? "violated" : open.length > 0 ? "not-run" : "holds",
    seconds: (performance.now() - started) / 1000,
    covered: {
      items: rows.length,
      zeros: rows.flatMap(({ cells }) => Object.values(cells)).filter((c) => c.state === "zero")
        .length,
    },
    rows: rows.map(rowOf),
    findings,
    ...(open.length > 0 && { why: `${ends.join(", ")}: what is missing there is not known.` }),
    numbers: Object.fromEntries(rows.map((row) => [row.item.name, numbersOf(row)])),
  };
  return { section, judgement };
}
