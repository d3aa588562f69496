/**
 * Which calls meet in which states. The explorer chooses: among the states of an area, for
 * every unordered pair of operations, some in which both succeed, some in which one changes what
 * the other is told, and some in which one is refused.
 */

import {
  actionNames,
  actions,
  calls,
  step,
  type ActionName,
  type Call,
  type Job,
  type Outcome,
  type Scope,
  type State,
} from "../../src/core/index.js";
import { presentable } from "../conform/attempts.js";
import { callsTo, type Node } from "../conform/tree.js";

export type Kind = "both" | "changes" | "refused";
export const kinds: readonly Kind[] = ["both", "changes", "refused"];

export interface Case {
  readonly area: string;
  /** In which the calls meet. */
  readonly scope: Scope;
  /** The calls that lead to the state, from the empty one. */
  readonly way: readonly Call[];
  readonly state: State;
  /** One per session. */
  readonly calls: readonly Call[];
  readonly kind: Kind;
}

export const operations: readonly ActionName[] = actionNames.filter(
  (name) => actions[name].family !== "environment",
);

/** As in `Claim × Complete`, in the registry's order. */
export const nameOf = (actions: readonly ActionName[]): string => actions.join(" × ");

export type Pair = readonly [ActionName, ActionName];

export const pairs: readonly Pair[] = operations.flatMap((a, i) =>
  operations.slice(i).map((b) => [a, b] as const),
);

const succeeds = (action: ActionName, { result, each }: Outcome): boolean => {
  const [success] = actions[action].answers;
  return each ? each.includes(success!) : result === success!.split(" ")[0];
};

export interface Tried {
  readonly before: State;
  readonly call: Call;
  /** The jobs that it presents. */
  readonly jobs: readonly Job[];
  readonly told: string;
  readonly after: State;
  readonly ok: boolean;
}

const told = (o: Outcome): string => JSON.stringify(o);

function tryIn(before: State, call: Call, scope: Scope): Tried {
  const { outcome, state: after } = step(before, call, scope);
  const jobs = call.action === "Enqueue" ? call.args.batch : [];
  return { before, call, jobs, told: told(outcome), after, ok: succeeds(call.action, outcome) };
}

/** Of each operation the first and the last call that succeed, and the first that is refused. */
function shortlist(tried: readonly Tried[]): readonly Tried[] {
  const ok = tried.filter((t) => t.ok);
  const picked = [ok[0], ok.length > 1 ? ok.at(-1) : undefined, tried.find((t) => !t.ok)];
  return picked.filter((t) => t !== undefined);
}

/** By operation: what may meet in this state. Nobody presents a job that is known. */
export function tryAll(
  state: State,
  all: readonly Call[],
  scope: Scope,
): ReadonlyMap<ActionName, readonly Tried[]> {
  const byAction = new Map<ActionName, Tried[]>(operations.map((name) => [name, []]));
  for (const call of all)
    if (presentable(state, { action: call.action, list: [call.args] }))
      byAction.get(call.action)!.push(tryIn(state, call, scope));
  return new Map([...byAction].map(([name, tried]) => [name, shortlist(tried)]));
}

/** Two producers do not present the same job. */
export const meetable = (a: Tried, b: Tried): boolean =>
  !a.jobs.some((job) => b.jobs.includes(job));

/** What was found for a pair. */
interface Found {
  readonly pair: Pair;
  readonly cases: Readonly<Record<Kind, Case[]>>;
}

export class Chooser {
  private readonly wanted: number;
  private readonly found: readonly Found[];
  /** Those of which some kind is still wanting. */
  private open: readonly Found[];

  /** So many states of each of these pairs, of every kind that there is. */
  constructor(wanted: number, some: readonly Pair[] = pairs) {
    this.wanted = wanted;
    this.found = some.map((pair) => ({ pair, cases: { both: [], changes: [], refused: [] } }));
    this.open = this.found;
  }

  /** Each kind once, then the others. */
  get cases(): readonly Case[] {
    return this.found.flatMap(({ cases }) => {
      const turns = Array.from({ length: this.wanted }, (_, i) => kinds.map((k) => cases[k][i]));
      return turns
        .flat()
        .filter((c) => c !== undefined)
        .slice(0, this.wanted);
    });
  }

  /** Looks at these states of an area for pairs that still want one. */
  look(area: string, nodes: readonly Node[], scope: Scope): void {
    const enabled = [...new Set(this.open.flatMap(({ pair }) => pair))];
    const all = calls({ ...scope, enabled });
    for (const node of nodes) {
      const { state } = node;
      const short = tryAll(state, all, scope);
      for (const { pair, cases } of this.open) {
        for (const first of short.get(pair[0])!) {
          for (const second of short.get(pair[1])!) {
            if (!meetable(first, second)) continue;
            const kind = kindOf(first, second, scope);
            const list = cases[kind];
            if (list.length >= this.wanted || list.at(-1)?.state === state) continue;
            const both = [first.call, second.call];
            list.push({ area, scope, way: callsTo(node), state, calls: both, kind });
          }
        }
      }
      this.open = this.open.filter(({ cases }) =>
        kinds.some((kind) => cases[kind].length < this.wanted),
      );
    }
  }
}

/** Whether the second is told something else once the first has had its effect. */
export function changes(first: Tried, second: Tried, scope: Scope): boolean {
  if (first.after.db === second.before.db) return false;
  return told(step(first.after, second.call, scope).outcome) !== second.told;
}

function kindOf(a: Tried, b: Tried, scope: Scope): Kind {
  if (changes(a, b, scope) || changes(b, a, scope)) return "changes";
  return a.ok && b.ok ? "both" : "refused";
}
