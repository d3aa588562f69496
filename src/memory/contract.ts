/**
 * The queue contract as a judge: given all that was promised so far, may a storage answer a call
 * this way? Left out, because no caller may rely on it: the order of jobs, slots, which way a
 * completion takes, how much of what is ready one claim takes, and how much of what is stale one
 * rescue. All else is exact: a false refusal is as wrong as a false success.
 */

import { find, type ContractState, type Limits, type Place } from "./life.js";
import type { Job, Operation, Outcome } from "./operations.js";
import { rules, type Rule } from "./rules.js";

/** Nothing was enqueued yet, and it is tick 0. */
export const initial = (limits: Limits): ContractState => ({
  staleAfter: limits.staleAfter,
  callbackWait: limits.callbackWait,
  maxAttempts: limits.maxAttempts,
  failedFloor: limits.failedFloor,
  readyWhenDue: limits.readyWhenDue,
  now: 0,
  jobs: new Map(),
  acks: new Set(),
});

export type Verdict =
  | { readonly ok: true; readonly state: ContractState }
  | { readonly ok: false; readonly why: string };

/**
 * Whether the contract allows this answer to this call: the state after it, or one sentence that
 * names the job or token and the promise that the answer breaks. Jobs and lanes that nobody
 * enqueued are absent, not errors; an operation or result outside the table is refused, and one
 * without the arguments of its type is a TypeError. Pure: `state` stays as it is. Takes time in
 * proportion to the number of jobs in `state`.
 */
export function allows(state: ContractState, operation: Operation, outcome: Outcome): Verdict {
  const { action, args } = operation;
  const { result } = outcome;
  const known = Object.hasOwn(rules, action) && Object.hasOwn(rules[action], result);
  if (!known) return { ok: false, why: `${action} never says ${result}` };
  const rule = (rules[action] as Readonly<Record<string, Rule<unknown>>>)[result]!;
  const draft = { ...state, jobs: new Map(state.jobs), acks: new Set(state.acks) };
  const broken = rule(draft, args, outcome);
  return broken
    ? { ok: false, why: `${action} says ${result}, but ${broken}` }
    : { ok: true, state: draft };
}

/** What a storage's view of its jobs must show: neither absent jobs nor removed ones. */
export function view(state: ContractState): ReadonlyMap<Job, Place> {
  const places = [...state.jobs.keys()].map((job) => {
    const { state: place, lease } = find(state, job);
    return [job, { state: place, lease }] as const;
  });
  return new Map(places.filter(([, { state: place }]) => place !== "removed"));
}
