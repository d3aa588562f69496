/**
 * Systematic mutants of the core: each action without one of its guards, or without one of its
 * effects. That the core is the spec means that the graph tells them from it.
 */

import { isDeepStrictEqual } from "node:util";
import {
  actionNames,
  actions,
  step,
  storageMachine,
  tableNames,
  wordsOf,
  type Action,
  type ActionName,
  type ActionTable,
  type Call,
  type Db,
  type Scope,
  type State,
} from "../../src/core/index.js";
import { explore, pathTo, type Graph } from "../explore/explorer.js";
import { readScope } from "../explore/scope.js";
import { formatCalls } from "../report/calls.js";
import type { ManifestEntry } from "../tlc/manifest.js";

/** One action of the table is wrong. */
export interface Wrong {
  readonly action: ActionName;
  readonly table: ActionTable;
}

export interface CoreMutant extends Wrong {
  /** As in `Claim.dropGuard.empty` or `Claim.dropEffect.attemptEvidence`. */
  readonly name: string;
  readonly about: string;
  /** What the action no longer answers, if it is that. */
  readonly silent?: string;
}

/** A configuration, and every state of it. */
export interface Explored {
  readonly entry: ManifestEntry;
  readonly scope: Scope;
  readonly graph: Graph;
}

export async function exploreAll(entries: readonly ManifestEntry[]): Promise<readonly Explored[]> {
  const all: Explored[] = [];
  for (const entry of entries) {
    const { symmetric } = entry;
    const scope = await readScope(entry.cfg);
    const graph = explore(storageMachine(scope, { symmetric }), { properties: [] });
    all.push({ entry, scope, graph });
  }
  return all;
}

const fields = [...tableNames, "rings", "laneHeads"] as const satisfies readonly (keyof Db)[];
type Field = (typeof fields)[number];

const erased = (name: ActionName) => actions[name] as Action<unknown>;

/** The action does not refuse with this word. */
export const without = (name: ActionName, word: string): Partial<ActionTable> => ({
  [name]: {
    ...erased(name),
    refuse: (...of: Parameters<Action<unknown>["refuse"]>) => {
      const refusal = erased(name).refuse(...of);
      return refusal && wordsOf(refusal)[0] === word ? null : refusal;
    },
  },
});

/** The action leaves this table as it is. */
export const keeping = (name: ActionName, field: Field): Partial<ActionTable> => ({
  [name]: {
    ...erased(name),
    apply: (db: Db, args: unknown, scope: Scope) => {
      const done = erased(name).apply(db, args, scope);
      return { ...done, db: { ...done.db, [field]: db[field] } };
    },
  },
});

/** Rows are never changed: of two tables with the same rows, these are the same objects. */
function differs(after: Db[Field], before: Db[Field]): boolean {
  if (after === before) return false;
  if (!Array.isArray(after) || !Array.isArray(before)) return !isDeepStrictEqual(after, before);
  return after.length !== before.length || after.some((row, i) => row !== before[i]);
}

/** What the guards of each action say in these states, and what its effect changes there. */
function observed(all: readonly Explored[]) {
  const guards = new Map<ActionName, Set<string>>(actionNames.map((name) => [name, new Set()]));
  const effects = new Map<ActionName, Set<Field>>(actionNames.map((name) => [name, new Set()]));
  for (const { scope, graph } of all)
    for (const { db } of graph.states)
      for (const { action, args } of graph.machine.calls) {
        const refusal = erased(action).refuse(db, args, scope);
        if (refusal) {
          guards.get(action)!.add(wordsOf(refusal)[0]!);
          continue;
        }
        const { db: after } = erased(action).apply(db, args, scope);
        const changed = effects.get(action)!;
        for (const field of fields) if (differs(after[field], db[field])) changed.add(field);
      }
  return { guards, effects };
}

export function coreMutants(all: readonly Explored[]): readonly CoreMutant[] {
  const { guards, effects } = observed(all);
  return actionNames.flatMap((action) => {
    const mutant = (what: string, about: string, changed: Partial<ActionTable>): CoreMutant => ({
      name: `${action}.${what}`,
      about,
      action,
      table: { ...actions, ...changed },
    });
    return [
      ...[...guards.get(action)!].map((silent) => ({
        ...mutant(
          `dropGuard.${silent.replace(" ", ".")}`,
          `never answers ${silent}`,
          without(action, silent),
        ),
        silent,
      })),
      ...[...effects.get(action)!].map((field) =>
        mutant(`dropEffect.${field}`, `leaves ${field} as it was`, keeping(action, field)),
      ),
    ];
  });
}

/** Where a step is another one than in the graph. */
export interface Strayed {
  readonly configuration: string;
  readonly trace: readonly Call[];
}

/** The shortest way to a step that the graph does not have, on the first configuration with one. */
export function strays(mutant: Wrong, all: readonly Explored[]): Strayed | null {
  for (const { entry, scope, graph } of all) {
    const { machine, states } = graph;
    const mine = machine.calls.filter(({ action }) => action === mutant.action);
    for (const [index, state] of states.entries())
      for (const call of mine) {
        if (!machine.possible(state, call) || same(mutant, graph, state, call, scope)) continue;
        return { configuration: entry.name, trace: [...pathTo(graph, index), call] };
      }
  }
  return null;
}

/** A state that cannot be made is another one. */
function same(
  { table }: Wrong,
  { machine }: Graph,
  state: State,
  call: Call,
  scope: Scope,
): boolean {
  const right = machine.step(state, call).state;
  try {
    const wrong = step(state, call, scope, table).state;
    const untouched = wrong.db === state.db && wrong.env === state.env;
    return untouched ? right === state : machine.key(wrong) === machine.key(right);
  } catch {
    return false;
  }
}

export const strayedText = ({ configuration, trace }: Strayed): string =>
  `${configuration}: ${formatCalls(trace).join(" → ")}`;
