/**
 * The action table: the same names in the same order as `Next` in SegmentedStorage.tla. The
 * explorer, the random runs, the Postgres driver and MAPPING.md are all driven by it.
 */

import { CancelReady, CancelRunning, MoveReady, PurgeDlq, RetryFromDlq } from "./admin.js";
import { run, wordsOf, type Action, type Effect, type Outcome, type Step } from "./action.js";
import { FlushProgress, Heartbeat, ParkForCallback, ResumeCallback } from "./attempt.js";
import { AdvanceClaimCursor, Claim } from "./claim.js";
import { ForgetToken, PassTime } from "./environment.js";
import { Complete, CompleteFast, CompleteSlow, Fail, FailToDlq, Retry, Snooze } from "./finish.js";
import { Enqueue, PromoteDeferred } from "./producers.js";
import {
  RescueCallbackTimeouts,
  RescueExpiredDeadlines,
  RescueExpiredLeaseDeadlines,
  RescueStaleLeases,
  RescueStaleReceipts,
} from "./rescue.js";
import {
  PruneClaims,
  PruneLeases,
  PruneQueue,
  RotateClaims,
  RotateLeases,
  RotateQueue,
} from "./rings.js";
import type { Scope } from "./scope.js";
import type { Db, Env, State } from "./state.js";
import { DiscardTerminal, FailedToDlq, RetryFromTerminal } from "./terminal.js";

export const actions = {
  Enqueue,
  PromoteDeferred,
  Claim,
  AdvanceClaimCursor,
  Heartbeat,
  FlushProgress,
  ParkForCallback,
  ResumeCallback,
  CompleteFast,
  CompleteSlow,
  Complete,
  Retry,
  Snooze,
  Fail,
  FailToDlq,
  RescueStaleReceipts,
  RescueExpiredDeadlines,
  RescueStaleLeases,
  RescueExpiredLeaseDeadlines,
  RescueCallbackTimeouts,
  DiscardTerminal,
  RetryFromTerminal,
  FailedToDlq,
  CancelReady,
  CancelRunning,
  MoveReady,
  PurgeDlq,
  RetryFromDlq,
  RotateQueue,
  RotateClaims,
  RotateLeases,
  PruneQueue,
  PruneClaims,
  PruneLeases,
  PassTime,
  ForgetToken,
} as const;

export type ActionName = keyof typeof actions;
export type ArgsOf<N extends ActionName> = (typeof actions)[N] extends Action<infer A> ? A : never;
export const actionNames = Object.keys(actions) as readonly ActionName[];

/** One call: an action and its arguments. */
export type Call = {
  [N in ActionName]: { readonly action: N; readonly args: ArgsOf<N> };
}[ActionName];

/** Actions under the registry's names: the registry itself, or a table with a planted bug. */
export type ActionTable = { readonly [N in ActionName]: Action<ArgsOf<N>> };

const erased = (table: ActionTable, name: ActionName) => table[name] as Action<unknown>;

/** Every answer of every action, such as `Claim empty`. */
export const allAnswers: readonly string[] = actionNames.flatMap((name) =>
  actions[name].answers.map((word) => `${name} ${word}`),
);

/** Whether an action is told to have succeeded, for one of a batch at least. */
export const succeeds = (action: ActionName, outcome: Outcome): boolean =>
  wordsOf(outcome).includes(actions[action].answers[0]!);

/** Every call that `Next` ranges over in this scope, in the registry's order. */
export function calls(scope: Scope, table: ActionTable = actions): readonly Call[] {
  return actionNames
    .filter((name) => scope.enabled.includes(name))
    .flatMap((name) =>
      erased(table, name)
        .candidates(scope)
        .map((args) => ({ action: name, args }) as Call),
    );
}

/** Whether somebody in this environment can make the call at all. */
export function possible(state: State, call: Call, table: ActionTable = actions): boolean {
  return erased(table, call.action).possible?.(state.env, call.args) ?? true;
}

/** What one call does to a database, whoever makes it. Pure and total. */
export const effect = (db: Db, call: Call, scope: Scope, table: ActionTable = actions): Effect =>
  run(erased(table, call.action), db, call.args, scope);

/** What is known outside the database once the caller is told this. */
export function learned(
  { db, env }: State,
  { action, args }: Call,
  outcome: Outcome,
  scope: Scope,
  table: ActionTable = actions,
): Env {
  return erased(table, action).learn?.(env, args, outcome, db, scope) ?? env;
}

/** One call on one state: what the caller is told, and the state afterwards. Pure and total. */
export function step(state: State, call: Call, scope: Scope, table: ActionTable = actions): Step {
  const { db, outcome } = effect(state.db, call, scope, table);
  return { outcome, state: { db, env: learned(state, call, outcome, scope, table) } };
}

/** The bounds of the model, twin of `InBounds`: no further run lease, and no longer lane. */
export const inBounds = ({ db, env }: State, scope: Scope): boolean =>
  env.handed.every((t) => scope.leases.includes(t.lease)) &&
  scope.lanes.every((lane) => db.laneHeads[lane]!.next <= scope.maxSeq + 1);
