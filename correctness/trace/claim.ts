/** C8 as a claim: how many histories a tier records, what must have happened in them. */

import { allAnswers } from "../../src/core/index.js";
import { openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import type { Claim, ClaimResult, Context, Finding, Row, Tier } from "../claims.js";
import { shardOf } from "../shard.js";
import type { Event, History } from "./history.js";
import { findingsOf, judge } from "./judge.js";
import { record, recordSettings } from "./record.js";

interface Size {
  readonly histories: number;
  /** Calls before the rings are drained. */
  readonly events: number;
}

const sizes: { readonly [T in Tier]: Size } = {
  quick: { histories: 3, events: 2_000 },
  full: { histories: 20, events: 10_000 },
  nightly: { histories: 20, events: 100_000 },
};

interface Told {
  readonly row: Row;
  readonly findings: readonly Finding[];
  readonly events: number;
}

async function one(server: PostgresServer, n: number, context: Context): Promise<Told> {
  const { tier, seed, signal } = context;
  const started = performance.now();
  const { events: most } = sizes[tier];
  const history = await record({
    source: server,
    // Every history of a run has a seed of its own.
    seed: seed * 1_000 + n,
    events: most,
    signal,
    progress: (done, total) => context.progress(`history ${n}`, done, total),
  });
  const recorded = performance.now();
  const judgement = judge(history);
  const findings = findingsOf(
    judgement,
    history,
    "ringproof trace check <report>/finding-C8-1.json",
  );
  const ended = performance.now();
  const { events } = history;
  return {
    findings,
    events: events.length,
    row: {
      name: `history ${n}`,
      verdict: findings.length > 0 ? "violated" : "holds",
      seconds: (ended - started) / 1000,
      facts: {
        events: events.length,
        "at the same time": overlapping(history),
        "nobody knows": events.filter(({ outcome }) => outcome === null).length,
        answers: `${answersOf(events).size} of ${allAnswers.length}`,
        "seconds to judge": ((ended - recorded) / 1000).toFixed(1),
      },
    },
  };
}

/** Calls that began before the one before them had ended. */
const overlapping = ({ events }: History): number =>
  events.filter((event, i) => i > 0 && event.call < (events[i - 1]!.return ?? Infinity)).length;

const answersOf = (events: readonly Event[]): ReadonlySet<string> =>
  new Set(
    events.flatMap(({ action, outcome }) => {
      if (!outcome) return [];
      const { result, reason, each } = outcome;
      const words = each ?? [reason ? `${result} ${reason}` : result];
      return words.map((word) => `${action} ${word}`);
    }),
  );

async function run(context: Context): Promise<ClaimResult> {
  const started = performance.now();
  const { tier, shard } = context;
  const numbers = [...Array(sizes[tier].histories).keys()].map((i) => i + 1);
  const wanted = shardOf(numbers, shard);
  const server = await openPostgres(context.pg, { settings: recordSettings });
  const all: Told[] = [];
  try {
    for (const n of wanted) {
      all.push(await one(server, n, context));
      if (all.at(-1)!.findings.length > 0) break;
    }
  } finally {
    await server.stop();
  }
  const findings = all.flatMap((told) => told.findings);
  return {
    id: "C8",
    verdict: findings.length > 0 ? "violated" : "holds",
    seconds: (performance.now() - started) / 1000,
    covered: {
      histories: all.length,
      events: all.reduce((sum, { events }) => sum + events, 0),
      unexplained: all.filter((told) => told.findings.length > 0).length,
    },
    rows: all.map(({ row }) => row),
    findings,
  };
}

export const traceClaim: Claim = {
  id: "C8",
  command: "trace",
  sentence: "what concurrent workers see on Postgres is a behaviour of the model",
  covers: ["histories", "events", "unexplained"],
  needs: ["pg", "seed"],
  run,
};
