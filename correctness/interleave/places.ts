/** Where calls may meet: the states of an area, and in each the calls that are worth a meeting. */

import {
  actionNames,
  actions,
  calls,
  step,
  succeeds,
  wordsOf,
  type ActionName,
  type Call,
  type Job,
  type Outcome,
  type Scope,
  type State,
} from "../../src/core/index.js";
import { presentable } from "../conform/attempts.js";
import { callsTo } from "../conform/tree.js";
import { meeting, startsOf, type Area } from "./scopes.js";

export const operations: readonly ActionName[] = actionNames.filter(
  (name) => actions[name].family !== "environment",
);

/** The jobs that these calls name. */
export const jobsIn = (list: readonly Call["args"][]): readonly Job[] => [
  ...new Set(
    list.flatMap((args) => {
      if ("tokens" in args) return args.tokens.map(({ job }) => job);
      if ("batch" in args) return args.batch;
      return "token" in args ? [args.token.job] : "job" in args ? [args.job] : [];
    }),
  ),
];

/** A call in a state. */
export class Tried {
  readonly before: State;
  readonly call: Call;
  readonly after: State;
  /** The jobs that it presents. */
  readonly jobs: readonly Job[];
  /** Whether it succeeds, for one of a batch at least. */
  readonly ok: boolean;
  private readonly outcome: Outcome;
  private text: string | undefined;

  constructor(before: State, call: Call, scope: Scope) {
    const { outcome, state } = step(before, call, scope);
    this.before = before;
    this.call = call;
    this.after = state;
    this.jobs = call.action === "Enqueue" ? call.args.batch : [];
    this.ok = succeeds(call.action, outcome);
    this.outcome = outcome;
  }

  /** What it is refused with, as in `Claim empty`; nothing if it succeeds. */
  get refusal(): string {
    return this.ok ? "" : [this.call.action, ...wordsOf(this.outcome)].join(" ");
  }

  /** What the caller is told. */
  get told(): string {
    return (this.text ??= JSON.stringify(this.outcome));
  }
}

/** A state, and how to get there. */
export interface Start {
  readonly area: string;
  /** In which the calls meet. */
  readonly scope: Scope;
  /** The calls that lead to the state, from the empty one. */
  readonly way: readonly Call[];
  readonly state: State;
}

export interface Place {
  readonly start: Start;
  /** By operation: what may meet here. Nobody presents a job that is known. */
  readonly all: Calls;
  /** Of these, those that are worth a meeting. */
  readonly calls: Calls;
}

export type Calls = ReadonlyMap<ActionName, readonly Tried[]>;

/** Of each operation some calls that succeed, and some that are refused, of each refusal one. */
function shortlist(tried: readonly Tried[]): readonly Tried[] {
  const [ok, refused] = [tried.filter((t) => t.ok), tried.filter((t) => !t.ok)];
  const middle = ok[ok.length >> 1];
  const each = new Map(refused.toReversed().map((t) => [t.refusal, t])).values();
  return [...new Set([ok[0], middle, ok.at(-1), ...each, refused.at(-1)])].filter(
    (t) => t !== undefined,
  );
}

function callsIn(state: State, presented: readonly Call[], scope: Scope): Calls {
  const byAction = new Map<ActionName, Tried[]>(operations.map((name) => [name, []]));
  for (const call of presented)
    if (presentable(state, { action: call.action, list: [call.args] }))
      byAction.get(call.action)!.push(new Tried(state, call, scope));
  return byAction;
}

/** So many states of an area, and what these operations may do there. */
export function* placesOf(
  area: Area,
  atMost: number,
  enabled: readonly ActionName[],
): Generator<Place> {
  const scope = meeting(area);
  const presented = calls({ ...scope, enabled });
  for (const node of startsOf(area, atMost)) {
    const { state } = node;
    const start = { area: area.name, scope, way: callsTo(node), state };
    const all = callsIn(state, presented, scope);
    const worth = [...all].map(([name, tried]) => [name, shortlist(tried)] as const);
    yield { start, all, calls: new Map(worth) };
  }
}

/** Two producers do not present the same job. */
export const meetable = (a: Tried, b: Tried): boolean =>
  !a.jobs.some((job) => b.jobs.includes(job));
