/**
 * What an action is. The three kinds of guard are kept apart: `possible` is the environment's
 * (a worker presents only tokens it holds), `refuse` is the database's (checked on Postgres as
 * strictly as a success), and the bounds of a model live in `inBounds`, outside every action.
 */

import type { Scope } from "./scope.js";
import type { Env, Db, State, TableName, Token } from "./state.js";

/** Why the database says no, one name per guard. */
export type RefusalName =
  | "stale"
  | "waiting"
  | "notWaiting"
  | "empty"
  | "noop"
  | "notReady"
  | "notRunning"
  | "sameLane"
  | "notRetryable"
  | "notFailed"
  | "notDeferred"
  | "notDue"
  | "notTerminal"
  | "notInDlq"
  | "uniqueConflict"
  | "skippedBusy"
  | "skippedActive";

/** What a caller is told; `result` names it, the other fields belong to that result. */
export interface Outcome {
  readonly result: string;
  /** One answer per element of the batch, in the order of the call. */
  readonly each?: readonly string[];
  readonly jobs?: readonly string[];
  readonly tokens?: readonly Token[];
  readonly cursor?: number;
  /** For `skippedBusy`: the tables of the next slot that are not empty. */
  readonly which?: readonly TableName[];
  /** For `skippedActive`: the first reason, in the order of the guards. */
  readonly reason?: string;
}

export interface Refusal extends Outcome {
  readonly result: RefusalName;
}

export type Family =
  | "producers"
  | "claim"
  | "attempt"
  | "finish"
  | "rescue"
  | "terminal"
  | "admin"
  | "rings"
  | "environment";

/** What each element of a call was answered, such as `stale` or `skippedActive claimOpen`. */
export const wordsOf = ({ result, reason, each }: Outcome): readonly string[] =>
  each ?? [reason ? `${result} ${reason}` : result];

export interface Action<Args> {
  readonly family: Family;
  /**
   * Every answer there is, success first, then refusals in the order of the guards: a run in which
   * one of them never came has not shown much.
   */
  readonly answers: readonly string[];
  /** Every instance that `Next` ranges over: constant domains only. */
  readonly candidates: (scope: Scope) => readonly Args[];
  /** What must hold outside the database before anybody can make this call. */
  readonly possible?: (env: Env, args: Args) => boolean;
  /** The first guard of the database that says no, in order. */
  readonly refuse: (db: Db, args: Args, scope: Scope) => Refusal | null;
  /** The effect; called only when nothing refuses. */
  readonly apply: (db: Db, args: Args, scope: Scope) => Effect;
  /** What the caller and history know afterwards; `before` is the database before the step. */
  readonly learn?: (env: Env, args: Args, outcome: Outcome, before: Db, scope: Scope) => Env;
}

export interface Step {
  readonly outcome: Outcome;
  readonly state: State;
}

/** What a call does to a database, and what its caller is told. */
export interface Effect {
  readonly db: Db;
  readonly outcome: Outcome;
}

/** Runs one action on a database, refused or not; total, and pure. */
export function run<Args>(action: Action<Args>, db: Db, args: Args, scope: Scope): Effect {
  const refusal = action.refuse(db, args, scope);
  return refusal ? { db, outcome: refusal } : action.apply(db, args, scope);
}
