/**
 * In which situations the locks of an operation are recorded. The explorer chooses: of each one of
 * the model, the first state for every answer and for every set of tables whose rows it changes;
 * and where one statement takes several of its calls, two of them, in both orders.
 */

import {
  actionNames,
  actions,
  calls,
  NONE,
  step,
  tableNames,
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
import { operations } from "../interleave/places.js";
import { areas, meeting, startsOf, type Area } from "../interleave/scopes.js";
import { callText, formatCalls } from "../report/calls.js";
import { furtherSituations } from "./further-situations.js";
import { allOperations, type Operation } from "./operations.js";
import { saidOf, type Situation } from "./situation.js";

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
  both("both keys", ["Claim", "Fail", "FailToDlq"], {
    lanes: ["a"],
    maxBatch: 2,
    sameKey: [
      ["j1", "j3"],
      ["j2", "j4"],
    ],
  }),
];

/** Tables whose rows change; and whether prune carries any of them forward. */
function changes({ db: a }: State, { db: b }: State): string {
  const changed = tableNames.filter((t) => a[t] !== b[t]);
  const moved = b.readyEntries.some((row) => !a.readyEntries.includes(row));
  return `${changed.join()}${moved ? "+" : ""}`;
}

interface Tried {
  readonly list: readonly Call["args"][];
  /** Those that the call names, and those that it is told of. */
  readonly jobs: readonly Job[];
  readonly words: readonly string[];
  readonly changed: string;
}

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

/** The jobs that the call names. */
const jobsIn = (list: Tried["list"]): readonly string[] => [
  ...new Set(
    list.flatMap((args) => {
      if ("tokens" in args) return args.tokens.map(({ job }) => job);
      if ("batch" in args) return args.batch;
      return "token" in args ? [args.token.job] : "job" in args ? [args.job] : [];
    }),
  ),
];

/** What there is to lock: a lease of the attempt, its receipt, a row of the job. */
function known({ db }: State, list: Tried["list"]): string {
  const tokens = list.flatMap((args) =>
    "tokens" in args ? args.tokens : "token" in args ? [args.token] : [],
  );
  const named = (row: Token) => tokens.some((t) => t.job === row.job && t.lease === row.lease);
  if (db.leases.some(named)) return "lease";
  if (db.leaseClaims.some(named)) return "receipt";
  return db.readyEntries.some(({ job }) => jobsIn(list).includes(job)) ? "job" : "";
}

const lanesOf = ({ db }: State, jobs: readonly Job[]): number => {
  const rows = [...db.readyEntries, ...db.deferredJobs].filter(({ job }) => jobs.includes(job));
  return new Set(rows.map(({ lane }) => lane)).size;
};

/** Whether they are in several claim slots, with others there whose rows are in other slots. */
function crowded({ db }: State, jobs: readonly Job[]): boolean {
  const own = db.leaseClaims.filter(({ job }) => jobs.includes(job));
  const others = db.leaseClaims.filter(
    (other) =>
      !own.includes(other) &&
      own.some((mine) => mine.slot === other.slot && mine.ready !== other.ready),
  );
  return new Set(own.map(({ slot }) => slot)).size > 1 && others.length > 0;
}

/** Calls of one operation that have this in common are one situation; empty for none at all. */
function kindsOf(state: State, action: ActionName, one: Tried): readonly string[] {
  const { list, jobs, words, changed } = one;
  if (jobs.length < 2) return [`${words} ${changed} ${known(state, list)}`];
  if (words.join() !== wordOf(action)) return [];
  return [
    `several ${changed} ${known(state, list)}`,
    ...(lanesOf(state, jobs) > 1 ? ["several lanes"] : []),
    ...(crowded(state, jobs) ? ["several slots, in a crowd"] : []),
  ];
}

/** Only new jobs are enqueued; other calls are about those there are, and each at most once. */
const sensible = ({ args }: Call, { jobs }: Scope): boolean => {
  const named = jobsIn([args]);
  if ("batch" in args) return named.every((job) => !jobs.includes(job));
  const once = !("tokens" in args) || new Set(named).size === args.tokens.length;
  return once && named.every((job) => jobs.includes(job));
};

/** What an element of a call is told if the call succeeds. */
const wordOf = (action: ActionName): string => actions[action].answers[0]!.split(" ")[0]!;

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
  for (const reversed of one.jobs.length > 1 ? [false, true] : [false]) {
    const list = reversed ? turned(one.list) : one.list;
    const last = saidOf(callText({ action, list }), one.words, reversed);
    const name = `${area}: ${[...formatCalls(way), last].join(" → ")}`;
    yield { operation: action, name, scope, way, list, reversed };
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
