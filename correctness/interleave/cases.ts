/**
 * Which calls meet in which states. The explorer chooses: among the states of a configuration, for
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
import type { Graph } from "../explore/explorer.js";
import type { Node } from "../conform/tree.js";

export type Kind = "both" | "changes" | "refused";
export const kinds: readonly Kind[] = ["both", "changes", "refused"];

export interface Case {
  readonly config: string;
  readonly node: Node;
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

/** Of each operation the first calls that succeed, and the first that is refused. */
function shortlist(tried: readonly Tried[]): readonly Tried[] {
  return [...tried.filter((t) => t.ok).slice(0, 2), ...tried.filter((t) => !t.ok).slice(0, 1)];
}

/** Two producers do not present the same job, and nobody presents one that is known. */
function presentable({ env }: State, both: readonly Call[]): boolean {
  const jobs = both.flatMap((c) => (c.action === "Enqueue" ? c.args.batch : []));
  return new Set(jobs).size === jobs.length && jobs.every((job) => !env.enqueued.includes(job));
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

  of([a, b]: readonly [ActionName, ActionName]): readonly Case[] {
    return [...this.chosen.get(pairName(a, b))!.values()].flat();
  }

  get cases(): readonly Case[] {
    return pairs.flatMap((pair) => this.of(pair));
  }

  /** Looks at every state of a configuration for pairs that still want one. */
  look(config: string, nodes: readonly Node[], scope: Scope): void {
    const all = calls({ ...scope, enabled: operations }).filter(single);
    for (const node of nodes) this.lookAt(config, node, scope, all);
  }

  private lookAt(config: string, node: Node, scope: Scope, all: readonly Call[]): void {
    const { state } = node;
    const byAction = new Map<ActionName, Tried[]>();
    for (const call of all) {
      const { outcome, state: after } = step(state, call, scope);
      const tried = { call, outcome, after, ok: succeeds(call.action, outcome) };
      byAction.set(call.action, [...(byAction.get(call.action) ?? []), tried]);
    }
    const short = new Map([...byAction].map(([name, tried]) => [name, shortlist(tried)]));
    for (const [a, b] of pairs) {
      const open = this.chosen.get(pairName(a, b))!;
      if (kinds.every((kind) => open.get(kind)!.length >= this.wanted)) continue;
      for (const first of short.get(a) ?? []) {
        for (const second of short.get(b) ?? []) {
          const both = [first.call, second.call];
          if (!presentable(state, both)) continue;
          const kind = kindOf(first, second, scope);
          const found = open.get(kind)!;
          if (found.length >= this.wanted || found.some((c) => c.node === node)) continue;
          found.push({ config, node, calls: both, kind });
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

/** Batches of one are enough for pairs; larger ones are met in their own configurations. */
const single = (call: Call): boolean => JSON.stringify(call.args).length < 200;

export type { Graph };
