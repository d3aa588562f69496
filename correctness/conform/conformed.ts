/** What one configuration of C3 came to. */

import type { Finding, Row } from "../claims.js";
import type { Tally } from "./tally.js";

export interface Conformed {
  readonly row: Row;
  readonly states: number;
  readonly finding: Finding | null;
}

interface Run {
  readonly name: string;
  readonly states: number;
  readonly started: number;
  readonly tally: Tally;
}

export function conformed(run: Run, finding: Finding | null): Conformed {
  const { name, states, tally } = run;
  const seconds = (performance.now() - run.started) / 1000;
  const facts = {
    states,
    databases: tally.databases,
    checks: tally.checks,
    enabled: tally.enabled,
    refused: tally.refused,
    "checks/s": Math.round(tally.checks / seconds),
  };
  return {
    row: { name, verdict: finding ? "violated" : "holds", seconds, facts },
    states,
    finding,
  };
}
