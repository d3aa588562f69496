/**
 * The judge against the storage model: whatever the core answers, on long random walks, the
 * contract allows; and after every step both see every job in the same place.
 */

import fc from "fast-check";
import { expect, it } from "vitest";
import {
  actionNames,
  calls,
  contractJobs,
  initialState,
  possible,
  step,
  type Call,
  type Scope,
  type State,
} from "../../src/core/index.js";
import {
  allows,
  initial,
  view,
  type ContractState,
  type Operation,
  type Outcome,
  type Place,
} from "../../src/memory/index.js";

const scope: Scope = {
  jobs: ["j1", "j2", "j3"],
  lanes: ["a", "b"],
  queueSlots: 2,
  claimSlots: 2,
  leases: [1, 2, 3],
  maxBatch: 2,
  maxWait: 1,
  staleAfter: 1,
  off: [],
};

const byAction = actionNames.map((name) => calls(scope).filter((c) => c.action === name));

/** Producers never repeat an identity; all else is called also where it comes too late. */
const callable = (state: State, call: Call): boolean =>
  call.action !== "Enqueue" || possible(state, call);

const seen = new Map<string, number>();

function judge(state: ContractState, operation: Operation, outcome: Outcome): ContractState {
  const verdict = allows(state, operation, outcome);
  if (!verdict.ok) throw new Error(verdict.why);
  const results = outcome.each ?? [outcome.result];
  for (const result of results) {
    const name = `${operation.action} ${result}`;
    seen.set(name, (seen.get(name) ?? 0) + 1);
  }
  return verdict.state;
}

/** The core's jobs as a storage's public view would show them. */
const shown = (state: State) =>
  new Map([...contractJobs(state, scope)].filter(([, { state: s }]) => !/absent|removed/.test(s)));

const picture = (jobs: ReadonlyMap<string, Place>): string =>
  [...jobs]
    .map(([job, { state, lease }]) => `${job} ${state} ${lease}`)
    .sort()
    .join();

function walk(choices: readonly (readonly [number, number])[]): void {
  let core = initialState(scope);
  let contract = initial(scope);
  for (const [family, instance] of choices) {
    const open = byAction[family % byAction.length]!.filter((call) => callable(core, call));
    const call = open[instance % open.length];
    if (!call) continue;
    const { outcome, state } = step(core, call, scope);
    core = state;
    contract = judge(contract, call, outcome);
    const observed = shown(core);
    if (call.action === "PruneQueue") {
      const jobs = [...view(contract).keys()].filter((job) => !observed.has(job));
      if (jobs.length > 0) {
        contract = judge(contract, { action: "Forget", args: { jobs } }, { result: "forgotten" });
      }
    }
    if (picture(view(contract)) !== picture(observed)) {
      expect(view(contract), `after ${call.action}`).toEqual(observed);
    }
  }
}

const choice = fc.tuple(fc.nat(10_000), fc.nat(10_000));
const choices = fc.array(choice, { minLength: 120, maxLength: 120, size: "max" });

it("allows every answer of the core, and reaches each of them", () => {
  fc.assert(fc.property(choices, walk), { numRuns: 500, seed: 20 });
  expect([...seen.keys()].sort()).toEqual([
    "AdvanceClaimCursor advanced",
    "AdvanceClaimCursor noop",
    "CancelReady cancelled",
    "CancelReady notReady",
    "Claim claimed",
    "Claim empty",
    "CompleteFast completed",
    "CompleteFast stale",
    "DiscardTerminal discarded",
    "DiscardTerminal notTerminal",
    "Enqueue enqueued",
    "FailToDlq deadLettered",
    "FailToDlq stale",
    "Forget forgotten",
    "ForgetToken forgotten",
    "PassTime noop",
    "PassTime passed",
    "PromoteDeferred notDeferred",
    "PromoteDeferred notDue",
    "PromoteDeferred promoted",
    "PruneClaims noop",
    "PruneClaims pruned",
    "PruneClaims skippedActive",
    "PruneQueue noop",
    "PruneQueue pruned",
    "PruneQueue skippedActive",
    "PurgeDlq notInDlq",
    "PurgeDlq purged",
    "RescueStaleReceipts noop",
    "RescueStaleReceipts rescued",
    "Retry retried",
    "Retry stale",
    "RetryFromDlq notInDlq",
    "RetryFromDlq readmitted",
    "RotateClaims rotated",
    "RotateClaims skippedBusy",
    "RotateQueue rotated",
    "RotateQueue skippedBusy",
  ]);
  expect(Math.min(...seen.values())).toBeGreaterThan(20);
});
