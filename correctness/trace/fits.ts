/** Whether a call fits a state of the jobs, and what of the state matters to that. */

import { allows, type ContractState, type JobState, type Verdict } from "../../src/memory/index.js";
import { guess, type Part } from "./parts.js";

/** Whether the contract allows what was answered, or guessed, in this state. */
export function judge(state: ContractState, part: Part): Verdict {
  const now = { ...state, now: part.event.tick };
  return allows(now, part.operation, part.outcome ?? guess(part, state));
}

/** Calls that concern a job which is not alive, or not there yet. */
export const bringsToLife = ({ operation: { action } }: Part): boolean =>
  /^(Enqueue|RetryFrom)/.test(action);

export const isAlive = (state: JobState): boolean => /ready|deferred|running|waiting/.test(state);

/** Whether what may have happened to a job without naming it can have found it there. */
export function meets({ operation: { action }, jobs }: Part, state: ContractState): boolean {
  const places = jobs.map((job) => state.jobs.get(job)?.state);
  const claimable = state.readyWhenDue ? ["ready", "deferred"] : ["ready"];
  if (action === "Claim") return places.some((place) => place && claimable.includes(place));
  if (!action.startsWith("Rescue")) return true;
  return places.includes("running") || places.includes("waiting");
}

/** Whether the attempt of which the call speaks is over, so that it can do nothing any more. */
export function isTooLate({ operation: { args } }: Part, state: ContractState): boolean {
  const token = "token" in args ? args.token : "tokens" in args ? args.tokens[0] : undefined;
  if (!token) return false;
  const is = state.jobs.get(token.job);
  if (!is || is.state === "removed") return is !== undefined;
  return is.lease > token.lease || (is.lease === token.lease && !isAlive(is.state));
}

/** All that matters of a state. */
export const picture = ({ jobs }: ContractState): string =>
  [...jobs]
    .map(([job, { state, lease, lane, key, due, deadline, snoozes }]) =>
      [job, state, lease, lane, key, due, deadline, snoozes].join(),
    )
    .sort()
    .join(";");
