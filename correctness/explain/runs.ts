/** Shortest runs: to an action that succeeds, or to a property that breaks, with what changes. */

import {
  actions,
  storageMachine,
  succeeds,
  type ActionName,
  type ActionTable,
  type NamedCall,
  type Outcome,
  type State,
} from "../../src/core/index.js";
import type { RunContext } from "../claims.js";
import { explore, pathTo, replay, type Graph, type TraceStep } from "../explore/explorer.js";
import { readModel, storage } from "../explore/model.js";
import { plain } from "../explore/plain.js";
import { readScope } from "../explore/scope.js";
import { coreBugs } from "../mutants/core-bugs.js";
import type { Negative } from "../mutants/known-bugs.js";
import { formatCall, outcomeText } from "../report/calls.js";
import type { ManifestEntry } from "../tlc/manifest.js";
import type { TlcResult } from "../tlc/outcome.js";
import { positive, runEntry } from "../tlc/suite.js";
import { plainChanges, storageChanges } from "./changes.js";
import { STORAGE } from "./places.js";
import type { Run, Step } from "./story.js";

type Changes<S> = (before: S, after: S) => readonly string[];

function stepsOf<S, C extends NamedCall>(
  trace: readonly TraceStep<S, C>[],
  changes: Changes<S>,
): Step[] {
  return trace.slice(1).map(({ call, outcome, state }, i) => ({
    call: formatCall(call!),
    answer: outcomeText(outcome!),
    changes: changes(trace[i]!.state, state),
  }));
}

/** The configurations of the module in which the action changes anything, the smallest first. */
const configurations = (
  manifest: readonly ManifestEntry[],
  module: string,
  action: string,
): readonly ManifestEntry[] =>
  manifest
    .filter((entry) => (module === STORAGE ? storage(entry) : entry.module === module))
    .filter(positive)
    .filter(({ expect }) => (expect.edges[action] ?? 0) > 0)
    .sort((a, b) => a.expect.distinct - b.expect.distinct);

type AnyGraph = Graph<object, NamedCall>;

/** The calls of a shortest way to a change by this action, of which it is told this. */
function wayTo(
  { machine, states, ...reached }: AnyGraph,
  action: string,
  does: (outcome: Outcome) => boolean,
): readonly NamedCall[] | null {
  const mine = machine.calls.filter((call) => call.action === action);
  for (const [index, before] of states.entries())
    for (const call of mine) {
      if (!machine.possible(before, call)) continue;
      const { outcome, state } = machine.step(before, call);
      const changes = state !== before && machine.key(state) !== machine.key(before);
      if (changes && machine.inBounds(state) && does(outcome))
        return [...pathTo(reached, index), call];
    }
  return null;
}

const graphs = new Map<string, Promise<AnyGraph>>();

/** All states of a configuration, explored once. */
function graphOf(entry: ManifestEntry): Promise<AnyGraph> {
  const graph =
    graphs.get(entry.name) ??
    readModel(entry).then(({ machine }) => explore(machine, { properties: [] }));
  graphs.set(entry.name, graph);
  return graph;
}

/** To the action's first success in a small model; of a focused module, to its first effect. */
export async function actionRun(
  manifest: readonly ManifestEntry[],
  module: string,
  action: string,
): Promise<Run> {
  const stored = module === STORAGE;
  const does = (outcome: Outcome) =>
    stored ? succeeds(action as ActionName, outcome) : outcome.result !== "noop";
  for (const entry of configurations(manifest, module, action)) {
    const graph = await graphOf(entry);
    const way = wayTo(graph, action, does);
    if (!way) continue;
    const scope = stored ? await readScope(entry.cfg) : null;
    const changes: Changes<object> = (before, after) =>
      scope ? storageChanges(before as State, after as State, scope) : plainChanges(before, after);
    const shows = stored ? "in which it succeeds" : "in which it does something";
    const steps = stepsOf(replay(way, graph.machine), changes);
    return { shows, by: "core", configuration: entry.name, steps };
  }
  throw new Error(`no configuration has a run of ${action}`);
}

/** To the property's first violation, in the core with these actions in the place of its own. */
async function coreRun(
  { name, cfg, symmetric }: ManifestEntry,
  property: string,
  table: Partial<ActionTable>,
): Promise<Run> {
  const scope = await readScope(cfg);
  const machine = storageMachine(scope, { symmetric, table: { ...actions, ...table } });
  const { violation } = explore(machine, { properties: [property] });
  const changes: Changes<State> = (before, after) => storageChanges(before, after, scope);
  const steps = stepsOf(violation!.trace, changes);
  return { shows: `that violates ${property}`, by: "core", configuration: name, steps };
}

const lassoText = ({ lassoTo, lassoAction }: TlcResult): string | undefined => {
  if (lassoTo === undefined) return undefined;
  if (lassoAction === "Stuttering") return "and then nothing more happens";
  const state = lassoTo === 1 ? "the initial state" : `the state after step ${lassoTo - 1}`;
  return `${lassoAction} leads back to ${state}, and so on for ever`;
};

async function tlcRun(entry: ManifestEntry, property: string, context: RunContext): Promise<Run> {
  const result = await runEntry(entry, context, { coverage: false });
  const { trace = [], verdict, reason } = result;
  if (verdict !== "violated") throw new Error(`${entry.name}: ${reason ?? "no violation"}`);
  const states = trace.map(({ state }) =>
    Object.fromEntries(Object.entries(state).map(([name, value]) => [name, plain(value)])),
  );
  const steps = trace.slice(1).map(({ action }, i): Step => ({
    call: action,
    changes: plainChanges(states[i]!, states[i + 1]!),
  }));
  const then = lassoText(result);
  const shows = `that violates ${property}`;
  return { shows, by: "TLC", configuration: entry.name, steps, ...(then && { then }) };
}

/** The counterexample of a negative configuration: of the core where it has the same bug. */
export function negativeRun(entry: Negative, context: RunContext): Promise<Run> {
  const { property } = entry.expect;
  const table = coreBugs[entry.name];
  return table ? coreRun(entry, property, table) : tlcRun(entry, property, context);
}
