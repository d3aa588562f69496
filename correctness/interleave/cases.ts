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

/** A pair in the registry's order. */
export const pairName = (a: ActionName, b: ActionName): string => `${a} × ${b}`;

export const pairs: readonly (readonly [ActionName, ActionName])[] = operations.flatMap((a, i) =>
  operations.slice(i).map((b) => [a, b] as const),
);

const succeeds = (action: ActionName, { result, each }: Outcome): boolean => {
  const [success] = actions[action].answers;
  return each ? each.includes(success!) : result === success!.split(" ")[0];
};

interface Tried {
  readonly call: Call;
  readonly outcome: Outcome;
  readonly after: State;
  readonly ok: boolean;
}

const told = (o: Outcome): string => JSON.stringify(o);

/** Of each operation the first and the last call that succeed, and the first that is refused. */
function shortlist(tried: readonly Tried[]): readonly Tried[] {
  const ok = tried.filter((t) => t.ok);
  const picked = [ok[0], ok.length > 1 ? ok.at(-1) : undefined, tried.find((t) => !t.ok)];
  return picked.filter((t) => t !== undefined);
}

/** Two producers do not present the same job, and nobody presents one that is known. */
function meetable(state: State, both: readonly Call[]): boolean {
  const jobs = both.flatMap((c) => (c.action === "Enqueue" ? c.args.batch : []));
  const known = ({ action, args }: Call) => presentable(state, { action, list: [args] });
  return new Set(jobs).size === jobs.length && both.every(known);
}

export class Chooser {
  private readonly wanted: number;
  private readonly chosen = new Map<string, Map<Kind, Case[]>>();

  /** `wanted` of each kind for every pair. */
  constructor(wanted: number) {
    this.wanted = wanted;
    for (const [a, b] of pairs)
      this.chosen.set(pairName(a, b), new Map(kinds.map((kind) => [kind, []])));
  }

  /** Of a pair, those of the first kinds first. */
  of([a, b]: readonly [ActionName, ActionName]): readonly Case[] {
    return [...this.chosen.get(pairName(a, b))!.values()].flat();
  }

  get cases(): readonly Case[] {
    return pairs.flatMap((pair) => this.of(pair));
  }

  /** Looks at these states of an area for pairs that still want one. */
  look(area: string, nodes: readonly Node[], scope: Scope): void {
    const all = calls({ ...scope, enabled: operations });
    for (const node of nodes) this.lookAt(area, node, scope, all);
  }

  private lookAt(area: string, node: Node, scope: Scope, all: readonly Call[]): void {
    const { state } = node;
    const byAction = new Map<ActionName, Tried[]>(operations.map((name) => [name, []]));
    for (const call of all) {
      const { outcome, state: after } = step(state, call, scope);
      const tried = { call, outcome, after, ok: succeeds(call.action, outcome) };
      byAction.get(call.action)!.push(tried);
    }
    const short = new Map([...byAction].map(([name, tried]) => [name, shortlist(tried)]));
    for (const [a, b] of pairs) {
      const found = this.chosen.get(pairName(a, b))!;
      const [firsts, seconds] = [short.get(a)!, short.get(b)!];
      const open = kinds.filter((kind) => found.get(kind)!.length < this.wanted);
      if (open.length === 0) continue;
      // Where nobody succeeds, nobody can change what the other is told.
      if (!open.includes("refused") && !firsts[0]?.ok && !seconds[0]?.ok) continue;
      for (const first of firsts) {
        for (const second of seconds) {
          const both = [first.call, second.call];
          if (!meetable(state, both)) continue;
          const kind = kindOf(first, second, scope);
          const list = found.get(kind)!;
          if (list.length >= this.wanted || list.some((c) => c.state === state)) continue;
          list.push({ area, way: callsTo(node), state, calls: both, kind });
        }
      }
    }
  }
}

function kindOf(a: Tried, b: Tried, scope: Scope): Kind {
  const later = step(a.after, b.call, scope).outcome;
  const earlier = step(b.after, a.call, scope).outcome;
  if (told(later) !== told(b.outcome) || told(earlier) !== told(a.outcome)) return "changes";
  return a.ok && b.ok ? "both" : "refused";
}
