/** Random operations over few names, so that they meet: a few jobs, two lanes, three leases. */

import fc from "fast-check";
import { answer, initial, type ContractState, type Operation } from "../../src/memory/index.js";
import type { Answer, Token } from "../../src/memory/index.js";

const job = fc.constantFrom("j1", "j2", "j3", "j4");
const fresh = fc.constantFrom("j4", "j5", "j6", "j7");
const lane = fc.constantFrom("a", "b");
const keys = fc.array(fc.constantFrom("k", null), { maxLength: 2 });
const wait = fc.nat(2);
const slot = fc.nat(1);
const deadline = fc.constantFrom(1, 2, 99);
/** 0 stands for the lease that the job has when the call is made. */
const lease = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 3 }));
const token = fc.record({ job, lease });
const tokens = fc.record({ tokens: fc.array(token, { maxLength: 3 }) });
const ofJob = fc.record({ job });
const ofToken = fc.record({ token });
const ofSlot = fc.record({ slot });

const args = {
  Enqueue: fc.record({ lane, batch: fc.uniqueArray(fresh, { maxLength: 2 }), keys, wait }),
  PromoteDeferred: ofJob,
  Claim: fc.record({ lane, n: fc.integer({ min: 1, max: 3 }), deadline }),
  Heartbeat: ofToken,
  FlushProgress: ofToken,
  ParkForCallback: ofToken,
  ResumeCallback: ofToken,
  CompleteFast: tokens,
  CompleteSlow: tokens,
  Complete: tokens,
  Retry: fc.record({ token, wait }),
  Snooze: fc.record({ token, wait }),
  Fail: ofToken,
  FailToDlq: ofToken,
  RescueStaleReceipts: ofSlot,
  RescueExpiredDeadlines: ofSlot,
  RescueStaleLeases: ofSlot,
  RescueExpiredLeaseDeadlines: ofSlot,
  RescueCallbackTimeouts: fc.record({ slot, wait }),
  DiscardTerminal: ofJob,
  RetryFromTerminal: ofJob,
  FailedToDlq: ofJob,
  CancelReady: ofJob,
  CancelRunning: ofJob,
  MoveReady: fc.record({ job, lane }),
  PurgeDlq: ofJob,
  RetryFromDlq: ofJob,
  PassTime: fc.constant({}),
};

type Name = keyof typeof args;

/** What makes new states of jobs comes more often, and what takes jobs away less often. */
const often: readonly Name[] = ["Claim", "Claim", "ParkForCallback", "PassTime", "PromoteDeferred"];
const ended: readonly Name[] = ["Fail", "FailToDlq", "FailedToDlq"];
const seldom: readonly Name[] = ["DiscardTerminal", "PurgeDlq"];
const all = Object.keys(args) as Name[];
const names = [
  ...all,
  ...all.filter((name) => !seldom.includes(name)),
  ...often,
  ...often,
  ...ended,
];

/** The operations of which the contract says exactly how they may be answered. */
const operation: fc.Arbitrary<Operation> = fc.oneof(
  ...names.map((action) =>
    (args[action] as fc.Arbitrary<unknown>).map((drawn) => ({ action, args: drawn }) as Operation),
  ),
);

export const operations = fc.array(operation, { minLength: 40, maxLength: 40, size: "max" });

export interface Turn extends Answer {
  readonly before: ContractState;
  readonly operation: Operation;
}

/** The operation with the leases that stand for others in their place. */
export function resolved({ action, args: drawn }: Operation, { jobs }: ContractState): Operation {
  const name = ({ job, lease }: Token) => ({
    job,
    lease: lease > 0 ? lease : Math.max(1, jobs.get(job)?.lease ?? 0),
  });
  if ("token" in drawn)
    return { action, args: { ...drawn, token: name(drawn.token) } } as Operation;
  if ("tokens" in drawn) return { action, args: { tokens: drawn.tokens.map(name) } } as Operation;
  return { action, args: drawn } as Operation;
}

const begun: readonly Operation[] = [
  { action: "Enqueue", args: { lane: "a", batch: ["j1", "j2", "j3"], keys: ["k"], wait: 0 } },
  { action: "Claim", args: { lane: "a", n: 3, deadline: 2 } },
];

/** A run of the default queue from three attempts on, which enqueues no identity twice. */
export function turns(run: readonly Operation[]): readonly Turn[] {
  let before = initial({ staleAfter: 2, callbackWait: 1, maxAttempts: 2, failedFloor: 0 });
  const made: Turn[] = [];
  for (const drawn of [...begun, ...run]) {
    const next = resolved(drawn, before);
    if (next.action === "Enqueue" && next.args.batch.some((name) => before.jobs.has(name))) {
      continue;
    }
    const { outcome, state } = answer(before, next);
    made.push({ before, operation: next, outcome, state });
    before = state;
  }
  return made;
}
