/** C3 on the configurations of the focused modules that describe Postgres. */

import { randomBytes } from "node:crypto";
import { focusedModules, type NamedCall } from "../../src/core/index.js";
import { UserError } from "../../src/errors.js";
import { focusedTwins } from "../../src/postgres/focused-twins.js";
import { uninstall } from "../../src/postgres/install.js";
import { connect, type PostgresServer } from "../../src/postgres/server.js";
import type { Context, Finding, Tier } from "../claims.js";
import { addAll } from "../counting.js";
import { replay, type Graph } from "../explore/explorer.js";
import { readConstants } from "../explore/scope.js";
import { formatCall, formatCalls, outcomeText } from "../report/calls.js";
import type { ManifestEntry } from "../tlc/manifest.js";
import { executions } from "../coverage/labels.js";
import { conformed, type Conformed } from "./conformed.js";
import { installCounters } from "./counted.js";
import { FocusedWalker, type FocusedDivergence } from "./focused.js";
import { merge, newTally, type Tally } from "./tally.js";

/** The configurations of each tier whose states Postgres is put through. */
const quick = ["claimer-lease", "claimer-expiry", "rescue-single", "rescue-silent"];
const rescue = ["rescue-window", "rescue-leases", "rescue-deadlines", "rescue-slots"];
const full = [...quick, "claimer-slots", ...rescue];
export const focusedConfigs = { quick, full, nightly: full } satisfies Record<Tier, string[]>;

/** Every answer that the modules of these configurations have: `ClaimerLease Acquire full`. */
export const focusedAnswers = (entries: readonly ManifestEntry[]): string[] =>
  [...new Set(entries.map((e) => e.module))].flatMap((module) =>
    Object.entries(focusedTwins[module]?.answers ?? {}).flatMap(([action, words]) =>
      words.map((word) => `${module} ${action} ${word}`),
    ),
  );

export async function conformFocused(
  entry: ManifestEntry,
  server: PostgresServer,
  tally: Tally,
  context: Context,
  only: number | undefined,
): Promise<Conformed> {
  const started = performance.now();
  const { name, module, cfg } = entry;
  const constants = await readConstants(cfg);
  const { index: part, count: parts } = context.shard;
  const own = newTally();
  const schema = `conform_${randomBytes(4).toString("hex")}`;
  const wanted = (i: number) => (only === undefined ? i % parts === part - 1 : i === only);
  const client = await connect(server);
  try {
    const walker = new FocusedWalker(client, {
      schema,
      module,
      machine: focusedModules[module]!.machine(constants),
      constants,
      twin: focusedTwins[module]!,
      tally: own,
      wanted,
      onState: (done, all) => context.progress(`conform ${name}, states`, done, all),
      goOn: () => !context.signal.aborted,
    });
    const states = walker.graph.states.length;
    if (only !== undefined && only >= states) throw noSuchState(only, states);
    await walker.prepare();
    if (context.labels) await installCounters(client, schema);
    const found = await walker.walk();
    if (context.labels) addAll(own.labels, await executions(client, schema));
    merge(tally, own);
    const visited = walker.graph.states.filter((_, i) => wanted(i)).length;
    const run = { name, states, visited, pieces: states, started, tally: own };
    return conformed(run, found && focusedFinding(found, walker.graph, name));
  } finally {
    await uninstall(client, { schema }).catch(() => undefined);
    await client.end();
  }
}

const noSuchState = (index: number, states: number): UserError =>
  new UserError(
    `There is no state ${index} in this configuration.`,
    `Give a number from 0 to ${states - 1}, as a failure prints it.`,
  );

/** The trace, the call, both answers, and what differs afterwards. */
export function focusedFinding(
  d: FocusedDivergence,
  graph: Graph<object, NamedCall>,
  configuration: string,
): Finding {
  const { index, path, attempt, expected, answer, changes } = d;
  return {
    title: [...formatCalls(path), ...(attempt ? [formatCall(attempt.call)] : [])].join(" → "),
    lines: [
      `configuration ${configuration}, the last step on Postgres`,
      ...(attempt ? [`callers know:      ${JSON.stringify(attempt.state)}`] : []),
      `the core says:     ${outcomeText(expected.outcome)}`,
      `Postgres answers:  ${answer || "nothing"}`,
      ...(changes.length > 0 ? ["afterwards, in the core → on Postgres:", ...changes] : []),
    ],
    replay: `ringproof conform ${configuration} --database ${index}`,
    bundle: { configuration, ...d, trace: replay(path, graph.machine) },
  };
}
