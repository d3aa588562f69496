/** C8 as a claim: how many histories a tier records, and in what ways calls are lost in them. */

import type { PostgresServer } from "../../src/postgres/server.js";
import type { Claim, ClaimResult, Context, Finding, Row, Tier } from "../claims.js";
import { Counts } from "../coverage/counts.js";
import { serverOf } from "../server.js";
import { shardOf } from "../shard.js";
import { coverFaults, type NotCovered } from "./fault-coverage.js";
import type { FaultRates, PlacedKind } from "./faults.js";
import type { History } from "./history.js";
import { record, recordSettings } from "./record.js";
import { loseOthers, type Remains } from "./others.js";
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
const FULL = "ringproof trace --tier full";

/** What may happen at labelled statements of this server. */
const placedOn = (server: PostgresServer): readonly PlacedKind[] =>
  server.crash ? ["terminate", "kill"] : ["terminate"];

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
  const kinds = placedOn(server);
  const options = { source: server, seed, kinds, seconds: COVER_SECONDS, signal, recorded };
  const left = await coverFaults(options);
  const last = all.at(-1)!;
  const findings = [...last.findings, ...nowhere(left, `${FULL} --seed ${seed}`)];
  return [...all.slice(0, -1), { ...last, findings }];
}

/** Where no call was lost, and was to be. */
const nowhere = (left: readonly NotCovered[], replay: string): readonly Finding[] =>
  left.length === 0
    ? []
    : [
        {
          title: "no call was lost at some of the labelled statements",
          lines: left.map(({ kind, label }) => `${kind} at ${label}`),
          replay,
        },
      ];

interface Others {
  readonly row: Row;
  readonly findings: readonly Finding[];
  readonly lost: number;
}

/** And so are calls that are in no history. */
async function others(server: PostgresServer, context: Context): Promise<Others> {
  const started = performance.now();
  const progress = (lost: number) => context.progress("other calls lost", lost);
  const { signal } = context;
  const { lost, remains, left } = await loseOthers({
    server,
    kinds: placedOn(server),
    signal,
    progress,
  });
  const findings = [...remains.map(remainsFinding), ...nowhere(left, FULL)];
  const row: Row = {
    name: "lost everywhere, other calls",
    verdict: findings.length > 0 ? "violated" : "holds",
    seconds: (performance.now() - started) / 1000,
    facts: { lost },
  };
  return { row, findings, lost };
}

const remainsFinding = ({ situation, how, before, after }: Remains): Finding => ({
  title: `a call that is ${how} leaves other rows: ${situation}`,
  lines: [
    "rows, only before (-), only afterwards (+):",
    ...before.filter((row) => !after.includes(row)).map((row) => `  - ${row}`),
    ...after.filter((row) => !before.includes(row)).map((row) => `  + ${row}`),
  ],
  replay: FULL,
});

async function histories(server: PostgresServer, context: Context): Promise<readonly Told[]> {
  const { tier, shard } = context;
  const numbers = Array.from({ length: sizes[tier].histories }, (_, i) => i + 1);
  const all: Told[] = [];
  for (const n of shardOf(numbers, shard)) {
    all.push(await one(server, n, context));
    if (all.at(-1)!.findings.length > 0) break;
  }
  return all;
}

type Recorded = readonly [told: readonly Told[], others: readonly Others[]];

async function recorded(server: PostgresServer, context: Context): Promise<Recorded> {
  const { tier, shard } = context;
  const all = await histories(server, context);
  const isOver = tier === "quick" || shard.index > 1;
  if (isOver || all.some(({ findings }) => findings.length > 0)) return [all, []];
  const more = await everywhere(server, context);
  return [[...all, ...more], [await others(server, context)]];
}

async function run(context: Context): Promise<ClaimResult> {
  const started = performance.now();
  const server = await serverOf(context, recordSettings);
  const [all, rest] = await recorded(server, context).finally(() => server.stop());
  const findings = [...all, ...rest].flatMap((one) => one.findings);
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
      faults: sum(({ faults }) => faults) + rest.reduce((total, { lost }) => total + lost, 0),
      unexplained: sum((one) => (one.findings.length > 0 ? 1 : 0)),
    },
    rows: [...all, ...rest].map(({ row }) => row),
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
