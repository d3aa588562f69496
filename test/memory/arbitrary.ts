/** Random operations over few names, so that they meet: four jobs, two lanes, three leases. */

import fc from "fast-check";
import { answer, initial, type ContractState, type Operation } from "../../src/memory/index.js";
import type { Answer } from "../../src/memory/index.js";

const job = fc.constantFrom("j1", "j2", "j3", "j4");
const lane = fc.constantFrom("a", "b");
const wait = fc.nat(2);
const token = fc.record({ job, lease: fc.integer({ min: 1, max: 3 }) });
const nothing = fc.constant({});

const args = {
  Enqueue: fc.record({ lane, batch: fc.uniqueArray(job, { maxLength: 2 }), wait }),
  PromoteDeferred: fc.record({ job }),
  Claim: fc.record({ lane, n: fc.integer({ min: 1, max: 3 }) }),
  CompleteFast: fc.record({ tokens: fc.array(token, { maxLength: 3 }) }),
  Retry: fc.record({ token, wait }),
  FailToDlq: fc.record({ token }),
  RescueStaleReceipts: fc.record({ slot: fc.nat(1) }),
  DiscardTerminal: fc.record({ job }),
  CancelReady: fc.record({ job }),
  PurgeDlq: fc.record({ job }),
  RetryFromDlq: fc.record({ job }),
  PassTime: nothing,
};

/** The operations of which the contract says exactly how they may be answered. */
const operation: fc.Arbitrary<Operation> = fc.oneof(
  ...Object.entries(args).map(([action, values]) =>
    (values as fc.Arbitrary<unknown>).map((drawn) => ({ action, args: drawn }) as Operation),
  ),
);

export const operations = fc.array(operation, { minLength: 60, maxLength: 60, size: "max" });

export interface Turn extends Answer {
  readonly before: ContractState;
  readonly operation: Operation;
}

/** A run of the default queue; identities that it already knows are not enqueued again. */
export function turns(run: readonly Operation[]): readonly Turn[] {
  let before = initial({ staleAfter: 2 });
  const made: Turn[] = [];
  for (const next of run) {
    if (next.action === "Enqueue" && next.args.batch.some((name) => before.jobs.has(name))) {
      continue;
    }
    const { outcome, state } = answer(before, next);
    made.push({ before, operation: next, outcome, state });
    before = state;
  }
  return made;
}
