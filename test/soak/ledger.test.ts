/** The ledger: what cannot all be true is found, and what can be is not. */

import { describe, expect, test } from "vitest";
import type { Queryable } from "../../src/postgres/caller.js";
import { compareCounts } from "../../correctness/soak/counts.js";
import { missing } from "../../correctness/soak/enqueues.js";
import { Story } from "./story.js";

type Told = (story: Story) => void;

/** What is told and shown, and the account that is wrong by it. */
const lies: readonly (readonly [string, string, Told])[] = [
  [
    "jobs",
    "an acknowledged job is nowhere",
    (s) => {
      s.enqueue("1");
      s.shows({});
    },
  ],
  [
    "jobs",
    "a dead job is nowhere",
    (s) => {
      s.running("1");
      s.call("w1", "failToDlq", "1", 1);
      s.shows({});
    },
  ],
  [
    "jobs",
    "a job ended, and nobody called for that",
    (s) => {
      s.running("1");
      s.shows({ 1: ["completed", 1] });
    },
  ],
  [
    "jobs",
    "a job is in two places",
    (s) => {
      s.enqueue("1");
      s.shows({ "1": "ready", "1a": "deferred" });
    },
  ],
  [
    "jobs",
    "a job comes back with an attempt that it had before",
    (s) => {
      s.running("1");
      s.call("w1", "failToDlq", "1", 1);
      s.call("a", "retryFromDlq", "1");
      s.shows({ 1: ["ready", 0] });
    },
  ],
  ["jobs", "a job that nobody enqueued is handed out", (s) => s.claim("w1", "7", 1)],
  ["jobs", "a job that nobody enqueued is there", (s) => s.shows({ 7: "ready" }, { last: true })],
  [
    "jobs",
    "one job is enqueued twice",
    (s) => {
      s.offer(["1"]);
      s.claim("w1", "1", 1, 1);
      s.claim("w2", "2", 1, 1);
    },
  ],
  [
    "jobs",
    "a job has the payload of another one",
    (s) => {
      s.enqueue("1");
      s.claim("w1", "1", 1, 2);
    },
  ],
  [
    "jobs",
    "a job is turned away that carries no key",
    (s) => s.ledger.acknowledged(s.offer(["1"]), [null]),
  ],
  [
    "attempts",
    "one attempt is told to two workers",
    (s) => {
      s.running("1");
      s.claim("w2", "1", 1);
    },
  ],
  [
    "attempts",
    "an earlier attempt is handed out after a later one",
    (s) => {
      s.enqueue("1");
      s.claim("w1", "1", 2);
      s.claim("w2", "1", 1);
    },
  ],
  [
    "attempts",
    "the attempt of a lost claim is told to somebody",
    (s) => {
      s.enqueue("1");
      s.handOuts.lost(s.ledger.call("w1", "claim", 5), [{ jobId: "1", runLease: 1 }]);
      s.claim("w2", "1", 1);
    },
  ],
  [
    "attempts",
    "a lost claim had handed out what somebody has",
    (s) => {
      s.running("1");
      s.handOuts.lost(s.ledger.call("w2", "claim", 5), [{ jobId: "1", runLease: 1 }]);
    },
  ],
  [
    "effects",
    "two workers complete one attempt",
    (s) => {
      s.running("1");
      s.call("w1", "complete", "1", 1);
      s.call("w2", "complete", "1", 1);
    },
  ],
  [
    "effects",
    "a worker ends an attempt that is rescued",
    (s) => {
      s.running("1");
      s.handOuts.rescued(s.ledger.call("m", "staleReceipts", 5), [{ jobId: "1", runLease: 1 }]);
      s.call("w1", "retry", "1", 1);
    },
  ],
  [
    "effects",
    "a zombie completes its attempt when another one is out",
    (s) => {
      s.running("1");
      s.claim("w2", "1", 2);
      s.call("w1", "complete", "1", 1);
    },
  ],
  [
    "effects",
    "a zombie's heartbeat is recorded when another attempt is out",
    (s) => {
      s.running("1");
      s.claim("w2", "1", 2);
      s.call("w1", "heartbeat", "1", 1);
    },
  ],
  [
    "effects",
    "a running job is cancelled and completed",
    (s) => {
      s.running("1");
      s.call("a", "cancelRunning", "1");
      s.call("w1", "complete", "1", 1);
    },
  ],
  [
    "effects",
    "what others saw done is refused",
    (s) => {
      s.running("1");
      s.call("w1", "fail", "1", 1);
      const call = s.ask("a", "retryFromTerminal", "1");
      s.claim("w2", "1", 2);
      s.ledger.told(call, ["notRetryable"]);
    },
  ],
  [
    "facts",
    "a completed job is handed out again",
    (s) => {
      s.running("1");
      s.call("w1", "complete", "1", 1);
      s.claim("w2", "1", 2);
    },
  ],
  [
    "facts",
    "a completed job is handed out again when it was long forgotten",
    (s) => {
      s.running("1");
      s.call("w1", "complete", "1", 1);
      s.shows({});
      s.claim("w2", "1", 2);
    },
  ],
  [
    "facts",
    "an attempt of a forgotten job is rescued",
    (s) => {
      s.running("1");
      s.call("w1", "complete", "1", 1);
      s.shows({});
      s.handOuts.rescued(s.ledger.call("m", "staleReceipts", 5), [{ jobId: "1", runLease: 1 }]);
    },
  ],
  [
    "facts",
    "a completed job is shown as ready",
    (s) => {
      s.running("1");
      s.call("w1", "complete", "1", 1);
      s.shows({ 1: ["ready", 1] });
    },
  ],
  [
    "facts",
    "a forgotten job is there again",
    (s) => {
      s.running("1");
      s.call("w1", "complete", "1", 1);
      s.shows({});
      s.shows({ 1: ["running", 1] });
    },
  ],
  [
    "facts",
    "a failed job is forgotten before its floor",
    (s) => {
      s.running("1");
      s.call("w1", "fail", "1", 1);
      s.shows({}, { keptSince: s.now - 1 });
    },
  ],
  [
    "facts",
    "what says that a job has ended is gone, and its body is not",
    (s) => {
      s.running("1");
      s.call("w1", "complete", "1", 1);
      s.shows({ 1: "body" });
    },
  ],
  [
    "keys",
    "two living jobs carry one key",
    (s) => {
      s.ledger.acknowledged(s.offer(["1"], ["k"]), ["1"]);
      s.ledger.acknowledged(s.offer(["2"], ["k"]), ["2"]);
    },
  ],
  [
    "answers",
    "a call has fewer answers than it asked for",
    (s) => {
      s.running("1");
      s.ledger.told(s.ask("w1", "complete", "1", 1), []);
    },
  ],
];

test.each(lies)("%s: %s", (account, _, told) => {
  const story = new Story();
  told(story);
  expect(story.found).toEqual([account]);
});

/** What can all be true, and where the job is in the end. */
const truths: readonly (readonly [string, string, Told])[] = [
  ["alive", "it is deferred, and shown so", (s) => (s.enqueue("1"), s.shows({ 1: "deferred" }))],
  [
    "completed",
    "a lost completion is done, and forgotten",
    (s) => (s.running("1"), s.lost("w1", "complete", "1", 1), s.shows({})),
  ],
  [
    "alive",
    "a lost completion is not done",
    (s) => (s.running("1"), s.lost("w1", "complete", "1", 1), s.shows({ 1: ["running", 1] })),
  ],
  [
    "completed",
    "a lost completion is made again",
    (s) => {
      s.running("1");
      s.lost("w1", "complete", "1", 1);
      s.call("w1", "complete", "1", 1);
      s.shows({});
    },
  ],
  [
    "completed",
    "a lost completion is made again, and too late for that",
    (s) => {
      s.running("1");
      s.lost("w1", "complete", "1", 1);
      s.call("w1", "complete", "1", 1, "stale");
      s.shows({ 1: ["completed", 1] });
    },
  ],
  [
    "alive",
    "a lost completion is not done: the next attempt is out",
    (s) => {
      s.running("1");
      s.lost("w1", "complete", "1", 1);
      s.claim("w2", "1", 2);
      s.shows({ 1: ["running", 2] });
    },
  ],
  [
    "unclear",
    "one of two lost calls is done, and nobody can tell which",
    (s) => {
      s.running("1");
      s.lost("w1", "complete", "1", 1);
      s.lost("a", "cancelRunning", "1");
      s.shows({});
    },
  ],
  [
    "gone",
    "a lost discard is done: the body is there, and nothing says that the job has ended",
    (s) => {
      s.running("1");
      s.call("w1", "complete", "1", 1);
      s.lost("a", "discardTerminal", "1");
      s.shows({ 1: "body" });
    },
  ],
  [
    "unclear",
    "a lost discard is done, or was too late",
    (s) => {
      s.running("1");
      s.call("w1", "complete", "1", 1);
      s.lost("a", "discardTerminal", "1");
      s.shows({});
    },
  ],
  [
    "alive",
    "a lost retry from failed is done: it is handed out",
    (s) => {
      s.running("1");
      s.call("w1", "fail", "1", 1);
      s.lost("a", "retryFromTerminal", "1");
      s.claim("w2", "1", 2);
    },
  ],
  [
    "alive",
    "it is handed out before its readmission is told",
    (s) => {
      s.running("1");
      s.call("w1", "failToDlq", "1", 1);
      const call = s.ask("a", "retryFromDlq", "1");
      s.claim("w2", "1", 2);
      s.ledger.told(call, ["readmitted"]);
    },
  ],
  [
    "alive",
    "it is handed out before it is acknowledged",
    (s) => {
      const batch = s.offer(["1"]);
      s.claim("w1", "1", 1);
      s.ledger.acknowledged(batch, ["1"]);
    },
  ],
  [
    "completed",
    "a retry is told when all is over",
    (s) => {
      s.running("1");
      const call = s.ask("w1", "retry", "1", 1);
      s.claim("w2", "1", 2);
      s.call("w2", "complete", "1", 2);
      s.ledger.told(call, ["retried"]);
    },
  ],
  [
    "dead",
    "a parked attempt is given up, and nobody told",
    (s) => {
      s.running("1");
      s.call("w1", "parkForCallback", "1", 1);
      s.shows({ 1: ["dead", 1] });
    },
  ],
  [
    "failed",
    "it failed long enough ago",
    (s) => {
      s.running("1");
      s.call("w1", "fail", "1", 1);
      s.shows({}, { keptSince: s.now });
    },
  ],
  [
    "alive",
    "a look comes in between",
    (s) => {
      s.enqueue("1");
      s.look.judge([], { began: s.ledger.instant(), keptSince: 0 });
      s.shows({ 1: "ready" });
    },
  ],
  [
    "alive",
    "a look is older than what was told",
    (s) => {
      const began = s.ledger.instant();
      s.enqueue("1");
      for (let looks = 0; looks < 3; looks++) s.look.judge([], { began, keptSince: 0 });
    },
  ],
  [
    "alive",
    "a receipt is seen before its claim is told",
    (s) => {
      s.enqueue("1");
      const call = s.ledger.call("w1", "claim", 5);
      s.handOuts.lost(s.ledger.call("w2", "claim", 5), [{ jobId: "1", runLease: 1 }]);
      s.handOuts.claimed(call, [{ jobId: "1", runLease: 1, payload: { name: 1 } }]);
    },
  ],
];

test.each(truths)("nothing is wrong, and it is %s: %s", (place, _, told) => {
  const story = new Story();
  told(story);
  expect(story.wrongs.told).toEqual([]);
  expect(story.place("1")).toBe(place);
});

describe("an enqueue without an answer", () => {
  const lost = (...seen: string[]) => {
    const story = new Story();
    const batch = story.offer(["1", "2", "3"], [null, null, "k"]);
    story.ledger.enqueues.lose(batch);
    for (const id of seen) story.claim("w1", id, 1);
    expect(story.wrongs.told).toEqual([]);
    return [...story.ledger.enqueues.lost].flatMap(missing);
  };

  test.each([[[]], [["1", "2", "3"]], [["1", "2"]]])("may be there: %j", (seen) =>
    expect(lost(...seen)).toEqual([]),
  );

  test.each([
    [["1"], [2]],
    [["3"], [1, 2]],
  ])("not in part: %j", (seen, gone) => expect(lost(...seen)).toEqual(gone));
});

describe("counts", () => {
  const counting = (counts: Readonly<Record<string, number>>) => {
    const rows = Object.entries(counts).map(([state, jobs]) => ({ state, jobs }));
    return { query: async () => ({ rows }) } as unknown as Queryable;
  };
  const compared = async (story: Story, counts: Readonly<Record<string, number>>) => {
    await compareCounts(counting(counts), "s", story.ledger, story.look.unclear);
    return story.found;
  };
  const story = () => {
    const told = new Story();
    for (const id of ["1", "2", "3"]) told.running(id);
    told.call("w1", "complete", "1", 1);
    told.call("w1", "fail", "2", 1);
    return told;
  };

  test.each([
    [{ completed: 1, failed: 1 }, []],
    [{ completed: 2, failed: 1 }, ["facts"]],
    [{ failed: 1 }, ["facts"]],
    [{ completed: 1, failed: 1, cancelled: 1 }, ["facts"]],
  ])("%j", async (counts, wrong) => expect(await compared(story(), counts)).toEqual(wrong));

  test.each([1, 2])("a call that is lost may count: %i", async (completed) => {
    const told = story();
    told.lost("w1", "complete", "3", 1);
    expect(await compared(told, { completed, failed: 1 })).toEqual([]);
    told.shows({ 1: ["completed", 1], 2: ["failed", 1], 3: ["completed", 1] });
    expect(await compared(told, { completed, failed: 1 })).toEqual(
      completed === 2 ? [] : ["facts"],
    );
  });

  test("who has ended in one of several ways counts in one of them", async () => {
    const told = story();
    told.lost("w1", "complete", "3", 1);
    told.lost("a", "cancelRunning", "3");
    told.shows({});
    expect(await compared(told, { completed: 2, failed: 1 })).toEqual([]);
    expect(await compared(told, { completed: 1, failed: 1, cancelled: 1 })).toEqual([]);
    expect(await compared(told, { completed: 3, failed: 1 })).toEqual(["facts"]);
  });
});

test("of jobs that ended a byte is left, and what was said of the last of them", () => {
  const story = new Story();
  const ids = Array.from({ length: 70_000 }, (_, i) => String(i + 1));
  for (const id of ids) {
    story.running(id);
    story.call("w1", "complete", id, 1);
  }
  story.look.judge([], { began: story.ledger.instant(), keptSince: 0 });
  expect(story.ledger.jobs.size).toBe(0);
  expect([story.ledger.last("1"), story.place("1"), story.place("70000")]).toEqual([
    null,
    "completed",
    "completed",
  ]);
  expect(story.ledger.last("70000")!.said.map(({ answer }) => answer)).toEqual([
    "enqueued",
    "handed out",
    "completed",
  ]);
  story.claim("w2", "1", 2);
  expect(story.found).toEqual(["facts"]);
});
