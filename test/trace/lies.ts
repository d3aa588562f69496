/** One answer of a history changed, and whether calls that do not overlap can have been so. */

import fc from "fast-check";
import { header } from "./recorded.js";
import type { Event, History } from "../../correctness/trace/history.js";
import {
  allows,
  initial,
  type ContractState,
  type Operation,
  type Outcome,
  type Token,
} from "../../src/memory/index.js";
import { rules } from "../../src/memory/rules.js";

export interface Lie {
  readonly place: number;
  readonly word: number;
  readonly token: Token;
}

export const lie: fc.Arbitrary<Lie> = fc.record({
  place: fc.nat(),
  word: fc.nat(),
  token: fc.record({
    job: fc.constantFrom("j1", "j2", "j3", "j4", "j5"),
    lease: fc.integer({ min: 1, max: 3 }),
  }),
});

/** The same about the one job that there is. */
export const lieOfOne = lie.map(({ token, ...rest }) => ({
  ...rest,
  token: { ...token, job: "j1" },
}));

/** Another result of the same call, or the same one about other jobs. */
export function told({ events, header: about }: History, { place, word, token }: Lie): History {
  const at = place % events.length;
  const changed = events.map((event, i) => {
    if (i !== at || event.outcome === null) return event;
    const words = Object.keys(rules[event.action]);
    const result = words[word % words.length]!;
    return { ...event, outcome: { result, ...detailsOf(event, result, word, token) } } as Event;
  });
  return { header: about, events: changed };
}

const completions = ["completed", "leaseManaged", "receiptOnly", "waiting", "stale"];

function detailsOf({ args }: Event, result: string, word: number, token: Token): object {
  if (result === "enqueued" && "batch" in args)
    return { jobs: args.batch.filter((_, i) => (word >> i) & 1) };
  if (result === "answered" && "tokens" in args)
    return { each: args.tokens.map((_, i) => completions[(word >> i) % completions.length]!) };
  return ["claimed", "rescued"].includes(result) ? { tokens: [token] } : {};
}

/** Every state in which the jobs can be, some of those that are over forgotten. */
function forgetful(state: ContractState): readonly ContractState[] {
  return [...state.jobs.keys()].reduce<readonly ContractState[]>(
    (all, job) =>
      all.flatMap((one) => {
        const forget: Operation = { action: "Forget", args: { jobs: [job] } };
        const verdict = allows(one, forget, { result: "forgotten" });
        return verdict.ok ? [one, verdict.state] : [one];
      }),
    [state],
  );
}

/** Whether the contract allows the answers one after the other, for all jobs at once. */
export function inThisOrder({ events }: History): boolean {
  let states: readonly ContractState[] = [initial(header.limits)];
  let latest = 0;
  for (const { tick, action, args, outcome } of events) {
    latest = Math.max(latest, tick);
    const next = new Map<string, ContractState>();
    for (const state of states.flatMap((one) => forgetful({ ...one, now: latest }))) {
      const operation = { action, args } as Operation;
      const verdict = allows({ ...state, now: tick }, operation, outcome as Outcome);
      if (verdict.ok) next.set(JSON.stringify([...verdict.state.jobs].sort()), verdict.state);
    }
    states = [...next.values()];
  }
  return states.length > 0;
}
