/**
 * Contract, core and Postgres walked through the same calls. After every step the core and
 * Postgres have given the same answers and hold the same rows, the contract allows the answers,
 * and the contract and the public view of Postgres see every job in the same place.
 */

import { isDeepStrictEqual } from "node:util";
import {
  actions,
  encodeDb,
  initialState,
  keyOf,
  type ActionTable,
  type Call,
  type Outcome,
  type Scope,
  type State,
} from "../../src/core/index.js";
import {
  allows,
  initial,
  view,
  type ContractState,
  type Operation,
} from "../../src/memory/index.js";
import { expect, type Attempt, type Expected } from "../conform/attempts.js";
import { diffDb, type TableDiff } from "../report/diff.js";
import { resolve } from "./calls.js";
import type { Choice } from "./choices.js";
import type { Database, JobPlace, Seen } from "./database.js";
import { upkeepOf } from "./upkeep.js";

/** The first step after which the three are no longer one. */
export interface BadStep {
  readonly attempt: Attempt;
  /** What the core says. */
  readonly expected: readonly Outcome[];
  /** What Postgres answered; empty where it raised an error. */
  readonly actual: readonly Outcome[];
  readonly error: string | null;
  /** Why the contract does not allow what Postgres answered, or what the core says. */
  readonly contract: { readonly postgres: string | null; readonly core: string | null };
  /** Rows that only the core has, and rows that only Postgres has. */
  readonly rows: readonly TableDiff[];
  /** What is wrong with the rows of Postgres beyond what the core says of them. */
  readonly faults: readonly string[];
  /** Jobs that the contract and the view of Postgres see in different places. */
  readonly view: { readonly contract: readonly string[]; readonly postgres: readonly string[] };
  /** Maintenance outside the model, in the order of the run: what it said, before which step. */
  readonly upkeep: readonly string[];
}

export interface Walk {
  /** All attempts that were made, the bad one last. */
  readonly trace: readonly Attempt[];
  /** How many choices were looked at, up to the bad step. */
  readonly used: number;
  readonly bad: BadStep | null;
}

export interface WalkOptions {
  readonly scope: Scope;
  readonly table?: ActionTable;
  readonly signal?: AbortSignal | undefined;
  /** Called after every step on which the three agree; `kept` is what upkeep said before it. */
  readonly passed?: (
    attempt: Attempt,
    outcomes: readonly Outcome[],
    kept: string | undefined,
  ) => void;
}

/** The rows are audited every so many steps, and at the end. */
const AUDITED = 250;

/** The call as the contract takes it: a producer names the unique keys of its jobs. */
export const operationOf = (call: Call, scope: Scope): Operation =>
  call.action === "Enqueue"
    ? { ...call, args: { ...call.args, keys: call.args.batch.map((job) => keyOf(scope, job)) } }
    : call;

interface Judged {
  readonly state: ContractState;
  readonly why: string | null;
}

/** Each answer of the batch in turn; the first that breaks a promise ends it. */
function judge(
  before: ContractState,
  { action, list }: Attempt,
  outcomes: readonly Outcome[],
  scope: Scope,
): Judged {
  let state = before;
  for (const [i, outcome] of outcomes.entries()) {
    const operation = operationOf({ action, args: list[i] } as Call, scope);
    const verdict = allows(state, operation, outcome);
    if (!verdict.ok) return { state, why: verdict.why };
    state = verdict.state;
  }
  return { state, why: null };
}

/** A prune may take ended jobs out of the view, and no others: the contract is told which. */
function forget(judged: Judged, attempt: Attempt, jobs: readonly JobPlace[]): Judged {
  if (judged.why || attempt.action !== "PruneQueue") return judged;
  const seen = new Set(jobs.map(({ job }) => job));
  const gone = [...view(judged.state).keys()].filter((job) => !seen.has(job));
  if (gone.length === 0) return judged;
  const operation: Operation = { action: "Forget", args: { jobs: gone } };
  const verdict = allows(judged.state, operation, { result: "forgotten" });
  return verdict.ok ? { state: verdict.state, why: null } : { ...judged, why: verdict.why };
}

const placeText = ({ job, state, lease }: JobPlace): string => `${job} ${state} lease=${lease}`;

function compareViews(contract: ContractState, jobs: readonly JobPlace[]): BadStep["view"] {
  const promised = [...view(contract)].map(([job, place]) => placeText({ job, ...place })).sort();
  const shown = jobs.map(placeText).sort();
  if (isDeepStrictEqual(promised, shown)) return { contract: [], postgres: [] };
  return {
    contract: promised.filter((line) => !shown.includes(line)),
    postgres: shown.filter((line, i) => !promised.includes(line) || shown[i - 1] === line),
  };
}

interface Compared {
  readonly contract: ContractState;
  readonly bad: BadStep | null;
}

export interface Made {
  /** What the core says. */
  readonly outcomes: readonly Outcome[];
  readonly bad: BadStep | null;
}

function compare(
  before: ContractState,
  attempt: Attempt,
  { outcomes: expected, state }: Expected,
  seen: Seen,
  scope: Scope,
): Compared {
  const judged = forget(judge(before, attempt, seen.outcomes, scope), attempt, seen.jobs);
  const views = compareViews(judged.state, seen.jobs);
  const sameRows = encodeDb(state.db, scope) === encodeDb(seen.db, scope);
  const sameViews = views.contract.length === 0 && views.postgres.length === 0;
  const answers = isDeepStrictEqual(seen.outcomes, expected);
  const sound = seen.faults.length === 0 && !judged.why;
  if (answers && sameRows && sameViews && sound) return { contract: judged.state, bad: null };
  const bad: BadStep = {
    attempt,
    expected,
    actual: seen.outcomes,
    error: seen.error,
    contract: { postgres: judged.why, core: judge(before, attempt, expected, scope).why },
    rows: diffDb(state.db, seen.db, scope),
    faults: seen.faults,
    view: views,
    upkeep: [],
  };
  return { contract: judged.state, bad };
}

/** The three at one point of a run. */
export class Trio {
  private readonly database: Database;
  private readonly scope: Scope;
  private readonly table: ActionTable;
  private core: State;
  private contract: ContractState;

  constructor(database: Database, scope: Scope, table: ActionTable = actions) {
    this.database = database;
    this.scope = scope;
    this.table = table;
    this.core = initialState(scope);
    this.contract = initial(scope);
  }

  /** What the core says of the point that is reached. */
  get state(): State {
    return this.core;
  }

  /** Makes the attempt in all three; `bad` where they are no longer one, or were not before. */
  async take(attempt: Attempt, audited: boolean, faults: readonly string[] = []): Promise<Made> {
    const { database, core, contract, scope, table } = this;
    const expected = expect(core, attempt, scope, table);
    const made = await database.make(attempt, expected.outcomes, audited);
    const seen = { ...made, faults: [...faults, ...made.faults] };
    const compared = compare(contract, attempt, expected, seen, scope);
    this.core = expected.state;
    this.contract = compared.contract;
    return { outcomes: expected.outcomes, bad: compared.bad };
  }
}

/** Walks the three through one run, up to the first bad step. */
export async function walk(
  database: Database,
  choices: readonly Choice[],
  { scope, table, signal, passed }: WalkOptions,
): Promise<Walk> {
  const trace: Attempt[] = [];
  const upkeep: string[] = [];
  const trio = new Trio(database, scope, table);
  await database.reset();
  for (const [i, choice] of choices.entries()) {
    signal?.throwIfAborted();
    const attempt = resolve(choice, trio.state, scope);
    if (!attempt) continue;
    trace.push(attempt);
    const due = upkeepOf(choice, scope);
    const kept = due ? await database.keepUp(due) : undefined;
    if (due) upkeep.push(`${due.text}, before step ${trace.length}: ${kept}`);
    const strange = due && !due.words.includes(kept!) ? upkeep.slice(-1) : [];
    const audited = trace.length % AUDITED === 0 || i === choices.length - 1;
    const { outcomes, bad } = await trio.take(attempt, audited, strange);
    if (bad) return { trace, used: i + 1, bad: { ...bad, upkeep } };
    passed?.(attempt, outcomes, due ? `${due.name} ${kept}` : undefined);
  }
  return { trace, used: choices.length, bad: null };
}
