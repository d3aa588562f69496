/** The fake: an example of its use in somebody's own test, then its choices and its errors. */

import { describe, expect, it } from "vitest";
import { answer, initial, MemoryQueue, type Operation } from "../../src/memory/index.js";

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

  it("moves a ready job to the tail of another lane", () => {
    const queue = new MemoryQueue<string>();
    queue.enqueue("a", ["1", "2"]);
    queue.enqueue("b", ["other"]);
    expect(["a", "b", "b"].map((lane) => queue.moveReady("j1", lane))).toEqual([
      "sameLane",
      "moved",
      "sameLane",
    ]);
    expect([claimed(queue, "a", 5), claimed(queue, "b", 5)]).toEqual([["2"], ["other", "1"]]);
    expect(queue.moveReady("j1", "a")).toBe("notReady");
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

const limits = { staleAfter: 1, callbackWait: 1, maxAttempts: 2, failedFloor: 0 };

describe("the errors of the fake", () => {
  const queue = new MemoryQueue<string>();
  it.each([
    ["staleAfter", -1, () => new MemoryQueue({ staleAfter: -1 })],
    ["callbackWait", 0.5, () => new MemoryQueue({ callbackWait: 0.5 })],
    ["maxAttempts", Infinity, () => new MemoryQueue({ maxAttempts: Infinity })],
    ["wait", 0.5, () => queue.enqueue("a", ["x"], { wait: 0.5 })],
    ["n", Number.NaN, () => queue.claim("a", Number.NaN)],
    ["ticks", -2, () => queue.passTime(-2)],
  ])("%s %s", (what, value, call) => {
    const most = what === "ticks" ? " to 1000000" : "";
    const message = `${what} must be a whole number from 0${most}, not ${value}`;
    expect(call).toThrow(new RangeError(message));
    expect(queue.jobs()).toEqual(new Map());
  });

  it.each([0, 99, 1.5])("deadline %s", (deadline) => {
    expect(() => queue.claim("a", 1, { deadline })).toThrow(
      new RangeError(`deadline must be a whole number from 1 to 98, not ${deadline}`),
    );
  });

  it("has no answer where the contract allows none", () => {
    const enqueue: Operation = { action: "Enqueue", args: { lane: "a", batch: ["x"], wait: 0 } };
    const { state } = answer(initial(limits), enqueue);
    expect(() => answer(state, enqueue)).toThrow(
      new RangeError("Enqueue says enqueued, but x is ready, and Enqueue leads only from absent"),
    );
  });
});
