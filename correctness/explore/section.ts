/** `ringproof explore`: the core alone. */

import type { Context } from "../claims.js";
import type { Section } from "../report/report.js";
import { runExploreCommand } from "./claim.js";

export async function exploreSection(context: Context): Promise<Section> {
  const started = performance.now();
  const { rows, findings } = await runExploreCommand(context);
  const total = (fact: string) => rows.reduce((sum, row) => sum + Number(row.facts[fact]), 0);
  return {
    id: "explore",
    claim: "C2",
    sentence: "the core keeps its invariants, and every state can drain",
    verdict: rows.some((row) => row.verdict === "violated") ? "violated" : "holds",
    seconds: (performance.now() - started) / 1000,
    covered: { configs: rows.length, states: total("states"), edges: total("edges") },
    rows,
    findings,
  };
}
