/** What makes no sense is refused by its name, and Postgres is not asked. */

import { expect, test } from "vitest";
import { ClaimerLeases } from "../../src/postgres/claimers.js";
import { Lanes } from "../../src/postgres/lanes.js";
import { RescuePasses } from "../../src/postgres/rescue-passes.js";
import { PostgresStorage, type Queryable } from "../../src/postgres/storage.js";

const client: Queryable = {
  query: () => {
    throw new Error("Postgres was asked");
  },
};
const [storage, lanes, passes, claimers] = [
  PostgresStorage,
  Lanes,
  RescuePasses,
  ClaimerLeases,
].map((Made) => new Made(client, { schema: "ringproof" })) as [
  PostgresStorage,
  Lanes,
  RescuePasses,
  ClaimerLeases,
];

const now = new Date();
const by = { queue: "mail", owner: "ada" };
const terms = { slots: 1, ttl: 60_000, idle: 30_000 };
const token = { jobId: "1", runLease: 1, claimSlot: 0, laneId: 1, receiptSeq: "1" };
const { receiptSeq: _, ...half } = token;
const whole = (least: number) => `Pass a whole number from ${least}.`;
const length = "Pass a number of milliseconds from 1 to 10000000000000.";
const tokens = "Pass tokens as a claim returned them.";
const payloads = "Pass what JSON can hold, such as null.";

test.each<readonly [() => Promise<unknown>, message: string, remedy: string]>([
  [() => storage.ensureLane("", 1, 0), "queue is ''.", "Pass a text that is not empty."],
  [() => storage.ensureLane("mail", 0.5, 0), "priority is 0.5.", "Pass a whole number."],
  [() => storage.ensureLane("mail", 1, -1), "shard is -1.", whole(0)],
  [() => storage.claim(1, 0, now), "limit is 0.", whole(1)],
  [() => storage.claim(1, NaN, now), "limit is NaN.", whole(1)],
  [() => storage.enqueue(1, [{}, undefined], now, now), "payloads[1] is undefined.", payloads],
  [
    () => storage.enqueueUnique(1, [{ payload: undefined, uniqueKey: null }], now, now),
    "payloads[0] is undefined.",
    payloads,
  ],
  [() => storage.complete([{} as typeof token], now), "tokens[0] is {}.", tokens],
  [
    () => storage.heartbeat([token, half as typeof token], now),
    "tokens[1] is { jobId: '1', runLease: 1, claimSlot: 0, laneId: 1 }.",
    tokens,
  ],
  [() => storage.retry([undefined!], now, now), "tokens[0] is undefined.", tokens],
  [() => storage.flushProgress([token], [undefined], now), "progress[0] is undefined.", payloads],
  [
    () => storage.pruneQueue(now, -1),
    "failedFloor is -1.",
    "Pass a number of milliseconds from 0 to 10000000000000.",
  ],
  [() => lanes.claim("mail", -1, now), "limit is -1.", whole(1)],
  [() => lanes.claim("mail", 1, now, { ageing: 0 }), "ageing is 0.", length],
  [() => passes.staleReceipts(now, now, { budget: 0 }), "budget is 0.", whole(1)],
  [() => passes.expiredDeadlines(now, { window: 0 }), "window is 0.", whole(1)],
  [() => claimers.acquire(by, { ...terms, slots: 0 }, now), "slots is 0.", "from 1 to 10000."],
  [() => claimers.acquire(by, { ...terms, ttl: 0 }, now), "ttl is 0.", length],
  [
    () => claimers.acquire({ ...by, owner: "" }, terms, now),
    "owner is ''.",
    "Pass a text that is not empty.",
  ],
  [() => claimers.claimed(by, null, { ...terms, idle: -5 }, now), "idle is -5.", length],
])("%s", async (call, message, remedy) => {
  await expect(call()).rejects.toMatchObject({
    name: "UserError",
    message,
    remedy: expect.stringContaining(remedy),
  });
});

test("what makes sense is passed on", async () => {
  await expect(storage.complete([token], now)).rejects.toThrow("Postgres was asked");
  await expect(storage.enqueue(1, [null, {}], now, now)).rejects.toThrow("Postgres was asked");
});
