/** Long histories are judged in seconds: many jobs, and one whose calls always overlap. */

import { describe, expect, it } from "vitest";
import { checkContract } from "../../correctness/trace/contract.js";
import type { Event } from "../../correctness/trace/history.js";
import { claimed, completed, enqueued, historyOf, lost, rescued, withToken } from "./told.js";
import type { Call, When } from "./told.js";

/** A few on a quiet machine; what grows faster than the history takes longer than this on any. */
const SECONDS = 60;

/** Eight callers take turns, and each is busy until its next turn comes. */
const turn = (i: number, tick = 0): When => [i - 3.5, i + 3.5, tick];

const timed = (calls: readonly Call[]) => {
  const start = performance.now();
  const breach = checkContract(historyOf(calls));
  return { breach, seconds: (performance.now() - start) / 1000 };
};

describe("25,000 jobs in 100,000 calls", () => {
  const life: readonly ((job: string, when: When) => Call)[] = [
    enqueued,
    (job, when) => claimed([`${job}/1`], when),
    (job, when) => withToken("Heartbeat", `${job}/1`, "recorded", when),
    (job, when) => completed({ [`${job}/1`]: "completed" }, when),
  ];
  const calls = Array.from({ length: 25_000 }, (_, job) =>
    life.map((step, i) => step(`j${job}`, turn(4 * job + 17 * i))),
  ).flat();

  it("have an order", () => {
    const { breach, seconds } = timed(calls);
    expect(breach).toBeNull();
    expect(seconds).toBeLessThan(SECONDS);
  });

  it("have none once the last of them is told stale", () => {
    const last = calls.at(-1)!;
    const wrong = { ...last, outcome: { result: "answered", each: ["stale"] } };
    const { breach, seconds } = timed([...calls.slice(0, -1), wrong]);
    expect(breach?.job).toBe("j24999");
    expect(breach?.nearest.length).toBe(3);
    expect(seconds).toBeLessThan(SECONDS);
  });

  it("have one when every hundredth claim is lost, and its job is rescued", () => {
    const some = calls.flatMap((call, i) => {
      if (i % 400 !== 1) return [call];
      const job = `j${(i - 1) / 4}`;
      const found = rescued("RescueStaleReceipts", `${job}/1`, turn(i + 500, 2));
      return [lost(call), found, claimed([`${job}/2`], turn(i + 520, 2))];
    });
    const late = some.map((call) => {
      const args = call.args as { token?: { job: string }; tokens?: { job: string }[] };
      const named = args.token ?? args.tokens?.[0];
      return named && Number(named.job.slice(1)) % 100 === 0 ? afterwards(call) : call;
    });
    const { breach, seconds } = timed(late);
    expect(breach).toBeNull();
    expect(seconds).toBeLessThan(SECONDS);
  });
});

describe("5,000 jobs of one key, of which some enqueues, claims and ends are lost", () => {
  /** One job after the other, each alive for ten moments. */
  const lives = Array.from({ length: 5_000 }, (_, i) => {
    const [job, at] = [`j${i}`, 10 * i];
    const life = [
      enqueued(job, [at, at + 1], { key: "k" }),
      claimed([`${job}/1`], [at + 2, at + 3]),
      completed({ [`${job}/1`]: "completed" }, [at + 4, at + 5]),
    ];
    return life.map((call, n) => (i % 40 === 13 * n ? lost(call, call.from + 1) : call));
  }).flat();

  it("have an order", () => {
    const { breach, seconds } = timed(lives);
    expect(breach).toBeNull();
    expect(seconds).toBeLessThan(SECONDS);
  });

  it("have none once the last of them is told stale", () => {
    const stale = { result: "answered", each: ["stale"] };
    const { breach, seconds } = timed([
      ...lives.slice(0, -1),
      { ...lives.at(-1)!, outcome: stale },
    ]);
    expect(breach?.job).toBe("j4999");
    expect(seconds).toBeLessThan(SECONDS);
  });
});

/** The same said of the second attempt, once that has begun. */
const afterwards = (call: Call): Call => ({
  ...(JSON.parse(JSON.stringify(call).replaceAll('"lease":1', '"lease":2')) as Call),
  from: call.from + 600,
  to: call.to! + 600,
});

describe("one job with 400 heartbeats, eight at a time, on two clocks", () => {
  const beats = Array.from({ length: 400 }, (_, i) =>
    withToken("Heartbeat", "j/1", "recorded", turn(i + 20, i % 2)),
  );
  const begun = [enqueued("j", [0, 1]), claimed(["j/1"], [2, 3])];

  it.each([
    ["the last may be of the slowest clock", 2, null],
    ["none is so old", 1, "RescueStaleReceipts says rescued, but j/1 turns stale only at tick"],
  ])("is rescued at last: %s", (_how, tick, why) => {
    const end = rescued("RescueStaleReceipts", "j/1", [430, 431, tick]);
    const { breach, seconds } = timed([...begun, ...beats, end]);
    expect(breach?.why.slice(0, why?.length) ?? null).toBe(why);
    expect(seconds).toBeLessThan(SECONDS);
  });
});

describe("a breach", () => {
  it("names the calls up to the first that nothing explains, and the nearest explanation", () => {
    const calls = [
      enqueued("j", [0, 1]),
      claimed(["j/1"], [2, 3]),
      completed({ "j/1": "completed" }, [4, 5]),
      completed({ "j/1": "completed" }, [6, 7]),
      completed({ "j/1": "completed" }, [8, 9]),
    ];
    const ids = (events: readonly (Event | null)[]) => events.map((event) => event?.id);
    const breach = checkContract(historyOf(calls))!;
    expect(ids(breach.events)).toEqual([0, 1, 2, 3]);
    expect(breach.misfit.id).toBe(3);
    expect(ids(breach.nearest.map(({ event }) => event))).toEqual([0, 1, 2]);
    expect(breach.nearest.map(({ then }) => then.get("j"))).toEqual([
      { state: "ready", lease: 0 },
      { state: "running", lease: 1 },
      { state: "completed", lease: 1 },
    ]);
  });
});
