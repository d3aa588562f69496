/** The fake: an example of its use in somebody's own test, then its choices and its errors. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  allows,
  answer,
  initial,
  MemoryQueue,
  type Operation,
  type Outcome,
} from "../../src/memory/index.js";

interface Mail {
  readonly to: string;
}

/** The code under test of the example: sends what it can, and tries again two ticks later. */
function sendMails(queue: MemoryQueue<Mail>, send: (mail: Mail) => void): void {
  for (const attempt of queue.claim("mail", 10)) {
    try {
      send(attempt.payload);
      queue.completeFast([attempt]);
    } catch {
      queue.retry(attempt, { wait: 2 });
    }
  }
}

describe("in somebody's own test", () => {
  it("shows that a mail that failed is sent again, once", () => {
    const queue = new MemoryQueue<Mail>();
    const sent: string[] = [];
    let down = true;
    const send = ({ to }: Mail): void => {
      if (to === "bob" && down) throw new Error("mailbox full");
      sent.push(to);
    };

    const [ada, bob] = queue.enqueue("mail", [{ to: "ada" }, { to: "bob" }]);
    sendMails(queue, send);
    expect(queue.jobs().get(ada!)).toEqual({ state: "completed", lease: 1 });
    expect(queue.jobs().get(bob!)).toEqual({ state: "deferred", lease: 1 });

    down = false;
    queue.passTime();
    expect(queue.promoteDeferred(bob!)).toBe("notDue");
    queue.passTime();
    expect(queue.promoteAllDue()).toEqual([bob]);
    sendMails(queue, send);
    expect(sent).toEqual(["ada", "bob"]);
    expect(queue.jobs().get(bob!)).toEqual({ state: "completed", lease: 2 });
  });

  it("shows that a worker which was given up on cannot finish any more", () => {
    const queue = new MemoryQueue<string>({ staleAfter: 2 });
    queue.enqueue("a", ["work"]);
    const [slow] = queue.claim("a");
    queue.passTime(2);
    expect(queue.rescueStaleReceipts()).toEqual([{ job: "j1", lease: 1 }]);
    const [quick] = queue.claim("a");
    expect(quick).toEqual({ job: "j1", lease: 2, payload: "work" });
    expect(queue.completeFast([slow!, quick!, quick!])).toEqual(["stale", "completed", "stale"]);
    expect([queue.retry(slow!), queue.failToDlq(quick!)]).toEqual(["stale", "stale"]);
  });
});

describe("the choices of the fake", () => {
  const claimed = (queue: MemoryQueue<string>, lane: string, n?: number) =>
    queue.claim(lane, n).map(({ payload }) => payload);

  it("hands out each lane first in, first out, and what comes back goes to the tail", () => {
    const queue = new MemoryQueue<string>();
    queue.enqueue("a", ["1", "2", "3"]);
    queue.enqueue("b", ["other"]);
    const [first] = queue.claim("a");
    queue.failToDlq(first!);
    expect(queue.retryFromDlq(first!.job)).toBe("readmitted");
    expect(claimed(queue, "a", 0)).toEqual([]);
    expect(claimed(queue, "a", 5)).toEqual(["2", "3", "1"]);
    expect(claimed(queue, "a")).toEqual([]);
    expect(claimed(queue, "b")).toEqual(["other"]);
  });

  it("promotes what is due earliest first", () => {
    const queue = new MemoryQueue<string>();
    queue.enqueue("a", ["late"], { wait: 2 });
    queue.enqueue("a", ["early"], { wait: 1 });
    queue.enqueue("a", ["never"], { wait: 9 });
    queue.passTime(3);
    expect(queue.promoteAllDue()).toEqual(["j2", "j1"]);
    expect(claimed(queue, "a", 5)).toEqual(["early", "late"]);
  });

  it("answers administrators, also about jobs that it never knew", () => {
    const queue = new MemoryQueue<string>();
    expect(queue.enqueue("a", [])).toEqual([]);
    const [job] = queue.enqueue("a", ["x"]) as [string];
    expect(queue.discardTerminal(job)).toBe("notTerminal");
    expect([queue.cancelReady(job), queue.cancelReady(job)]).toEqual(["cancelled", "notReady"]);
    expect(queue.discardTerminal(job)).toBe("discarded");
    expect(queue.jobs()).toEqual(new Map());
    expect(queue.enqueue("a", ["y"])).toEqual(["j2"]);
    expect(queue.failToDlq(queue.claim("a")[0]!)).toBe("deadLettered");
    expect([queue.purgeDlq("j2"), queue.purgeDlq("j2")]).toEqual(["purged", "notInDlq"]);
    expect(queue.retryFromDlq("nobody")).toBe("notInDlq");
    expect(queue.promoteDeferred("nobody")).toBe("notDeferred");
    expect(queue.rescueStaleReceipts()).toEqual([]);
  });
});

describe("the errors of the fake", () => {
  const queue = new MemoryQueue<string>();
  it.each([
    ["staleAfter", -1, () => new MemoryQueue({ staleAfter: -1 })],
    ["wait", 0.5, () => queue.enqueue("a", ["x"], { wait: 0.5 })],
    ["n", Number.NaN, () => queue.claim("a", Number.NaN)],
    ["ticks", -2, () => queue.passTime(-2)],
  ])("%s %s", (what, value, call) => {
    const message = `${what} must be a whole number from 0, not ${value}`;
    expect(call).toThrow(new RangeError(message));
    expect(queue.jobs()).toEqual(new Map());
  });

  it("has no answer where the contract allows none", () => {
    const enqueue: Operation = { action: "Enqueue", args: { lane: "a", batch: ["x"], wait: 0 } };
    const { state } = answer(initial({ staleAfter: 1 }), enqueue);
    expect(() => answer(state, enqueue)).toThrow(
      new RangeError("Enqueue says enqueued, but x is ready, and Enqueue leads only from absent"),
    );
  });
});

type Use = (queue: MemoryQueue<number>, job: string, lease: number, n: number) => unknown;

const uses: readonly Use[] = [
  (queue, _job, _lease, n) => queue.enqueue("a", [n, n]),
  (queue, _job, _lease, wait) => queue.enqueue("a", [wait], { wait }),
  (queue, job) => queue.promoteDeferred(job),
  (queue) => queue.promoteAllDue(),
  (queue) => queue.claim("a", 3),
  (queue, _job, _lease, n) => queue.claim("a", n),
  (queue, job, lease) =>
    queue.completeFast([
      { job, lease },
      { job, lease },
    ]),
  (queue, job, lease, wait) => queue.retry({ job, lease }, { wait }),
  (queue, job, lease) => queue.failToDlq({ job, lease }),
  (queue) => queue.rescueStaleReceipts(),
  (queue, job) => queue.discardTerminal(job),
  (queue, job) => queue.cancelReady(job),
  (queue, job) => queue.purgeDlq(job),
  (queue, job) => queue.retryFromDlq(job),
  (queue, _job, _lease, ticks) => queue.passTime(ticks),
];

it("gives no answer that the contract refuses, and gives every kind of answer", () => {
  const given = new Map<string, number>();
  const use = fc.tuple(
    fc.constantFrom(...uses),
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 2 }),
    fc.nat(2),
  );
  const run = fc.array(use, { minLength: 80, maxLength: 80, size: "max" });
  const play = (steps: readonly (readonly [Use, number, number, number])[]): void => {
    let state = initial({ staleAfter: 1 });
    const observe = (operation: Operation, outcome: Outcome): void => {
      const verdict = allows(state, operation, outcome);
      if (!verdict.ok) throw new Error(verdict.why);
      state = verdict.state;
      const name = `${operation.action} ${outcome.result}`;
      given.set(name, (given.get(name) ?? 0) + 1);
    };
    const queue = new MemoryQueue<number>({ staleAfter: 1, observe });
    for (const [step, job, lease, n] of steps) step(queue, `j${job}`, lease, n);
  };
  fc.assert(fc.property(run, play), { numRuns: 500, seed: 3 });
  expect(given.size).toBe(22);
  expect(Math.min(...given.values())).toBeGreaterThan(20);
});
