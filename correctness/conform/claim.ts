/** C3: on every reachable state, every action instance does on Postgres what the core says. */

import { randomBytes } from "node:crypto";
import { UserError } from "../../src/errors.js";
import {
  calls,
  inBounds,
  possible,
  step,
  storageMachine,
  type Scope,
} from "../../src/core/index.js";
import { uninstall } from "../../src/postgres/install.js";
import { connect, type PostgresServer } from "../../src/postgres/server.js";
import type { Claim, ClaimResult, Context, Finding } from "../claims.js";
import { addAll } from "../counting.js";
import { executions } from "../coverage/labels.js";
import { explore, replay } from "../explore/explorer.js";
import { modelledEntries } from "../explore/claim.js";
import { conformable, storage } from "../explore/model.js";
import { readScope } from "../explore/scope.js";
import { callText, formatCalls, outcomeText } from "../report/calls.js";
import { diffDb, formatDiff } from "../report/diff.js";
import { itf } from "../report/itf.js";
import type { ManifestEntry } from "../tlc/manifest.js";
import { serverOf } from "../server.js";
import { EmptyShard, inShard } from "../shard.js";
import { configs } from "./configs.js";
import { Walker, type ConformOptions } from "./conform.js";
import { conformed, type Conformed } from "./conformed.js";
import { countsOf, installCounters } from "./counted.js";
import type { Divergence } from "./divergence.js";
import { conformFocused, focusedAnswers, focusedConfigs } from "./focused-claim.js";
import { merge, neverAnswered, newTally, type Tally } from "./tally.js";
import { databaseTree, pieces, statesIn, type Node, type Piece } from "./tree.js";

/** Databases per transaction: a TRUNCATE that is rolled back leaves garbage until its end. */
export const PIECE = 30;
const CONNECTIONS = 2;
const SHORTEST_MS = 20_000;

/** The databases of a configuration, and the pieces in which they are walked. */
export async function groundOf(entry: ManifestEntry) {
  const scope = await readScope(entry.cfg);
  const graph = explore(storageMachine(scope, { symmetric: entry.symmetric }), { properties: [] });
  const nodes = databaseTree(graph, scope);
  return { scope, nodes, states: graph.states.length, work: pieces(nodes, PIECE) };
}

async function conformEntry(
  entry: ManifestEntry,
  server: PostgresServer,
  tally: Tally,
  context: Context,
  only: number | undefined,
): Promise<Conformed> {
  const started = performance.now();
  const { scope, nodes, states, work } = await groundOf(entry);
  const own = newTally();
  const onDatabase = () =>
    context.progress(`conform ${entry.name}, databases`, own.databases, nodes.length);
  const options = { scope, tally: own, onDatabase };
  const goOn = () => !context.signal.aborted;
  const share = only === undefined ? inShard(work, context.shard) : alone(nodes, only);
  const found = await onEach(server, options, share, goOn, context.labels);
  const first = found && (await shortest(server, { scope, tally: newTally() }, nodes, found));
  merge(tally, own);
  const { name } = entry;
  const visited = statesIn(share);
  const run = { name, states, visited, pieces: work.length, started, tally: own };
  const index = nodes.indexOf(first?.node ?? nodes[0]!);
  return conformed(run, first && divergenceFinding(first, index, entry, scope));
}

type WalkOptions = Omit<ConformOptions, "schema">;

/** Walks the pieces on connections with a schema each, until one finds a divergence. */
async function onEach(
  server: PostgresServer,
  options: WalkOptions,
  work: readonly Piece[],
  goOn: () => boolean,
  labels?: boolean,
): Promise<Divergence | null> {
  const run = randomBytes(4).toString("hex");
  const found: Divergence[] = [];
  let next = 0;
  const walk = async (n: number): Promise<void> => {
    const client = await connect(server);
    const schema = `conform_${run}_${n}`;
    try {
      const walker = new Walker(client, { ...options, schema });
      await walker.prepare();
      if (labels) await installCounters(client, schema);
      while (next < work.length && found.length === 0 && goOn())
        found.push(...[await walker.walk(work[next++]!)].filter((d) => d !== null));
      if (labels) addAll(options.tally.labels, await executions(client, schema));
    } finally {
      await uninstall(client, { schema }).catch(() => undefined);
      await client.end();
    }
  };
  const connections = Math.min(CONNECTIONS, work.length);
  // Who fails first is heard when all have ended.
  const ends = await Promise.allSettled(Array.from({ length: connections }, (_, n) => walk(n)));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  return found[0] ?? null;
}

/** The first divergence in breadth-first order, as far as there is time to look for it. */
async function shortest(
  server: PostgresServer,
  options: WalkOptions,
  nodes: readonly Node[],
  found: Divergence,
): Promise<Divergence> {
  const until = performance.now() + SHORTEST_MS;
  const before = nodes.slice(0, nodes.indexOf(found.node));
  const single = before.map((node) => ({ top: node, nodes: new Set([node]) }));
  return (await onEach(server, options, single, () => performance.now() < until)) ?? found;
}

/** The one database that a failure named. */
function alone(nodes: readonly Node[], only: number): readonly Piece[] {
  const top = nodes[only];
  if (top) return [{ top, nodes: new Set([top]) }];
  throw new UserError(
    `There is no database ${only} in this configuration.`,
    `Give a number from 0 to ${nodes.length - 1}, as a failure prints it.`,
  );
}

/** The trace, the step, both outcomes with the guard that refuses, and the rows that differ. */
function divergenceFinding(
  d: Divergence,
  index: number,
  entry: ManifestEntry,
  scope: Scope,
): Finding {
  const { path } = d;
  const rows = d.db ? formatDiff(diffDb(d.expected.state.db, d.db, scope)) : [];
  const enabled = calls(scope).filter((call) => {
    const { db, env } = d.node.state;
    const { state } = step(d.node.state, call, scope);
    const moves = state.db !== db || state.env !== env;
    return moves && possible(d.node.state, call) && inBounds(state, scope);
  });
  return {
    title: [...formatCalls(path), ...(d.attempt ? [callText(d.attempt)] : [])].join(" → "),
    lines: [
      `configuration ${entry.name}, the last step on Postgres`,
      `the core says:     ${d.expected.outcomes.map(outcomeText).join(", ")}`,
      d.error
        ? `Postgres fails:    ${d.error}`
        : `Postgres answers:  ${d.outcomes.map(outcomeText).join(", ") || "nothing"}`,
      ...d.faults,
      ...(rows.length > 0 ? ["rows, only in the core (-), only in Postgres (+):", ...rows] : []),
      `enabled here:      ${[...new Set(enabled.map((c) => c.action))].join(" ")}`,
    ],
    replay: `ringproof conform ${entry.name} --database ${index}`,
    bundle: itf(replay(path, storageMachine(scope)), {
      configuration: entry.name,
      database: index,
      attempt: d.attempt,
      outcomes: d.outcomes,
      found: d.db,
    }),
  };
}

async function run(context: Context, only?: number): Promise<ClaimResult> {
  const started = performance.now();
  const usual = [...configs[context.tier], ...focusedConfigs[context.tier]];
  const all = context.configs.length === 0 ? usual : context.configs;
  const whole = { index: 1, count: 1 };
  const entries = await modelledEntries({ ...context, configs: all, shard: whole });
  const other = entries.find((e) => !conformable(e));
  if (other)
    throw new UserError(
      `${other.name} describes ${other.module}, which Postgres has no twin of.`,
      `Compare its graph with: npx ringproof graph ${other.name}.`,
    );
  const tally = newTally();
  const done: Conformed[] = [];
  const server = await serverOf(context);
  try {
    for (const entry of entries) {
      const conform = storage(entry) ? conformEntry : conformFocused;
      done.push(await conform(entry, server, tally, context, only));
    }
  } finally {
    await server.stop();
  }
  const findings = done.flatMap((d) => d.finding ?? []);
  const working = Math.max(...done.map((d) => d.pieces));
  if (only === undefined && working < context.shard.index)
    throw new EmptyShard(context.shard, working);
  const everything = context.configs.length === 0 && context.shard.count === 1;
  if (findings.length === 0 && everything && only === undefined)
    findings.push(...neverAnswered(tally, focusedAnswers(entries)));
  return {
    id: "C3",
    verdict: findings.length === 0 ? "holds" : "violated",
    seconds: (performance.now() - started) / 1000,
    covered: {
      states: done.reduce((sum, d) => sum + d.states, 0),
      checks: tally.checks,
      enabled: tally.enabled,
      refused: tally.refused,
    },
    rows: done.map((d) => d.row),
    findings,
    counts: countsOf(tally),
  };
}

export const conformClaim: Claim = {
  id: "C3",
  command: "conform",
  sentence: "every action on every reachable state does on Postgres what the core says",
  covers: ["states", "checks", "enabled", "refused"],
  needs: ["pg"],
  fills: { conform: ["action", "answer", "label"] },
  run: (context) => run(context),
};

/** Every call on one database alone, by the number that a failure printed. */
export const conformDatabase = (context: Context, database: number): Promise<ClaimResult> =>
  run(context, database);
