/** C8 as a claim: how many histories a tier records, and in what ways calls are lost in them. */

import type { PostgresServer } from "../../src/postgres/server.js";
import type { Claim, ClaimResult, Context, Tier } from "../claims.js";
import { Counts } from "../coverage/counts.js";
import { serverOf } from "../server.js";
import { shardOf } from "../shard.js";
import { coverFaults } from "./fault-coverage.js";
import type { FaultRates } from "./faults.js";
import type { History } from "./history.js";
import { record, recordSettings } from "./record.js";
import { told, type Told } from "./told.js";

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

/** One call in so many is meant to be lost in each of these ways. */
const rates: FaultRates = { terminate: 60, cutBefore: 120, cutAfter: 120 };
/** Where the server is ours. */
const kills: FaultRates = { kill: 700 };
/** After so long it is said where no call was lost. */
const COVER_SECONDS = 240;

async function one(server: PostgresServer, n: number, context: Context): Promise<Told> {
  const { tier, seed, signal } = context;
  const started = performance.now();
  const history = await record({
    source: server,
    // Every history of a run has a seed of its own.
    seed: seed * 1_000 + n,
    events: sizes[tier].events,
    faults: { ...rates, ...(server.crash && kills) },
    signal,
    progress: (done, total) => context.progress(`history ${n}`, done, total),
  });
  return told(`history ${n}`, history, started);
}

/** Calls are lost at every labelled statement that a call of the model can come to. */
async function everywhere(server: PostgresServer, context: Context): Promise<readonly Told[]> {
  const { seed, signal } = context;
  const all: Told[] = [];
  let started = performance.now();
  const recorded = (history: History): void => {
    all.push(told(`lost everywhere ${all.length + 1}`, history, started));
    context.progress("calls lost everywhere", all.length);
    started = performance.now();
  };
  const kinds = server.crash ? (["terminate", "kill"] as const) : (["terminate"] as const);
  const options = { source: server, seed, kinds, seconds: COVER_SECONDS, signal, recorded };
  const left = await coverFaults(options);
  if (left.length === 0) return all;
  const finding = {
    title: "no call was lost at some of the labelled statements",
    lines: left.map(({ kind, label }) => `${kind} at ${label}`),
    replay: `ringproof trace --tier full --seed ${seed}`,
  };
  const last = all.at(-1)!;
  return [...all.slice(0, -1), { ...last, findings: [...last.findings, finding] }];
}

async function histories(server: PostgresServer, context: Context): Promise<readonly Told[]> {
  const { tier, shard } = context;
  const numbers = Array.from({ length: sizes[tier].histories }, (_, i) => i + 1);
  const all: Told[] = [];
  for (const n of shardOf(numbers, shard)) {
    all.push(await one(server, n, context));
    if (all.at(-1)!.findings.length > 0) return all;
  }
  if (tier === "quick" || shard.index > 1) return all;
  return [...all, ...(await everywhere(server, context))];
}

async function run(context: Context): Promise<ClaimResult> {
  const started = performance.now();
  const server = await serverOf(context, recordSettings);
  const all = await histories(server, context).finally(() => server.stop());
  const findings = all.flatMap((one) => one.findings);
  const counts = new Counts();
  for (const one of all) counts.merge(one.counts);
  const sum = (of: (one: Told) => number) => all.reduce((total, one) => total + of(one), 0);
  return {
    id: "C8",
    verdict: findings.length > 0 ? "violated" : "holds",
    seconds: (performance.now() - started) / 1000,
    covered: {
      histories: all.length,
      events: sum(({ events }) => events),
      faults: sum(({ faults }) => faults),
      unexplained: sum((one) => (one.findings.length > 0 ? 1 : 0)),
    },
    rows: all.map(({ row }) => row),
    findings,
    counts,
  };
}

export const traceClaim: Claim = {
  id: "C8",
  command: "trace",
  sentence: "what concurrent workers see on Postgres is a behaviour of the model",
  covers: ["histories", "events", "faults", "unexplained"],
  needs: ["pg", "seed"],
  fills: { trace: ["action", "answer"] },
  run,
};
