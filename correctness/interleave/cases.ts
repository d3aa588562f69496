/**
 * Which calls meet in which states. The explorer chooses: among the states of an area, for every
 * unordered pair of operations, some in which both succeed, some in which one changes what the
 * other is told, and some in which one is refused; of each kind those in which the two have most to
 * do with each other.
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
import { bits, concernsOf } from "./concerns.js";

/** That both are refused says little: only where there is nothing else. */
export type Kind = "both" | "changes" | "refused" | "neither";
export const kinds: readonly Kind[] = ["both", "changes", "refused", "neither"];

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

export function tryIn(before: State, call: Call, scope: Scope): Tried {
  const { outcome, state: after } = step(before, call, scope);
  const jobs = call.action === "Enqueue" ? call.args.batch : [];
  return { before, call, jobs, told: told(outcome), after, ok: succeeds(call.action, outcome) };
}

/** Of each operation some calls that succeed, and some that are refused. */
function shortlist(tried: readonly Tried[]): readonly Tried[] {
  const [ok, refused] = [tried.filter((t) => t.ok), tried.filter((t) => !t.ok)];
  const middle = ok[ok.length >> 1];
  return [...new Set([ok[0], middle, ok.at(-1), refused[0], refused.at(-1)])].filter(
    (t) => t !== undefined,
  );
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

/** A case, and how much its calls have to do with each other. */
interface Candidate {
  readonly found: Case;
  readonly common: number;
}

/** What was found for a pair, best first. */
interface Found {
  readonly pair: Pair;
  readonly cases: Readonly<Record<Kind, Candidate[]>>;
}

/** A call, with what it has to do with. */
type Concerned = readonly [tried: Tried, concerns: number];

export class Chooser {
  private readonly wanted: number;
  private readonly found: readonly Found[];

  /** So many states of each of these pairs, of every kind that there is. */
  constructor(wanted: number, some: readonly Pair[] = pairs) {
    this.wanted = wanted;
    this.found = some.map((pair) => ({
      pair,
      cases: { both: [], changes: [], refused: [], neither: [] },
    }));
  }

  /** Each kind once, then each once more; what both refuse comes last. */
  get cases(): readonly Case[] {
    return this.found.flatMap(({ cases: { neither, ...telling } }) => {
      const turns = Array.from({ length: this.wanted }, (_, i) =>
        Object.values(telling).map((list) => list[i]),
      );
      const chosen = [...turns.flat(), ...neither].filter((c) => c !== undefined);
      return chosen.slice(0, this.wanted).map(({ found }) => found);
    });
  }

  /** Looks at these states of an area for better ones. */
  look(area: string, nodes: readonly Node[], scope: Scope): void {
    const enabled = [...new Set(this.found.flatMap(({ pair }) => pair))];
    const all = calls({ ...scope, enabled });
    for (const node of nodes) {
      const concerned = new Map<ActionName, readonly Concerned[]>();
      for (const [name, some] of tryAll(node.state, all, scope))
        concerned.set(
          name,
          some.map((tried) => [tried, concernsOf(tried)]),
        );
      const way = callsTo(node);
      for (const found of this.found) {
        const [firsts, seconds] = found.pair.map((name) => concerned.get(name)!);
        for (const { both, common } of closest(firsts!, seconds!)) {
          if (common <= this.least(found)) continue;
          const kind = kindOf(...both, scope);
          const together = both.map(({ call }) => call);
          const { state } = node;
          this.keep(found, common, { area, scope, way, state, calls: together, kind });
        }
      }
    }
  }

  /** What two calls must have in common to be better than what is there. */
  private least({ cases }: Found): number {
    return Math.min(...kinds.map((kind) => cases[kind][this.wanted - 1]?.common ?? -1));
  }

  /** One case of each state, and the best. */
  private keep({ cases }: Found, common: number, found: Case): void {
    const list = cases[found.kind];
    const same = list.findIndex((c) => c.found.state === found.state);
    if (same >= 0 && list[same]!.common >= common) return;
    if (same >= 0) list.splice(same, 1);
    const place = list.findIndex((c) => c.common < common);
    list.splice(place < 0 ? list.length : place, 0, { found, common });
    list.length = Math.min(list.length, this.wanted);
  }
}

interface Meeting {
  readonly both: readonly [Tried, Tried];
  readonly common: number;
}

/** Of those that both succeed, that one does, and that none does: the two with most in common. */
function closest(firsts: readonly Concerned[], seconds: readonly Concerned[]): readonly Meeting[] {
  const best: (Meeting | undefined)[] = [];
  for (const [first, mine] of firsts)
    for (const [second, its] of seconds) {
      const common = bits(mine & its);
      const group = (first.ok ? 1 : 0) + (second.ok ? 2 : 0);
      if (common > (best[group]?.common ?? -1) && meetable(first, second))
        best[group] = { both: [first, second], common };
    }
  return best.filter((meeting) => meeting !== undefined);
}

/** Whether the second is told something else once the first has had its effect. */
function changes(first: Tried, second: Tried, scope: Scope): boolean {
  if (first.after.db === second.before.db) return false;
  return told(step(first.after, second.call, scope).outcome) !== second.told;
}

function kindOf(a: Tried, b: Tried, scope: Scope): Kind {
  if (changes(a, b, scope) || changes(b, a, scope)) return "changes";
  if (a.ok && b.ok) return "both";
  return a.ok || b.ok ? "refused" : "neither";
}
