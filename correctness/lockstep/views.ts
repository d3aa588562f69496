/** Whether the contract and a storage see every job in the same place. */

import { isDeepStrictEqual } from "node:util";
import { allows, view, type ContractState, type Operation } from "../../src/memory/index.js";
import type { JobPlace } from "./seen.js";

/** Lines that only one of two has; all of them where only their order differs. */
export interface Sides {
  readonly expected: readonly string[];
  readonly shown: readonly string[];
}

/** What the contract has become, and what it does not allow. */
export interface Judged {
  readonly state: ContractState;
  readonly why: string | null;
}

/** Ended jobs may be gone from the view, and no others: the contract is told which. */
export function forgetGone(state: ContractState, jobs: readonly JobPlace[]): Judged {
  const seen = new Set(jobs.map(({ job }) => job));
  const gone = [...view(state).keys()].filter((job) => !seen.has(job));
  if (gone.length === 0) return { state, why: null };
  const operation: Operation = { action: "Forget", args: { jobs: gone } };
  const verdict = allows(state, operation, { result: "forgotten" });
  return verdict.ok ? { state: verdict.state, why: null } : { state, why: verdict.why };
}

const placeText = ({ job, state, lease }: JobPlace): string => `${job} ${state} lease=${lease}`;

/** The lines that are not on the other side; of lines that are there twice, one more. */
const without = (lines: readonly string[], others: readonly string[]): string[] =>
  lines.filter((line, i) => !others.includes(line) || lines.indexOf(line) < i);

export function sidesOf(expected: readonly string[], shown: readonly string[]): Sides {
  if (isDeepStrictEqual(expected, shown)) return { expected: [], shown: [] };
  const sides = { expected: without(expected, shown), shown: without(shown, expected) };
  return different(sides) ? sides : { expected, shown };
}

export const different = ({ expected, shown }: Sides): boolean =>
  expected.length + shown.length > 0;

export function compareViews(contract: ContractState, jobs: readonly JobPlace[]): Sides {
  const promised = [...view(contract)].map(([job, place]) => placeText({ job, ...place }));
  return sidesOf(promised.sort(), jobs.map(placeText).sort());
}
