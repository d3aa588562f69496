/** C2: the core is the spec: same states, depth, edges per action, and the same labelled graph. */

import type { NamedCall } from "../../src/core/index.js";
import { UserError } from "../../src/errors.js";
import type { Claim, ClaimResult, Context, Finding, Row } from "../claims.js";
import { Counts } from "../coverage/counts.js";
import { formatCalls } from "../report/calls.js";
import { shardOf } from "../shard.js";
import type { ExpectHolds, ManifestEntry } from "../tlc/manifest.js";
import {
  inParallel,
  namedEntries,
  positive,
  RUNS_AT_ONCE,
  suiteRun,
  wholeGraphLimit,
} from "../tlc/suite.js";
import { compareCounts, compareEdges, type GraphDifference } from "./compare.js";
import { firstStuck } from "./drain.js";
import { explore, pathTo, type Graph } from "./explorer.js";
import { actionOf, modelled, readModel, type AnyModel } from "./model.js";
import { speedRow } from "./speed.js";
import { neverTaken, type Taken } from "./taken.js";

type AnyGraph = Graph<object, NamedCall>;
type PositiveEntry = ManifestEntry & { readonly expect: ExpectHolds };

function exploreEntry(entry: ManifestEntry, model: AnyModel, context: Context): AnyGraph {
  return explore(model.machine, {
    keepEdges: true,
    answers: true,
    onProgress: ({ states }) => context.progress(`explore ${entry.name}`, states),
  });
}

/** What the core alone can say: its invariants, and that every state can drain. */
function ownFindings(entry: ManifestEntry, graph: AnyGraph): Finding[] {
  const replay = `ringproof explore ${entry.name}`;
  const { violation } = graph;
  if (violation) {
    const calls = violation.trace.flatMap((t) => (t.call ? [t.call] : []));
    const lines = [`configuration ${entry.name}: the core violates ${violation.property}`];
    return [{ title: formatCalls(calls).join(" → "), lines, replay, bundle: violation.trace }];
  }
  const stuck = firstStuck(graph);
  if (stuck === null) return [];
  const lines = [`configuration ${entry.name}: from this state no run leads to a drained one`];
  return [{ title: formatCalls(pathTo(graph, stuck)).join(" → "), lines, replay }];
}

function manifestDifferences(entry: PositiveEntry, graph: AnyGraph): GraphDifference[] {
  const { distinct, depth, edges } = entry.expect;
  const lines = [
    ...(distinct === graph.states.length
      ? []
      : [`distinct states: manifest ${distinct}, core ${graph.states.length}`]),
    ...(depth === graph.depth ? [] : [`depth: manifest ${depth}, core ${graph.depth}`]),
    ...Object.entries(graph.edges)
      .filter(([name, count]) => (edges[name] ?? 0) !== count)
      .map(([name, count]) => `edges of ${name}: manifest ${edges[name] ?? 0}, core ${count}`),
  ];
  return lines.length === 0 ? [] : [{ title: "the core disagrees with the manifest", lines }];
}

interface Compared {
  readonly row: Row;
  readonly findings: readonly Finding[];
  readonly states: number;
  readonly edges: number;
  readonly taken: Taken;
  readonly counts: Counts;
}

/** What happens in the core's graph; of TLC's, what answers its edges bear where they are equal. */
export function countsOf(
  entry: Pick<ManifestEntry, "module">,
  graph: Pick<AnyGraph, "edges" | "answers" | "looks">,
  equal: boolean,
): Counts {
  const counts = new Counts();
  const named = (numbers: Iterable<readonly [string, number]>) =>
    [...numbers].map(([name, n]) => [actionOf(entry, name), n] as const);
  counts.all("core", named(Object.entries(graph.edges)));
  counts.all("core", named(graph.answers!.calls));
  counts.all("core", Object.entries(graph.looks));
  if (equal) counts.all("TLC", named(graph.answers!.edges));
  return counts;
}

async function compareEntry(entry: PositiveEntry, context: Context): Promise<Compared> {
  const { result, graph: tlc } = await suiteRun(entry, context);
  const started = performance.now();
  const model = await readModel(entry);
  const graph = exploreEntry(entry, model, context);
  const whole = tlc !== null && entry.expect.distinct <= wholeGraphLimit[context.tier];
  const differences =
    tlc === null
      ? [{ title: `TLC did not finish ${entry.name}`, lines: [result.reason ?? result.verdict] }]
      : [...(whole ? compareEdges(tlc, graph, model) : []), ...compareCounts(tlc, graph)];
  const findings = [
    ...ownFindings(entry, graph),
    ...[...differences, ...manifestDifferences(entry, graph)].map((d) => ({
      title: d.title,
      lines: [`configuration ${entry.name}`, ...d.lines],
      replay: `ringproof graph ${entry.name}`,
    })),
  ];
  const edges = Object.values(graph.edges).reduce((a, b) => a + b, 0);
  const facts = {
    states: graph.states.length,
    depth: graph.depth,
    edges,
    compared: whole ? "edge for edge" : "counts",
    "TLC seconds": result.seconds.toFixed(1),
    "core seconds": graph.seconds.toFixed(1),
  };
  const seconds = result.seconds + (performance.now() - started) / 1000;
  const verdict = findings.length === 0 ? "holds" : "violated";
  const row: Row = { name: entry.name, verdict, seconds, facts };
  const taken = { module: entry.module, edges: graph.edges };
  const counts = countsOf(entry, graph, whole && differences.length === 0);
  return { row, findings, states: graph.states.length, edges, taken, counts };
}

async function run(context: Context): Promise<ClaimResult> {
  const started = performance.now();
  const meant = (entry: ManifestEntry) => modelled(entry) && positive(entry);
  const entries = (await modelledEntries(context, meant)).filter(positive);
  await inParallel(entries, RUNS_AT_ONCE, (entry) => suiteRun(entry, context));
  const compared: Compared[] = [];
  for (const entry of entries) {
    compared.push(await compareEntry(entry, context));
    context.progress("graphs", compared.length, entries.length);
  }
  const speed = context.configs.length === 0 ? await speedRows(entries, context) : [];
  const whole = context.configs.length === 0 && context.shard.count === 1;
  const findings = [
    ...compared.flatMap((c) => c.findings),
    ...speed.flatMap(slower),
    ...(whole ? neverTaken(compared.map((c) => c.taken)) : []),
  ];
  const counts = new Counts();
  for (const each of compared) counts.merge(each.counts);
  return {
    id: "C2",
    verdict: findings.length === 0 ? "holds" : "violated",
    seconds: (performance.now() - started) / 1000,
    covered: {
      configs: compared.length,
      states: compared.reduce((sum, c) => sum + c.states, 0),
      edges: compared.reduce((sum, c) => sum + c.edges, 0),
    },
    rows: [...compared.map((c) => c.row), ...speed],
    findings,
    counts,
  };
}

/** The largest configuration of the quick tier is measured in every tier. */
async function speedRows(entries: readonly PositiveEntry[], context: Context): Promise<Row[]> {
  const quick = entries.filter((e) => e.tier === "quick");
  const [largest] = quick.sort((a, b) => b.expect.distinct - a.expect.distinct);
  return largest ? [await speedRow(largest, context)] : [];
}

const slower = ({ verdict, name, facts }: Row): Finding[] =>
  verdict === "holds"
    ? []
    : [
        {
          title: `${name}: the explorer is slower than TLC with two workers`,
          lines: Object.entries(facts).map(([what, value]) => `${what}: ${value}`),
          replay: "ringproof graph",
        },
      ];

/** The selected configurations of that design; naming another one is a mistake. */
export async function modelledEntries(
  context: Context,
  meant: (entry: ManifestEntry) => boolean = modelled,
): Promise<ManifestEntry[]> {
  const entries = await namedEntries(context);
  const other = entries.find((e) => !modelled(e));
  if (other && context.configs.length > 0)
    throw new UserError(
      `${other.name} describes a design that does not ship: only TLC knows it.`,
      `Look at it with: npx ringproof tlc ${other.name}.`,
    );
  return shardOf(entries, context.shard, meant);
}

export const graphClaim: Claim = {
  id: "C2",
  command: "graph",
  sentence: "the TypeScript core is the spec: same labelled state graph, edge for edge",
  covers: ["configs", "states", "edges"],
  needs: [],
  fills: { core: ["action", "answer", "property"] },
  run,
};

/** `ringproof explore`: the core alone, without Java. */
export async function runExploreCommand(
  context: Context,
): Promise<{ rows: Row[]; findings: Finding[] }> {
  const rows: Row[] = [];
  const findings: Finding[] = [];
  for (const entry of await modelledEntries(context)) {
    const graph = exploreEntry(entry, await readModel(entry), context);
    const found = ownFindings(entry, graph);
    findings.push(...found);
    rows.push({
      name: entry.name,
      verdict: found.length === 0 ? "holds" : "violated",
      seconds: graph.seconds,
      facts: {
        states: graph.states.length,
        depth: graph.depth,
        edges: Object.values(graph.edges).reduce((a, b) => a + b, 0),
        "states/s": Math.round(graph.states.length / graph.seconds),
      },
    });
  }
  return { rows, findings };
}
