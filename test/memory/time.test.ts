/** What time may do to a job, and from when on: told by histories of one or two jobs. */

import { describe, expect, it } from "vitest";
import { allows, initial, type Operation, type OperationName } from "../../src/memory/index.js";
import type { ArgsOf, ContractState, Outcome } from "../../src/memory/index.js";
import { after, world } from "./world.js";

const call = <N extends OperationName>(action: N, args: ArgsOf<N>) =>
  ({ action, args }) as Operation;
const attempt = (lease: number) => ({ token: { job: "j1", lease } });

const ticks = (n: number): Operation[] => Array.from({ length: n }, () => call("PassTime", {}));
const claim = (deadline = 99) => call("Claim", { lane: "a", n: 1, deadline });
const heartbeat = call("Heartbeat", attempt(1));
const flush = call("FlushProgress", attempt(1));
const park = (lease = 1) => call("ParkForCallback", attempt(lease));
const resume = call("ResumeCallback", attempt(1));
const snooze = (lease: number) => call("Snooze", { ...attempt(lease), wait: 0 });
const retry = (lease: number) => call("Retry", { ...attempt(lease), wait: 0 });
const fail = call("Fail", attempt(1));
const promote = call("PromoteDeferred", { job: "j1" });
const timeOut = call("RescueCallbackTimeouts", { slot: 0, wait: 0 });

/** Handed out at tick 0; stale after 2 ticks, called back within 3, given up after 2 attempts. */
const begun = (...then: readonly Operation[]): ContractState => {
  const nothing = initial({ staleAfter: 2, callbackWait: 3, maxAttempts: 2, failedFloor: 2 });
  return after(nothing, [call("Enqueue", { lane: "a", batch: ["j1"], wait: 0 }), ...then]);
};

const judge = (state: ContractState, operation: Operation, outcome: Outcome): string => {
  const verdict = allows(state, operation, outcome);
  return verdict.ok ? "allowed" : verdict.why.replace(/^.*?, but /, "");
};

const rescued = (lease: number): Outcome => ({
  result: "rescued",
  tokens: [{ job: "j1", lease }],
});

type History = readonly [name: string, history: readonly Operation[], lease: number, why: string];

describe("silence", () => {
  const notBefore = (tick: number, now: number) =>
    `j1/1 turns stale only at tick ${tick}, and it is tick ${now}`;
  const histories: readonly History[] = [
    ["is counted from the hand-out", [claim(), ...ticks(2)], 1, "allowed"],
    ["is not over a tick before", [claim(), ...ticks(1)], 1, notBefore(2, 1)],
    [
      "begins anew with a heartbeat",
      [claim(), ...ticks(1), heartbeat, ...ticks(1)],
      1,
      notBefore(3, 2),
    ],
    ["lasts as long after it", [claim(), ...ticks(1), heartbeat, ...ticks(2)], 1, "allowed"],
    ["is not broken by progress", [claim(), ...ticks(1), flush, ...ticks(1)], 1, "allowed"],
    [
      "begins anew with a callback",
      [claim(), park(), ...ticks(2), resume, ...ticks(1)],
      1,
      notBefore(4, 3),
    ],
    ["lasts as long after that", [claim(), park(), ...ticks(2), resume, ...ticks(2)], 1, "allowed"],
    [
      "does not count while the attempt waits",
      [claim(), park(), ...ticks(9)],
      1,
      "j1/1 is not the running attempt: j1 is waiting (lease 1)",
    ],
    [
      "is that of the attempt, not of the job",
      [claim(), ...ticks(2), retry(1), promote, claim()],
      2,
      "j1/2 turns stale only at tick 4, and it is tick 2",
    ],
  ];

  it.each(histories)("%s", (_, history, lease, why) => {
    for (const action of ["RescueStaleReceipts", "RescueStaleLeases"] as const) {
      expect(judge(begun(...history), call(action, { slot: 0 }), rescued(lease))).toBe(why);
    }
  });
});

describe("a deadline", () => {
  const notBefore = (tick: number, now: number) =>
    `the deadline of j1/1 is tick ${tick}, and it is tick ${now}`;
  const histories: readonly History[] = [
    ["is counted from the hand-out", [claim(3), ...ticks(3)], 1, "allowed"],
    ["has not come a tick before", [claim(3), ...ticks(2)], 1, notBefore(3, 2)],
    ["is not moved by a heartbeat", [claim(1), ...ticks(1), heartbeat], 1, "allowed"],
    ["comes while the attempt waits", [claim(2), park(), ...ticks(2)], 1, "allowed"],
    ["does not come sooner for that", [claim(2), park(), ...ticks(1)], 1, notBefore(2, 1)],
    ["outlasts the callback", [claim(2), park(), resume, ...ticks(2)], 1, "allowed"],
    ["need not be", [claim(), ...ticks(99)], 1, "j1/1 has no deadline"],
    [
      "is that of the attempt, not of the job",
      [claim(1), retry(1), promote, claim(), ...ticks(1)],
      2,
      "j1/2 has no deadline",
    ],
  ];

  it.each(histories)("%s", (_, history, lease, why) => {
    for (const action of ["RescueExpiredDeadlines", "RescueExpiredLeaseDeadlines"] as const) {
      expect(judge(begun(...history), call(action, { slot: 0 }), rescued(lease))).toBe(why);
    }
  });
});

describe("a callback", () => {
  const histories: readonly History[] = [
    ["is overdue when its wait is over", [claim(), park(), ...ticks(3)], 1, "allowed"],
    [
      "is not overdue a tick before",
      [claim(), park(), ...ticks(2)],
      1,
      "j1/1 times out only at tick 3, and it is tick 2",
    ],
    [
      "is waited for as long the next time",
      [claim(), park(), ...ticks(2), resume, park(), ...ticks(1)],
      1,
      "j1/1 times out only at tick 5, and it is tick 3",
    ],
    [
      "is not overdue after it came",
      [claim(), park(), resume, ...ticks(9)],
      1,
      "j1/1 is not the waiting attempt: j1 is running (lease 1)",
    ],
  ];

  it.each(histories)("%s", (_, history, lease, why) => {
    expect(judge(begun(...history), timeOut, rescued(lease))).toBe(why);
  });

  const toDlq = [call("FailToDlq", attempt(2)), call("RetryFromDlq", { job: "j1" })];
  const failed = [call("Fail", attempt(2)), call("RetryFromTerminal", { job: "j1" })];
  it.each([
    ["is tried for again after the first attempt", [claim()], 1, "ready"],
    ["gives up after the last", [claim(), retry(1), promote, claim()], 2, "dead"],
    ["does not count a snoozed attempt", [claim(), snooze(1), promote, claim()], 2, "ready"],
    [
      "counts the others still",
      [claim(), snooze(1), promote, claim(), retry(2), promote, claim()],
      3,
      "dead",
    ],
    [
      "remembers snoozes in the DLQ",
      [claim(), snooze(1), promote, claim(), ...toDlq, claim()],
      3,
      "dead",
    ],
    [
      "remembers them in a failed job",
      [claim(), snooze(1), promote, claim(), ...failed, claim()],
      3,
      "dead",
    ],
    [
      "counts no attempt that was snoozed before that",
      [claim(), snooze(1), promote, claim(), snooze(2), promote, claim()],
      3,
      "ready",
    ],
  ])("%s", (_, history, lease, state) => {
    const overdue = begun(...history, park(lease), ...ticks(3));
    expect(overdue.jobs.get("j1")).toMatchObject({ state: "waiting", lease });
    expect(after(overdue, [timeOut]).jobs.get("j1")).toMatchObject({ state, lease });
  });

  it("puts the next attempt off by as long as it is told to", () => {
    const overdue = begun(claim(), park(), ...ticks(3));
    const deferred = after(overdue, [call("RescueCallbackTimeouts", { slot: 0, wait: 2 })]);
    const promoted = judge(deferred, promote, { result: "promoted" });
    expect(promoted).toBe("j1 is due only at tick 5, and it is tick 3");
  });
});

describe("a move", () => {
  const moved = begun(call("MoveReady", { job: "j1", lane: "b" }));
  const claimed = (lane: string) =>
    judge(moved, call("Claim", { lane, n: 1, deadline: 99 }), {
      result: "claimed",
      tokens: [{ job: "j1", lease: 1 }],
    });

  it("lets the job be claimed in its new lane only, and there it must be", () => {
    expect([claimed("a"), claimed("b")]).toEqual(["j1 waits in lane b, not in a", "allowed"]);
    const empty = judge(moved, call("Claim", { lane: "b", n: 1, deadline: 99 }), {
      result: "empty",
    });
    expect(empty).toBe("j1 is ready in lane b");
  });

  it("holds for later attempts", () => {
    const again = after(moved, [
      call("Claim", { lane: "b", n: 1, deadline: 99 }),
      ...ticks(2),
      call("RescueStaleReceipts", { slot: 0 }),
    ]);
    expect(again.jobs.get("j1")).toMatchObject({ state: "ready", lane: "b" });
  });
});

describe("a job that is over", () => {
  const complete = call("Complete", { tokens: [{ job: "j1", lease: 1 }] });
  const tooEarly = "j1 may be forgotten only at tick 2, and it is tick 1";
  it.each([
    ["failed, before its time", [claim(), fail, ...ticks(1)], tooEarly],
    ["failed, at its time", [claim(), fail, ...ticks(2)], "allowed"],
    ["completed", [claim(), complete], "allowed"],
  ])("may be forgotten: %s", (_, history, why) => {
    const forget = call("Forget", { jobs: ["j1"] });
    expect(judge(begun(...history), forget, { result: "forgotten" })).toBe(why);
  });
});

describe("the clock", () => {
  const noop = (state: ContractState): string =>
    judge(state, call("PassTime", {}), { result: "noop" });

  it.each([
    ["silence", [claim(), ...ticks(1)], "j1 waits for tick 2, and it is tick 1"],
    [
      "silence after a heartbeat",
      [claim(), ...ticks(2), heartbeat],
      "j1 waits for tick 4, and it is tick 2",
    ],
    ["a deadline", [claim(5), ...ticks(2)], "j1 waits for tick 5, and it is tick 2"],
    ["a callback", [claim(), park(), ...ticks(2)], "j1 waits for tick 3, and it is tick 2"],
    [
      "a deadline behind a callback",
      [claim(5), park(), ...ticks(3)],
      "j1 waits for tick 5, and it is tick 3",
    ],
    ["nothing once the worker is silent", [claim(), ...ticks(2)], "allowed"],
    ["nothing once the callback is overdue", [claim(), park(), ...ticks(3)], "allowed"],
    ["a failed job may go", [claim(5), fail, ...ticks(1)], "j1 waits for tick 2, and it is tick 1"],
    ["nothing once the attempt ended", [claim(5), call("FailToDlq", attempt(1))], "allowed"],
    ["nothing once a failed job may go", [claim(5), fail, ...ticks(2)], "allowed"],
  ])("does not rest before %s", (_, history, why) => {
    expect(noop(begun(...history))).toBe(why);
  });

  it("is waited for by deferred and failed jobs and open attempts only", () => {
    const promoted = after(world, [call("PromoteDeferred", { job: "due" })]);
    const waits = [...promoted.jobs].filter(
      ([, { due, deadline }]) => due > 0 || deadline < Infinity,
    );
    const states = new Set(waits.map(([, { state }]) => state));
    expect([...states].sort()).toEqual(["deferred", "failed", "running", "waiting"]);
  });
});
