/**
 * What a choice of a random run means for a storage of which only the contract is known: a table
 * keyed by operation, from the numbers of the choice to the arguments of a call. Names are looked
 * for round a circle, so that a call keeps its meaning when other steps are left out.
 */

import type { Call, Scope } from "../../src/core/index.js";
import {
  view,
  type ArgsOf,
  type ContractState,
  type Job,
  type JobState,
  type Operation,
  type OperationName,
  type Token,
} from "../../src/memory/index.js";
import type { Choice } from "../lockstep/choices.js";
import { operationOf } from "../lockstep/compare.js";

type Chooser<Args> = (choice: Choice, state: ContractState, scope: Scope) => Args | null;

const stranger: Job = "unknown";

/** From the one at `where` once round the circle. */
const around = <T>(all: readonly T[], where: number): readonly T[] => {
  const start = where % Math.max(1, all.length);
  return [...all.slice(start), ...all.slice(0, start)];
};

/** The most daring manners ask for what no worker would. */
const isOdd = ({ manner }: Choice): boolean => manner > 7;

function jobAmong(
  choice: Choice,
  state: ContractState,
  scope: Scope,
  places: readonly JobState[],
): Job | null {
  const jobs = around(scope.jobs, choice.where);
  if (isOdd(choice)) return choice.manner === 9 ? stranger : jobs[0]!;
  const shown = view(state);
  return jobs.find((job) => places.includes(shown.get(job)?.state ?? "absent")) ?? null;
}

const ofJob =
  (...places: readonly JobState[]): Chooser<{ readonly job: Job }> =>
  (choice, state, scope) => {
    const job = jobAmong(choice, state, scope, places);
    return job === null ? null : { job };
  };

/** The open attempts; of odd choices, those that are over, not there yet, or of no job at all. */
function tokensFor(choice: Choice, state: ContractState, scope: Scope): readonly Token[] {
  const jobs = around(scope.jobs, choice.where).filter((job) => state.jobs.has(job));
  const last = jobs.map((job) => ({ job, lease: state.jobs.get(job)!.lease }));
  if (isOdd(choice)) {
    const [{ job, lease } = { job: stranger, lease: 0 }] = last;
    const before = { job, lease: Math.max(1, lease - 1) };
    return choice.manner === 9 ? [{ job, lease: lease + 1 }, ...last] : [before, before, ...last];
  }
  return last.filter(({ job }) => /running|waiting/.test(state.jobs.get(job)!.state));
}

const ofToken: Chooser<{ readonly token: Token }> = (choice, state, scope) => {
  const [token] = tokensFor(choice, state, scope);
  return token ? { token } : null;
};

const waitOf = ({ wait }: Choice, { maxWait }: Scope): number => wait % (maxWait + 1);

const ofTokenAndWait: Chooser<ArgsOf<"Retry">> = (choice, state, scope) => {
  const of = ofToken(choice, state, scope);
  return of && { ...of, wait: waitOf(choice, scope) };
};

const ofTokens: Chooser<ArgsOf<"Complete">> = (choice, state, scope) => {
  const tokens = tokensFor(choice, state, scope).slice(0, 1 + choice.more);
  return tokens.length > 0 || choice.manner > 6 ? { tokens } : null;
};

const laneAt = ({ where }: Choice, { lanes }: Scope) => lanes[where % lanes.length]!;

const ofSlot: Chooser<ArgsOf<"RescueStaleReceipts">> = ({ where }, _, { claimSlots }) => ({
  slot: where % claimSlots,
});

const nothing = () => ({});

const choosers: { readonly [N in Exclude<OperationName, "Forget">]: Chooser<ArgsOf<N>> } = {
  Enqueue: (choice, state, scope) => {
    const fresh = around(scope.jobs, choice.where).filter((job) => !state.jobs.has(job));
    const size = isOdd(choice) ? 0 : Math.min(1 + choice.more, scope.maxBatch);
    return {
      lane: laneAt(choice, scope),
      batch: fresh.slice(0, size),
      wait: waitOf(choice, scope),
    };
  },
  PromoteDeferred: ofJob("deferred"),
  Claim: (choice, _, scope) => {
    const { where, more } = choice;
    const deadline = scope.deadlines[(where + more) % scope.deadlines.length]!;
    return { lane: laneAt(choice, scope), n: Math.min(1 + more, scope.maxBatch), deadline };
  },
  AdvanceClaimCursor: (choice, _, scope) => ({ lane: laneAt(choice, scope) }),
  Heartbeat: ofToken,
  FlushProgress: ofToken,
  ParkForCallback: ofToken,
  ResumeCallback: ofToken,
  CompleteFast: ofTokens,
  CompleteSlow: ofTokens,
  Complete: ofTokens,
  Retry: ofTokenAndWait,
  Snooze: ofTokenAndWait,
  Fail: ofToken,
  FailToDlq: ofToken,
  RescueStaleReceipts: ofSlot,
  RescueExpiredDeadlines: ofSlot,
  RescueStaleLeases: ofSlot,
  RescueExpiredLeaseDeadlines: ofSlot,
  RescueCallbackTimeouts: (choice, _, scope) => ({
    slot: choice.where % scope.leaseSlots,
    wait: waitOf(choice, scope),
  }),
  DiscardTerminal: ofJob("completed", "failed", "cancelled"),
  RetryFromTerminal: ofJob("failed", "cancelled"),
  FailedToDlq: ofJob("failed"),
  CancelReady: ofJob("ready"),
  CancelRunning: ofJob("running", "waiting"),
  MoveReady: (choice, state, scope) => {
    const of = ofJob("ready")(choice, state, scope);
    return of && { ...of, lane: laneAt(choice, scope) };
  },
  PurgeDlq: ofJob("dead"),
  RetryFromDlq: ofJob("dead"),
  RotateQueue: nothing,
  RotateClaims: nothing,
  RotateLeases: nothing,
  PruneQueue: nothing,
  PruneClaims: nothing,
  PruneLeases: nothing,
  PassTime: nothing,
  ForgetToken: () => null,
};

/** The call that a choice means in this state; null if there is none. */
export function choose(choice: Choice, state: ContractState, scope: Scope): Operation | null {
  const { action } = choice;
  const args = (choosers[action] as Chooser<unknown>)(choice, state, scope);
  return args === null ? null : operationOf({ action, args } as Call, scope);
}
