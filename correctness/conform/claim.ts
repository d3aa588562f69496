/** C3: on every reachable state, every action instance does on Postgres what the core says. */

import { UserError } from "../../src/errors.js";
import { actions, allAnswers, type ActionName, type Scope } from "../../src/core/index.js";
import { uninstall } from "../../src/postgres/install.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import type { Claim, ClaimResult, Context, Finding, Row, Tier } from "../claims.js";
import { explore } from "../explore/explorer.js";
import { modelled } from "../explore/claim.js";
import { readScope } from "../explore/scope.js";
import { callText, formatCalls } from "../report/calls.js";
import { diffDb, formatDiff } from "../report/diff.js";
import type { ManifestEntry } from "../tlc/manifest.js";
import { inShard, selectEntries } from "../tlc/suite.js";
import { newTally, Walker, type Divergence, type Tally } from "./conform.js";
import { databaseTree, pieces } from "./tree.js";

/** The configurations of each tier whose databases Postgres is put through. */
const configs: Readonly<Record<Tier, readonly string[]>> = {
  quick: ["conform"],
  full: ["conform", "lifecycle", "rescue", "dlq", "batches", "lanes", "slots"],
  nightly: ["conform", "lifecycle", "rescue", "dlq", "batches", "lanes", "slots", "retry"],
};

/** Databases per transaction: a TRUNCATE that is rolled back leaves garbage until its end. */
const PIECE = 150;
const CONNECTIONS = 2;

interface Conformed {
  readonly row: Row;
  readonly states: number;
  readonly finding: Finding | null;
}

async function conformEntry(
  entry: ManifestEntry,
  server: PostgresServer,
  tally: Tally,
  context: Context,
): Promise<Conformed> {
  const started = performance.now();
  const scope = await readScope(entry.cfg);
  const graph = explore({ scope, symmetric: entry.symmetric, properties: [] });
  const nodes = databaseTree(graph);
  const work = inShard(pieces(nodes, PIECE), context.shard);
  const own = newTally();
  let next = 0;
  let found: Divergence | null = null;
  const walk = async (n: number): Promise<void> => {
    const client = await connect(server);
    const schema = `ringproof_conform_${n}`;
    try {
      const walker = new Walker(client, { schema, scope, tally: own });
      await walker.prepare();
      while (next < work.length && !found && !context.signal.aborted) {
        found ??= await walker.walk(work[next++]!);
        context.progress(`conform ${entry.name}, databases`, own.databases, nodes.length);
      }
      await uninstall(client, { schema });
    } finally {
      await client.end();
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, (_, n) => walk(n)));
  merge(tally, own);
  const seconds = (performance.now() - started) / 1000;
  const facts = {
    states: graph.states.length,
    databases: own.databases,
    checks: own.checks,
    enabled: own.enabled,
    refused: own.refused,
    "checks/s": Math.round(own.checks / seconds),
  };
  const verdict = found ? "violated" : "holds";
  return {
    row: { name: entry.name, verdict, seconds, facts },
    states: graph.states.length,
    finding: found && divergenceFinding(found, entry, scope),
  };
}

function merge(into: Tally, from: Tally): void {
  into.databases += from.databases;
  into.checks += from.checks;
  into.enabled += from.enabled;
  into.refused += from.refused;
  for (const [key, n] of from.results) into.results.set(key, (into.results.get(key) ?? 0) + n);
}

/** The trace, the step, both outcomes, and the rows that differ. */
function divergenceFinding(d: Divergence, entry: ManifestEntry, scope: Scope): Finding {
  const tried = d.attempt ? [callText(d.attempt)] : [];
  const rows = d.db ? formatDiff(diffDb(d.expected.state.db, d.db, scope)) : [];
  return {
    title: [...formatCalls(d.path), ...tried].join(" → "),
    lines: [
      `configuration ${entry.name}, the last step on Postgres`,
      `the core says:     ${JSON.stringify(d.expected.outcomes)}`,
      d.error
        ? `Postgres fails:    ${d.error}`
        : `Postgres answers:  ${JSON.stringify(d.outcomes)}`,
      ...(rows.length > 0 ? ["rows, only in the core (-), only in Postgres (+):", ...rows] : []),
    ],
    replay: `ringproof conform ${entry.name}`,
    bundle: d,
  };
}

/** Answers of operations on Postgres that never came. */
const missing = (tally: Tally): string[] =>
  allAnswers.filter((answer) => {
    const [name] = answer.split(" ") as [ActionName];
    return actions[name].family !== "environment" && !tally.results.has(answer);
  });

async function run(context: Context): Promise<ClaimResult> {
  const started = performance.now();
  const all = context.configs.length === 0 ? configs[context.tier] : context.configs;
  const entries = await selectEntries({ ...context, configs: all, shard: { index: 1, count: 1 } });
  const wrong = entries.find((e) => !modelled(e));
  if (wrong)
    throw new UserError(
      `${wrong.name} describes a design that Postgres does not implement.`,
      `Choose from: ${configs.nightly.join(", ")}.`,
    );
  const tally = newTally();
  const done: Conformed[] = [];
  const server = await openPostgres(context.pg);
  try {
    for (const entry of entries) done.push(await conformEntry(entry, server, tally, context));
  } finally {
    await server.stop();
  }
  const findings = done.flatMap((d) => d.finding ?? []);
  const whole = context.configs.length === 0 && context.shard.count === 1;
  if (findings.length === 0 && whole) findings.push(...vacuous(missing(tally)));
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
  };
}

const vacuous = (answers: readonly string[]): Finding[] =>
  answers.length === 0
    ? []
    : [
        {
          title: "some answers never came, so the run shows nothing about them",
          lines: answers.map((a) => `never answered: ${a}`),
          replay: "ringproof conform",
        },
      ];

export const conformClaim: Claim = {
  id: "C3",
  command: "conform",
  sentence: "every action on every reachable state does on Postgres what the core says",
  covers: ["states", "checks", "enabled", "refused"],
  run,
};
