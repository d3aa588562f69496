/**
 * The judge against the storage model: whatever the core answers, on long random walks, the
 * contract allows; and after every step both see every job in the same place.
 */

import fc from "fast-check";
import { expect, it } from "vitest";
import { operationOf } from "../../correctness/lockstep/compare.js";
import {
  actionNames,
  allAnswers,
  calls,
  contractJobs,
  initialState,
  NONE,
  possible,
  step,
  wordsOf,
  type ActionName,
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
  jobs: ["j1", "j2", "j3", "j4"],
  lanes: ["a", "b"],
  queueSlots: 2,
  claimSlots: 2,
  leaseSlots: 2,
  leases: [1, 2, 3],
  maxBatch: 2,
  maxWait: 1,
  deadlines: [1, NONE],
  callbackWait: 2,
  staleAfter: 1,
  maxAttempts: 2,
  failedFloor: 0,
  sameKey: [["j1", "j2", "j3"]],
  maxSeq: 99,
  enabled: actionNames,
};

const byAction = new Map(
  actionNames.map((name) => [name, calls(scope).filter((c) => c.action === name)]),
);

/** What every other action needs comes more often, and what leaves nothing to do less often. */
const often: readonly ActionName[] = [
  "Enqueue",
  "Claim",
  "Claim",
  "ParkForCallback",
  "ResumeCallback",
  "RescueStaleLeases",
  "PassTime",
  "PassTime",
];
const last = ["CompleteFast", "Complete", "CancelReady", "DiscardTerminal", "PurgeDlq"];
const families = [
  ...actionNames,
  ...actionNames.filter((n) => !last.includes(n)),
  ...often,
  ...often,
];

/**
 * Producers never repeat an identity; all else is called also where it comes too late, but more
 * often where somebody can make the call, and most often where it changes something.
 */
function callable(state: State, call: Call, eagerness: number): boolean {
  if (eagerness === 0 && call.action !== "Enqueue") return true;
  if (!possible(state, call)) return false;
  return eagerness === 1 || step(state, call, scope).state.db !== state.db;
}

const seen = new Map<string, number>();

function judge(state: ContractState, operation: Operation, outcome: Outcome): ContractState {
  const verdict = allows(state, operation, outcome);
  if (!verdict.ok) throw new Error(verdict.why);
  for (const word of wordsOf(outcome)) {
    const name = `${operation.action} ${word}`;
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
  for (const [choice, instance] of choices) {
    const family = families[choice % families.length]!;
    const open = byAction.get(family)!.filter((call) => callable(core, call, instance % 4));
    const call = open[(instance >> 2) % open.length];
    if (!call) continue;
    const { outcome, state } = step(core, call, scope);
    core = state;
    contract = judge(contract, operationOf(call, scope), outcome);
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

const choice = fc.tuple(fc.nat(10_000), fc.nat(40_000));
const choices = fc.noBias(fc.array(choice, { minLength: 120, maxLength: 120, size: "max" }));

it("allows every answer of the core, and reaches each of them", () => {
  fc.assert(fc.property(choices, walk), { numRuns: 1200, seed: 20 });
  const never = ["Enqueue", "CompleteFast", "CompleteSlow", "Complete"].map((n) => `${n} empty`);
  const answers = allAnswers.filter((name) => !never.includes(name));
  expect([...seen.keys()].sort()).toEqual([...answers, "Forget forgotten"].sort());
  expect([...seen].filter(([, times]) => times < 10)).toEqual([]);
});
