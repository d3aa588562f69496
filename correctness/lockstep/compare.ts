/**
 * Whether contract, core and Postgres are one after a step: the same answers and the same rows, the
 * contract allows the answers, everybody sees every job in the same place, and health says of the
 * rows what the core says.
 */

import { isDeepStrictEqual } from "node:util";
import { encodeDb, keyOf, type Call, type Outcome, type Scope } from "../../src/core/index.js";
import { allows, type ContractState, type Operation } from "../../src/memory/index.js";
import type { Attempt, Expected } from "../conform/attempts.js";
import { diffDb, type TableDiff } from "../report/diff.js";
import type { JobPlace, Seen } from "./seen.js";
import { expectedHealth } from "./health.js";
import { compareViews, different, forgetGone, sidesOf, type Judged, type Sides } from "./views.js";

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
  readonly view: Sides;
  /** What the core and Postgres say of the rings, the queues and the lanes. */
  readonly health: Sides;
  /** What happened beside the calls of the model, in the order of the run. */
  readonly beside: readonly string[];
}

/** The call as the contract takes it: a producer names the unique keys of its jobs. */
export const operationOf = (call: Call, scope: Scope): Operation =>
  call.action === "Enqueue"
    ? { ...call, args: { ...call.args, keys: call.args.batch.map((job) => keyOf(scope, job)) } }
    : call;

/** Each answer of the batch in turn; the first that breaks a promise ends it. */
function judge(
  before: ContractState,
  { action, list }: Attempt,
  outcomes: readonly Outcome[],
  scope: Scope,
): Judged {
  let state = before;
  if (outcomes.length > list.length)
    return { state, why: `it gives ${outcomes.length} answers to ${list.length} calls` };
  for (const [i, outcome] of outcomes.entries()) {
    const operation = operationOf({ action, args: list[i] } as Call, scope);
    const verdict = allows(state, operation, outcome);
    if (!verdict.ok) return { state, why: verdict.why };
    state = verdict.state;
  }
  return { state, why: null };
}

/** A prune may take ended jobs out of the view, and no others. */
function forget(judged: Judged, attempt: Attempt, jobs: readonly JobPlace[]): Judged {
  return judged.why || attempt.action !== "PruneQueue" ? judged : forgetGone(judged.state, jobs);
}

function compareHealth({ state }: Expected, { health }: Seen, scope: Scope): Sides {
  if (!health) return { expected: [], shown: [] };
  return sidesOf(expectedHealth(state.db, health, scope), health.shown);
}

export interface Compared {
  readonly contract: ContractState;
  readonly bad: BadStep | null;
}

export function compare(
  before: ContractState,
  attempt: Attempt,
  expected: Expected,
  seen: Seen,
  scope: Scope,
): Compared {
  const { outcomes, state } = expected;
  const judged = forget(judge(before, attempt, seen.outcomes, scope), attempt, seen.jobs);
  const views = compareViews(judged.state, seen.jobs);
  const health = compareHealth(expected, seen, scope);
  const sameRows = encodeDb(state.db, scope) === encodeDb(seen.db, scope);
  const answers = isDeepStrictEqual(seen.outcomes, outcomes);
  const sound = seen.faults.length === 0 && !judged.why;
  if (answers && sameRows && sound && !different(views) && !different(health))
    return { contract: judged.state, bad: null };
  const bad: BadStep = {
    attempt,
    expected: outcomes,
    actual: seen.outcomes,
    error: seen.error,
    contract: { postgres: judged.why, core: judge(before, attempt, outcomes, scope).why },
    rows: diffDb(state.db, seen.db, scope),
    faults: seen.faults,
    view: views,
    health,
    beside: [],
  };
  return { contract: judged.state, bad };
}
