/** What one configuration of C3 came to. */

import type { Finding, Row } from "../claims.js";
import type { Tally } from "./tally.js";

export interface Conformed {
  readonly row: Row;
  /** Those that were visited. */
  readonly states: number;
  /** For how many shards it has work. */
  readonly pieces: number;
  readonly finding: Finding | null;
}

interface Run {
  readonly name: string;
  /** Of the configuration, and those among them that are this shard's. */
  readonly states: number;
  readonly visited: number;
  readonly pieces: number;
  readonly started: number;
  readonly tally: Tally;
}

export function conformed(run: Run, finding: Finding | null): Conformed {
  const { name, states, pieces, tally } = run;
  const verdict = finding ? "violated" : tally.databases === 0 ? "empty" : "holds";
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
    row: { name, verdict, seconds, facts },
    states: run.visited,
    pieces,
    finding,
  };
}
