/** The fake: what workers and administrators may do with one attempt. */

import { describe, expect, it } from "vitest";
import { MemoryQueue, type MemoryQueueOptions } from "../../src/memory/index.js";

describe("the life of an attempt in the fake", () => {
  const begin = (options: MemoryQueueOptions = {}, deadline?: number) => {
    const queue = new MemoryQueue<string>(options);
    queue.enqueue("a", ["work"]);
    const [attempt] = queue.claim("a", 1, deadline ? { deadline } : {});
    const state = () => queue.jobs().get("j1")?.state;
    return { queue, attempt: attempt!, state };
  };

  it("goes on as long as its worker is heard of, but not past its deadline", () => {
    const { queue, attempt } = begin({ staleAfter: 2 }, 4);
    queue.passTime();
    expect([queue.heartbeat(attempt), queue.flushProgress(attempt)]).toEqual([
      "recorded",
      "flushed",
    ]);
    queue.passTime();
    expect(queue.rescueStaleReceipts()).toEqual([]);
    queue.heartbeat(attempt);
    queue.passTime();
    expect([queue.rescueStaleLeases(), queue.rescueExpiredDeadlines()]).toEqual([[], []]);
    queue.passTime();
    expect(queue.rescueExpiredLeaseDeadlines()).toEqual([{ job: "j1", lease: 1 }]);
    expect(queue.heartbeat(attempt)).toBe("stale");
  });

  it("waits for its callback, and then goes on under the same token", () => {
    const { queue, attempt, state } = begin({ callbackWait: 5 });
    expect([queue.resumeCallback(attempt), queue.parkForCallback(attempt)]).toEqual([
      "notWaiting",
      "parked",
    ]);
    queue.passTime(4);
    expect([queue.rescueStaleReceipts(), queue.rescueCallbackTimeouts()]).toEqual([[], []]);
    expect([queue.completeFast([attempt]), queue.completeSlow([attempt])]).toEqual([
      ["leaseManaged"],
      ["waiting"],
    ]);
    expect([queue.heartbeat(attempt), queue.fail(attempt), state()]).toEqual([
      "waiting",
      "waiting",
      "waiting",
    ]);
    expect(queue.resumeCallback(attempt)).toBe("resumed");
    expect(queue.complete([attempt, attempt])).toEqual(["completed", "stale"]);
  });

  it("is given up when the callback never comes, after the last attempt that counts", () => {
    const { queue, attempt, state } = begin({ maxAttempts: 2 });
    expect(queue.snooze(attempt)).toBe("snoozed");
    const overdue = (wait: number) => {
      queue.promoteAllDue();
      queue.parkForCallback(queue.claim("a")[0]!);
      queue.passTime();
      return queue.rescueCallbackTimeouts({ wait });
    };
    expect([overdue(1), state()]).toEqual([[{ job: "j1", lease: 2 }], "deferred"]);
    queue.passTime();
    expect([overdue(1), state()]).toEqual([[{ job: "j1", lease: 3 }], "dead"]);
  });

  it("may be cancelled, and a failed or cancelled job be tried again or put aside", () => {
    const { queue, attempt, state } = begin();
    expect([queue.cancelRunning("j1"), queue.cancelRunning("j1")]).toEqual([
      "cancelled",
      "notRunning",
    ]);
    expect([queue.fail(attempt), queue.retryFromTerminal("j1")]).toEqual(["stale", "readmitted"]);
    expect(queue.fail(queue.claim("a")[0]!)).toBe("failed");
    expect([queue.failedToDlq("j1"), queue.retryFromTerminal("j1"), state()]).toEqual([
      "deadLettered",
      "notRetryable",
      "dead",
    ]);
  });
});
