/** Whatever a test passes to the fake: an answer, or one sentence, and then nothing has changed. */

import { fc, test as check } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { MemoryQueue } from "../../src/memory/index.js";
import { hostile, INSIDES, spoilt, ways } from "./values.js";

const token = { job: "j1", lease: 1 };
type Fake = MemoryQueue<unknown>;
type Method = { [K in keyof Fake]: Fake[K] extends (...args: never[]) => unknown ? K : never };

/** Every method, with arguments that make sense. */
const calls: Readonly<Record<Method[keyof Fake], readonly unknown[]>> = {
  enqueue: ["a", [1, { x: 2 }], { wait: 1 }],
  enqueueUnique: ["a", [{ payload: 1, key: "k" }], { wait: 0 }],
  promoteDeferred: ["j5"],
  promoteAllDue: [],
  claim: ["a", 1, { deadline: 2 }],
  heartbeat: [token],
  flushProgress: [token],
  parkForCallback: [token],
  resumeCallback: [token],
  completeFast: [[token, token]],
  completeSlow: [[token]],
  complete: [[token, { job: "j2", lease: 1 }]],
  retry: [token, { wait: 1 }],
  snooze: [token, { wait: 1 }],
  fail: [token],
  failToDlq: [token],
  rescueStaleReceipts: [],
  rescueExpiredDeadlines: [],
  rescueStaleLeases: [],
  rescueExpiredLeaseDeadlines: [],
  rescueCallbackTimeouts: [{ wait: 1 }],
  discardTerminal: ["j3"],
  retryFromTerminal: ["j3"],
  failedToDlq: ["j3"],
  cancelReady: ["j4"],
  cancelRunning: ["j2"],
  moveReady: ["j4", "b"],
  purgeDlq: ["j3"],
  retryFromDlq: ["j3"],
  passTime: [3],
  jobs: [],
};
const names = Object.keys(calls) as (keyof typeof calls)[];

function populated(): { queue: Fake; heard: unknown[] } {
  const heard: unknown[] = [];
  const queue: Fake = new MemoryQueue({ observe: (operation) => heard.push(operation) });
  queue.enqueue("a", [1, 2, 3, 4]);
  queue.enqueue("a", [5], { wait: 2 });
  queue.claim("a", 3);
  queue.fail({ job: "j3", lease: 1 });
  heard.length = 0;
  return { queue, heard };
}

/** Whether it was answered; if not, with one sentence about an argument. */
function made(call: () => unknown): boolean {
  try {
    call();
    return true;
  } catch (error) {
    if (!(error instanceof TypeError) && !(error instanceof RangeError)) throw error;
    expect(error.message).not.toMatch(INSIDES);
    expect(error.message).toMatch(/^[\w.[\]]+ (must be .*, not .*|cannot be read)$/s);
    return false;
  }
}

describe("any call with anything anywhere", () => {
  const spoils = fc.array(fc.record({ way: ways, put: hostile }), { minLength: 1, maxLength: 2 });

  check.prop([fc.constantFrom(...names), spoils], { numRuns: 3000 })(
    "is answered, or refused",
    (name, some) => {
      const { queue, heard } = populated();
      let args = calls[name];
      for (const { way, put } of some)
        args = args.length === 0 ? [put()] : (spoilt(args, way, put()) as readonly unknown[]);
      const before = queue.jobs();
      if (made(() => (queue[name] as (...all: unknown[]) => unknown)(...args))) return;
      expect(queue.jobs()).toEqual(before);
      expect(heard).toEqual([]);
      expect(queue.enqueue("b", [1])).toEqual(["j6"]);
    },
  );

  check.prop([fc.constantFrom(...names), fc.nat({ max: 2 })])(
    "with too few arguments is answered, or refused",
    (name, count) => {
      const { queue } = populated();
      const args = calls[name].slice(0, count);
      made(() => (queue[name] as (...all: unknown[]) => unknown)(...args));
    },
  );

  const options = { staleAfter: 1, callbackWait: 1, maxAttempts: 1, failedFloor: 0, observe: null };
  check.prop([spoils], { numRuns: 500 })("a fake of anything is a fake, or refused", (some) => {
    let given: unknown = options;
    for (const { way, put } of some) given = spoilt(given, way, put());
    made(() => new MemoryQueue(given as ConstructorParameters<typeof MemoryQueue>[0]));
  });
});

test("a hundred thousand jobs, and as many tokens twice", () => {
  const queue = new MemoryQueue();
  const count = 100_000;
  expect(queue.enqueue("a", Array(count).fill(1))).toHaveLength(count);
  const tokens = queue.claim("a", count);
  const answers = queue.complete([...tokens, ...tokens]);
  expect(new Set(answers.slice(0, count))).toEqual(new Set(["completed"]));
  expect(new Set(answers.slice(count))).toEqual(new Set(["stale"]));
});
