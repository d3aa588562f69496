/** `ringproof trace check`: one history, and what is wrong with it. */

import type { Row, RunContext } from "../claims.js";
import type { Section } from "../report/report.js";
import { readHistory } from "./file.js";
import { writeItf } from "./itf-file.js";
import { findingsOf, judge } from "./judge.js";
import { explainedByTlc } from "./tlc.js";

export interface CheckOptions {
  /** Whether TLC is asked, too. */
  readonly tlc?: boolean | undefined;
  /** A file for the explanation. */
  readonly itf?: string | undefined;
}

export async function checkSection(
  file: string,
  { tlc, itf }: CheckOptions,
  run: RunContext,
): Promise<Section> {
  const started = performance.now();
  const since = (from: number): number => (performance.now() - from) / 1000;
  const history = await readHistory(file);
  const judgement = judge(history);
  const { storage, contract, resolved, order } = judgement;
  if (itf !== undefined) await writeItf(itf, history, order);
  const verdictOf = (bad: boolean) => (bad ? "violated" : "holds");
  const rows: Row[] = [
    {
      name: "queue contract",
      verdict: verdictOf(contract !== null),
      seconds: since(started),
      facts: {},
    },
  ];
  if (history.header.slots) {
    const facts = { "answers found": resolved };
    const verdict = verdictOf(storage !== null);
    rows.push({ name: "storage model", verdict, seconds: since(started), facts });
  }
  const findings = findingsOf(judgement, history, file);
  if (tlc) {
    const asked = performance.now();
    const explained = await explainedByTlc(history, run);
    rows.push({ name: "TLC", verdict: verdictOf(!explained), seconds: since(asked), facts: {} });
    if (explained === (storage !== null))
      findings.push({
        title: `TLC finds ${explained ? "an" : "no"} order that explains the calls`,
        lines: ["The check beside it says otherwise: one of the two is wrong."],
        replay: `ringproof trace check --tlc ${file}`,
      });
  }
  return {
    id: "trace",
    claim: "C8",
    sentence: `${file} is a behaviour of the model`,
    verdict: verdictOf(findings.length > 0),
    seconds: since(started),
    covered: { events: history.events.length },
    rows,
    findings,
  };
}
