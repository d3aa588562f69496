/**
 * In which situations the locks of an operation are recorded. The explorer chooses: of each one of
 * the model, the first state for every answer and for every set of tables whose rows it changes;
 * and where one statement takes several of its calls, two of them, in both orders.
 */

import {
  actionNames,
  calls,
  NONE,
  step,
  wordsOf,
  type ActionName,
  type ArgsOf,
  type Call,
  type Job,
  type Outcome,
  type Scope,
  type State,
  type Token,
} from "../../src/core/index.js";
import { presentable, twinOf } from "../conform/attempts.js";
import { callsTo, type Node } from "../conform/tree.js";
import { jobsIn, operations } from "../interleave/places.js";
import { areas, meeting, startsOf, type Area } from "../interleave/scopes.js";
import { callText, formatCalls } from "../report/calls.js";
import { furtherSituations } from "./further-situations.js";
import { changes, kindsOf, wordOf, type Tried } from "./kinds.js";
import { allOperations, type Operation } from "./operations.js";
import { layoutsFor, saidOf, type Situation } from "./situation.js";

/** Every state of an area up to here is looked at. */
const STATES = 160;

const near = (name: string): Area => areas.find((area) => area.name === name)!;

const grown = (name: string, from: Area, more: readonly string[], scope: Partial<Scope>): Area => ({
  name,
  scope: { ...from.scope, ...scope, enabled: [...from.scope.enabled, ...more] },
});

/** Little happens, but in both lanes. */
const both = (name: string, happens: readonly string[], scope: Partial<Scope> = {}): Area => ({
  name,
  scope: {
    ...near("lanes").scope,
    maxBatch: 1,
    maxWait: 0,
    leases: [1],
    deadlines: [1],
    ...scope,
    enabled: ["Enqueue", ...happens],
  },
});

/** Those in which interleavings begin, and some that get further in one direction. */
const places: readonly Area[] = [
  ...areas,
  grown("retention", near("ending"), ["RotateQueue"], { failedFloor: 1 }),
  grown("slots", near("leases"), ["RotateQueue", "RotateClaims"], { jobs: ["j1"] }),
  grown("pruning", near("leases"), ["PruneLeases"], { jobs: ["j1"] }),
  grown("timeouts", near("parking"), [], { maxAttempts: 2 }),
  both("both deferred", ["PassTime"], { maxWait: 1 }),
  both("both dead", ["Claim", "FailToDlq", "PassTime"]),
  both("both parked", ["Claim", "ParkForCallback", "ResumeCallback", "PassTime"]),
  both("crowded", ["Claim", "RotateQueue", "RotateClaims"], {
    jobs: ["j1", "j2", "j3"],
    deadlines: [NONE],
  }),
  both("far apart", ["Claim", "RotateClaims"], {
    lanes: ["a"],
    deadlines: [NONE],
    claimSlots: 4,
  }),
  both("both keys", ["Claim", "Fail", "FailToDlq"], {
    lanes: ["a"],
    maxBatch: 2,
    sameKey: [
      ["j1", "j3"],
      ["j2", "j4"],
    ],
  }),
];

function attempt(state: State, action: ActionName, list: Tried["list"], scope: Scope): Tried {
  const outcomes: Outcome[] = [];
  let at = state;
  for (const args of list) {
    const next = step(at, { action, args } as Call, scope);
    outcomes.push(next.outcome);
    at = next.state;
  }
  const words = [...new Set(outcomes.flatMap(wordsOf))].sort();
  const told = outcomes.flatMap(({ tokens = [] }) => tokens.map(({ job }) => job));
  const jobs = [...new Set([...jobsIn(list), ...told])];
  return { list, jobs, words, changed: changes(state, at) };
}

/** Only new jobs are enqueued; other calls are about those there are, and each at most once. */
const sensible = ({ args }: Call, { jobs }: Scope): boolean => {
  const named = jobsIn([args]);
  if ("batch" in args) return named.every((job) => !jobs.includes(job));
  const once = !("tokens" in args) || new Set(named).size === args.tokens.length;
  return once && named.every((job) => jobs.includes(job));
};

/** The calls of an operation on a state, one by one, and two that one statement can make. */
function* attemptsOn(state: State, action: ActionName, some: readonly Call[], scope: Scope) {
  const worked: Tried[] = [];
  for (const { args } of some) {
    if (!presentable(state, { action, list: [args] })) continue;
    const one = attempt(state, action, [args], scope);
    if (one.words[0] === wordOf(action)) worked.push(one);
    yield one;
  }
  if (!twinOf(action).batch) return;
  for (const [i, a] of worked.entries()) {
    const b = worked.slice(i + 1).find((other) => together(a, other));
    if (b) yield attempt(state, action, [...a.list, ...b.list], scope);
  }
}

/** Whether they are about two jobs, say the same of both, and change the same tables. */
const together = (a: Tried, b: Tried): boolean => {
  const rest = ({ list, changed }: Tried) => {
    const { job: _, token: __, ...others } = list[0] as Record<string, unknown>;
    return JSON.stringify({ ...others, changed });
  };
  return rest(a) === rest(b) && jobsIn(a.list)[0] !== jobsIn(b.list)[0];
};

const backwards = <T>(list: readonly T[]): T[] => [...list].reverse();

/** The same in the opposite order: of the calls, or of the elements of the one call. */
function turned(list: Tried["list"]): Tried["list"] {
  if (list.length > 1) return backwards(list);
  return list.map((args) => {
    const { tokens, batch } = args as { tokens?: readonly Token[]; batch?: readonly Job[] };
    if (tokens) return { tokens: backwards(tokens) };
    return batch ? ({ ...args, batch: backwards(batch) } as ArgsOf<"Enqueue">) : args;
  });
}

/** Rows of several jobs are locked in an order, which must not be that in which they lie. */
function* ordersOf(action: ActionName, one: Tried, found: Found): Generator<Situation> {
  const { area, node, scope } = found;
  const way = callsTo(node);
  for (const layout of layoutsFor(one.jobs.length)) {
    const list = layout.reversed ? turned(one.list) : one.list;
    const last = saidOf(callText({ action, list }), one.words, layout);
    const name = `${area}: ${[...formatCalls(way), last].join(" → ")}`;
    yield { operation: action, name, scope, way, list, ...layout };
  }
}

interface Found {
  readonly area: string;
  readonly node: Node;
  readonly scope: Scope;
}

type Kinds = ReadonlyMap<ActionName, Map<string, readonly Situation[]>>;

/** Of these operations, in their order. */
export function situations(wanted: readonly Operation[] = allOperations): readonly Situation[] {
  const ofModel = operations.filter((name) => wanted.includes(name));
  return [...explored(ofModel), ...furtherSituations(wanted)];
}

function explored(wanted: readonly ActionName[]): readonly Situation[] {
  const found: Kinds = new Map(wanted.map((name) => [name, new Map()]));
  for (const place of places) {
    const scope: Scope = { ...meeting(place), enabled: actionNames };
    const all = calls({ ...scope, enabled: wanted }).filter((call) => sensible(call, place.scope));
    for (const node of startsOf(place, STATES)) look({ area: place.name, node, scope }, all, found);
  }
  return wanted.flatMap((name) => [...new Set([...found.get(name)!.values()].flat())]);
}

function look(here: Found, all: readonly Call[], found: Kinds): void {
  const { state } = here.node;
  for (const [action, kinds] of found) {
    const some = all.filter((call) => call.action === action);
    for (const one of attemptsOn(state, action, some, here.scope)) {
      const fresh = kindsOf(state, action, one).filter((kind) => !kinds.has(kind));
      if (fresh.length === 0) continue;
      const made = [...ordersOf(action, one, here)];
      for (const kind of fresh) kinds.set(kind, made);
    }
  }
}
