/** C2: the graph that TLC dumped and the graph that the explorer found, edge for edge. */

import type { NamedCall } from "../../src/core/index.js";
import { formatCalls } from "../report/calls.js";
import type { TlcGraph } from "../tlc/graph-sink.js";
import { pathTo, type Graph } from "./explorer.js";
import type { Model } from "./model.js";

export interface GraphDifference {
  readonly title: string;
  readonly lines: readonly string[];
}

/** Per action, the distinct edges that TLC and the explorer count. */
export function compareCounts<S, C extends NamedCall>(
  tlc: TlcGraph,
  graph: Graph<S, C>,
): GraphDifference[] {
  const names = new Set([...graph.machine.actionNames, ...tlc.actions]);
  const differing = [...names]
    .map((name) => [name, tlc.counts[name] ?? 0, graph.edges[name] ?? 0] as const)
    .filter(([, ours, theirs]) => ours !== theirs)
    .map(([name, theirs, ours]) => `edges of ${name}: TLC ${theirs}, core ${ours}`);
  if (tlc.size !== graph.states.length)
    differing.unshift(`distinct states: TLC ${tlc.size}, core ${graph.states.length}`);
  return differing.length === 0 ? [] : [{ title: "the counts differ", lines: differing }];
}

/** The first difference in breadth-first order, or none. */
export function compareEdges<S, C extends NamedCall>(
  tlc: TlcGraph,
  graph: Graph<S, C>,
  model: Model<S, C>,
): GraphDifference[] {
  const { machine } = graph;
  const states = tlc.texts.map(model.read);
  const indexOf = states.map((s) => graph.keys.get(machine.key(s)) ?? -1);
  const theirs = successors(tlc, indexOf, graph.states.length);
  for (const [from, pairs] of graph.out!.entries()) {
    const ours = ownEdges(pairs, machine.actionNames);
    const reached = theirs[from]!;
    const extra = [...ours].find((edge) => !reached.has(edge));
    if (extra !== undefined) return [onlyInCore({ graph, model, from }, extra, reached, ours)];
    const lacking = [...reached.keys()].find((edge) => !ours.has(edge));
    if (lacking !== undefined)
      return [onlyInTlc({ graph, model, from }, lacking, states[reached.get(lacking)!]!, ours)];
  }
  return [];
}

type Edge = string;
const edgeName = (action: string, to: number): Edge => `${action} ${to}`;

function ownEdges(pairs: readonly number[], names: readonly string[]): ReadonlySet<Edge> {
  const edges = new Set<Edge>();
  for (let i = 0; i < pairs.length; i += 2) edges.add(edgeName(names[pairs[i]!]!, pairs[i + 1]!));
  return edges;
}

/** TLC's edges by the explorer's source state; the value is TLC's own target node. */
function successors(tlc: TlcGraph, indexOf: readonly number[], size: number) {
  const out: Map<Edge, number>[] = Array.from({ length: size }, () => new Map());
  for (const packed of tlc.edges) {
    const to = packed % tlc.size;
    const source = Math.floor(packed / tlc.size);
    const action = tlc.actions[source % tlc.actions.length]!;
    const from = indexOf[Math.floor(source / tlc.actions.length)]!;
    if (from >= 0) out[from]!.set(edgeName(action, indexOf[to]!), to);
  }
  return out;
}

/** A state of the explorer's graph in which the two disagree. */
interface Place<S, C extends NamedCall> {
  readonly graph: Graph<S, C>;
  readonly model: Model<S, C>;
  readonly from: number;
}

function onlyInCore<S, C extends NamedCall>(
  { graph, model, from }: Place<S, C>,
  edge: Edge,
  theirs: ReadonlyMap<Edge, number>,
  ours: ReadonlySet<Edge>,
): GraphDifference {
  const [action, to] = edge.split(" ") as [string, string];
  const here = graph.states[from]!;
  return {
    title: trace(graph, from, action),
    lines: [
      `the core makes this step, TLC ${verdictOn(action, [...theirs.keys()])}`,
      "what it changes in the core:",
      ...model.changes(here, graph.states[Number(to)]!),
      ...enabled("TLC", [...theirs.keys()]),
      ...enabled("the core", [...ours]),
    ],
  };
}

function onlyInTlc<S, C extends NamedCall>(
  { graph, model, from }: Place<S, C>,
  edge: Edge,
  to: S,
  ours: ReadonlySet<Edge>,
): GraphDifference {
  const [action] = edge.split(" ") as [string];
  const here = graph.states[from]!;
  const own = [...ours].find((e) => e.startsWith(`${action} `));
  const target = own === undefined ? null : graph.states[Number(own.split(" ")[1])]!;
  return {
    title: trace(graph, from, action),
    lines: [
      `TLC makes this step, the core ${verdictOn(action, [...ours])}`,
      ...(target
        ? ["TLC's target (-) and the core's (+):", ...model.changes(to, target)]
        : ["what it changes in TLC:", ...model.changes(here, to)]),
      ...enabled("the core", [...ours]),
    ],
  };
}

const verdictOn = (action: string, edges: readonly Edge[]): string =>
  edges.some((e) => e.startsWith(`${action} `)) ? "makes another one" : `does not allow ${action}`;

const enabled = (who: string, edges: readonly Edge[]): string[] => [
  `enabled in ${who}: ${[...new Set(edges.map((e) => e.split(" ")[0]))].join(" ") || "nothing"}`,
];

const trace = <S, C extends NamedCall>(graph: Graph<S, C>, from: number, action: string): string =>
  [...formatCalls(pathTo(graph, from)), `${action}?`].join(" → ");
