/** The fake against the judge: whatever it answers, on long random uses, the contract allows. */

import fc from "fast-check";
import { expect, it } from "vitest";
import {
  allows,
  initial,
  MemoryQueue,
  type Operation,
  type Outcome,
} from "../../src/memory/index.js";

const limits = { staleAfter: 1, callbackWait: 1, maxAttempts: 2, failedFloor: 0 };

type Use = (queue: MemoryQueue<number>, job: string, lease: number, n: number) => unknown;

const all: readonly Use[] = [
  (queue, _job, _lease, n) => queue.enqueue("a", [n, n]),
  (queue, _job, _lease, wait) => queue.enqueue("a", [wait], { wait }),
  (queue, _job, _lease, n) =>
    queue.enqueueUnique("a", [
      { payload: n, key: "k" },
      { payload: n, key: n === 0 ? null : "m" },
    ]),
  (queue, job) => queue.promoteDeferred(job),
  (queue) => queue.promoteAllDue(),
  (queue, _job, _lease, n) => queue.claim("a", n),
  (queue) => queue.claim("a", 3, { deadline: 1 }),
  (queue, job, lease) => queue.heartbeat({ job, lease }),
  (queue, job, lease) => queue.flushProgress({ job, lease }),
  (queue, job, lease) => queue.parkForCallback({ job, lease }),
  (queue, job, lease) => queue.resumeCallback({ job, lease }),
  (queue, job, lease) => queue.completeFast(Array(2).fill({ job, lease })),
  (queue, job, lease) => queue.completeSlow([{ job, lease }]),
  (queue, job, lease, n) => queue.complete(Array(n).fill({ job, lease })),
  (queue, job, lease, wait) => queue.retry({ job, lease }, { wait }),
  (queue, job, lease, wait) => queue.snooze({ job, lease }, { wait }),
  (queue, job, lease) => queue.fail({ job, lease }),
  (queue, job, lease) => queue.failToDlq({ job, lease }),
  (queue) => queue.rescueStaleReceipts(),
  (queue) => queue.rescueExpiredDeadlines(),
  (queue) => queue.rescueStaleLeases(),
  (queue) => queue.rescueExpiredLeaseDeadlines(),
  (queue, _job, _lease, wait) => queue.rescueCallbackTimeouts({ wait }),
  (queue, job) => queue.discardTerminal(job),
  (queue, job) => queue.retryFromTerminal(job),
  (queue, job) => queue.failedToDlq(job),
  (queue, job) => queue.cancelReady(job),
  (queue, job) => queue.cancelRunning(job),
  (queue, job, lease) => queue.moveReady(job, lease > 1 ? "a" : "b"),
  (queue, job) => queue.purgeDlq(job),
  (queue, job) => queue.retryFromDlq(job),
  (queue, _job, _lease, ticks) => queue.passTime(ticks),
];

const uses = [...all, ...all.slice(0, 11), ...all.slice(0, 11), ...all.slice(-3)];

it("gives no answer that the contract refuses, and gives every kind of answer", () => {
  const given = new Map<string, number>();
  const use = fc.tuple(
    fc.constantFrom(...uses),
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 2 }),
    fc.nat(2),
  );
  const run = fc.noBias(fc.array(use, { minLength: 40, maxLength: 40, size: "max" }));
  const play = (steps: readonly (readonly [Use, number, number, number])[]): void => {
    let state = initial(limits);
    const observe = (operation: Operation, outcome: Outcome): void => {
      const verdict = allows(state, operation, outcome);
      if (!verdict.ok) throw new Error(verdict.why);
      state = verdict.state;
      const name = `${operation.action} ${outcome.result}`;
      given.set(name, (given.get(name) ?? 0) + 1);
    };
    const queue = new MemoryQueue<number>({ ...limits, observe });
    queue.enqueueUnique("a", [
      { payload: 1, key: "k" },
      { payload: 2, key: "m" },
    ]);
    queue.enqueue("a", [3, 4]);
    queue.claim("a", 3, { deadline: 1 });
    for (const [step, job, lease, n] of steps) step(queue, `j${job}`, lease, n);
  };
  fc.assert(fc.property(run, play), { numRuns: 1600, seed: 3 });
  expect(given.size).toBe(64);
  expect([...given].filter(([, times]) => times < 10)).toEqual([]);
});
