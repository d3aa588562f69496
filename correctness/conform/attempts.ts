/**
 * What conformance tries on every state: each action instance of `Next`, enabled or not, and calls
 * that no well-behaved worker makes: unknown jobs, tokens never issued, duplicates, empty batches.
 */

import {
  actionNames,
  actions,
  calls,
  step,
  type ActionName,
  type ActionTable,
  type Call,
  type Outcome,
  type Scope,
  type State,
} from "../../src/core/index.js";
import type { Twin } from "../../src/postgres/twin.js";
import { twins } from "../../src/postgres/twins.js";

/** One statement on Postgres: usually one call, sometimes a batch of calls of one action. */
export interface Attempt {
  readonly action: ActionName;
  readonly list: readonly Call["args"][];
}

export const twinOf = (action: ActionName): Twin<Call["args"]> =>
  twins[action] as Twin<Call["args"]>;

const onPostgres = (action: ActionName): boolean => actions[action].family !== "environment";

/** The scope with one job and one run lease more than the model has. */
const beyond = (scope: Scope): Scope => ({
  ...scope,
  jobs: [...scope.jobs, "unknown"],
  leases: [...scope.leases, Math.max(...scope.leases) + 1],
  maxBatch: 1,
});

const completions = ["CompleteFast", "CompleteSlow", "Complete"] as const;

/** Calls with names and tokens that nobody ever issued, and batches that are odd, or too large. */
function oddCalls(scope: Scope): Call[] {
  const usual = new Set(calls(scope).map((c) => JSON.stringify(c)));
  const strange = calls(beyond(scope)).filter(
    (c) => c.action !== "Enqueue" && !usual.has(JSON.stringify(c)),
  );
  const [lane] = scope.lanes;
  const tokens = scope.jobs.map((job) => ({ job, lease: scope.leases[0]! }));
  const large = tokens.length > scope.maxBatch ? [tokens.toReversed()] : [];
  const odd = [[], ...tokens.map((t) => [t, t]), ...large];
  return [
    ...strange,
    { action: "Enqueue", args: { lane: lane!, batch: [], wait: 0 } },
    ...completions.flatMap((action) => odd.map((tokens): Call => ({ action, args: { tokens } }))),
    { action: "RescueStaleReceipts", args: { slot: scope.claimSlots } },
    { action: "RescueStaleLeases", args: { slot: scope.leaseSlots } },
  ];
}

/**
 * Each batch action on the same element twice, on an unknown one and then a known one, and on the
 * last of all and then the first.
 */
function oddBatches(scope: Scope): Attempt[] {
  const strange = calls(beyond(scope));
  return actionNames
    .filter((action) => onPostgres(action) && twinOf(action).batch)
    .flatMap((action) => {
      const known = calls(scope).filter((c) => c.action === action);
      const unknown = strange.filter((c) => c.action === action).at(-1)!;
      const odd = known.flatMap(({ args }) => [
        { action, list: [args, args] },
        { action, list: sameWait(unknown.args, args) },
      ]);
      return [...odd, { action, list: sameWait(known.at(-1)!.args, known[0]!.args) }];
    });
}

/** A batch has one wait, and one lane to move to. */
const sameWait = (first: Call["args"], second: Call["args"]): Call["args"][] => {
  if ("token" in first && "wait" in second)
    return [{ token: first.token, wait: second.wait }, second];
  if ("job" in first && "lane" in second) return [{ ...first, lane: second.lane }, second];
  return [first, second];
};

/** Everything that is tried on every state: an action switched off is not taken, but tried. */
export function attempts({ enabled: _, ...rest }: Scope): readonly Attempt[] {
  const scope = { ...rest, enabled: actionNames };
  const single = [...calls(scope), ...oddCalls(scope)]
    .filter((c) => onPostgres(c.action))
    .map((c): Attempt => ({ action: c.action, list: [c.args] }));
  return [...single, ...oddBatches(scope)];
}

/** A producer cannot present a job twice: the database gives each its own id. */
export const presentable = ({ env }: State, { action, list }: Attempt): boolean =>
  action !== "Enqueue" ||
  (list[0] as { batch: readonly string[] }).batch.every((job) => !env.enqueued.includes(job));

export interface Expected {
  readonly outcomes: readonly Outcome[];
  readonly state: State;
}

/** What the core says: the outcome of each call in turn, and the state after the last. */
export function expect(state: State, attempt: Attempt, scope: Scope, table: ActionTable): Expected {
  const outcomes: Outcome[] = [];
  let at = state;
  for (const args of attempt.list) {
    const next = step(at, { action: attempt.action, args } as Call, scope, table);
    outcomes.push(next.outcome);
    at = next.state;
  }
  return { outcomes, state: at };
}
