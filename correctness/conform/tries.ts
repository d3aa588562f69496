/** What is tried on one database, and in which order. */

import { twinOf, type Attempt, type Expected } from "./attempts.js";

export interface Try {
  readonly attempt: Attempt;
  readonly expected: Expected;
  /** The core says that the call changes nothing. */
  readonly quiet: boolean;
}

/**
 * Quiet calls of one action are one call on a batch of all their elements: what changes nothing
 * cannot get in the way of the next.
 */
export function together(tries: readonly Try[]): Try[] {
  const batches = new Map<string, Try>();
  const others: Try[] = [];
  for (const t of tries) {
    const { action, list } = t.attempt;
    if (!t.quiet || !twinOf(action).batch) {
      others.push(t);
      continue;
    }
    const { job: _job, token: _token, ...common } = list[0] as Record<string, unknown>;
    const key = `${action} ${JSON.stringify(common)}`;
    const batch = batches.get(key);
    const outcomes = [...(batch?.expected.outcomes ?? []), ...t.expected.outcomes];
    batches.set(key, {
      attempt: { action, list: [...(batch?.attempt.list ?? []), ...list] },
      expected: { outcomes, state: t.expected.state },
      quiet: true,
    });
  }
  return [...batches.values(), ...others];
}

/** Quiet calls come first; those that truncate come last, for every plan is made anew after one. */
export const cost = ({ quiet, attempt }: Try): number =>
  quiet ? 0 : attempt.action.startsWith("Prune") ? 2 : 1;
