/** Very much, very deep, very large, nothing at all, and the same again. */

import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { audit } from "../../src/postgres/audit.js";
import { install } from "../../src/postgres/install.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import type { ClaimedJob, PostgresStorage } from "../../src/postgres/storage.js";
import { argumentsOf, called, callNames } from "./calls.js";
import { at, callerOf, schema, type Caller } from "./life.js";
import { Watch } from "./outcome.js";

const now = at(0);
let server: PostgresServer;
let client: pg.Client;
let caller: Caller;
let storage: PostgresStorage;
let watch: Watch;
let lane: number;

beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
  client = await connect(server);
  await install(client, { schema, queueSlots: 2, claimSlots: 2, leaseSlots: 2 });
  caller = callerOf(client);
  ({ storage } = caller);
  lane = await storage.ensureLane("mail", 1, 0);
  watch = await Watch.on(client);
});
afterAll(async () => {
  await client.end();
  await server.stop();
});

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}

const enqueued = (...payloads: unknown[]) =>
  watch.outcome(() => storage.enqueue(lane, payloads, now, now));

async function claimedAll(): Promise<ClaimedJob[]> {
  const all: ClaimedJob[] = [];
  for (;;) {
    const some = await storage.claim(lane, 1_000_000, now);
    if (some.length === 0) return all;
    expect(some.length).toBeLessThanOrEqual(1000);
    all.push(...some);
    await storage.advanceClaimCursor(lane, now);
  }
}

describe("payloads", () => {
  test("come back as they were", async () => {
    const all = [
      deep(1000),
      "a".repeat(1_000_000),
      "\\u0000",
      { "\u00e9": ["\ud83d\udca5", null] },
    ];
    expect(await enqueued(...all)).toHaveProperty("answer.length", all.length);
    const claimed = await claimedAll();
    expect(claimed.map(({ payload }) => payload)).toEqual(all);
    await storage.complete(claimed, now);
  });

  test("of ten thousand levels are too deep for whoever writes them", async () => {
    expect(await enqueued({}, deep(10_000))).toEqual({
      message: "payloads[1] cannot be written as JSON: Maximum call stack size exceeded.",
    });
  });

  test("of fewer levels may be too deep for Postgres", async () => {
    await client.query("set max_stack_depth to '100kB'");
    expect(await enqueued(deep(2500))).toEqual({
      message: "Postgres does not take this call: stack depth limit exceeded.",
    });
    await client.query("reset max_stack_depth");
  });

  test("of three hundred megabytes are more than a call can carry", async () => {
    const most = "payloads up to payloads";
    expect(await enqueued("a".repeat(300_000_000))).toEqual({
      message: `${most}[0] have more than 250000000 bytes.`,
    });
    expect(await enqueued(...Array(300).fill("a".repeat(1_000_000)))).toEqual({
      message: `${most}[249] have more than 250000000 bytes.`,
    });
  });

  test.skipIf(!("rawJSON" in JSON))("hold numbers that Postgres can hold", async () => {
    const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown };
    expect(await enqueued(rawJSON("1e999999"))).toHaveProperty(
      "message",
      expect.stringMatching(/^Postgres does not take this call: /),
    );
  });
});

test("more than a million of anything, and more than ten thousand ids, are refused", async () => {
  const many = <T>(n: number, value: T) => Array<T>(n).fill(value);
  const [token] = await storage.enqueue(lane, [{}], now, now).then(() => claimedAll());
  const tooMany = [
    [() => storage.complete(many(1_000_001, token!), now), "tokens has 1000001 elements."],
    [() => storage.enqueue(lane, many(1_000_001, 1), now, now), "payloads has 1000001 elements."],
    [() => storage.cancelReady(many(10_001, "1"), now), "jobIds has 10001 elements."],
  ] as const;
  for (const [call, message] of tooMany) expect(await watch.outcome(call)).toEqual({ message });
  const most = await storage.cancelReady(many(10_000, "1"), now);
  expect(new Set(most)).toEqual(new Set(["notReady"]));
  await storage.complete([token!], now);
});

describe("nothing, and the same again", () => {
  const world = { lane: 1, other: 2, tokens: [], jobIds: [] };
  const takesLists = callNames.filter((name) => {
    const [first] = argumentsOf(name, world);
    return Array.isArray(first);
  });

  test.each(takesLists)("%s of nothing changes nothing, and answers nothing", async (name) => {
    const args = argumentsOf(name, world).map((arg) => (Array.isArray(arg) ? [] : arg));
    expect(await watch.outcome(() => called(caller, name, args))).toEqual({ answer: [] });
  });

  test("a token twice in one batch", async () => {
    await storage.enqueue(lane, Array(9).fill({}), now, now);
    const [a, b, c, d, e, f, g, h, i] = await claimedAll();
    const twice = (token: ClaimedJob | undefined) => [token!, token!];
    expect(await storage.heartbeat(twice(a), now)).toEqual(["recorded", "recorded"]);
    expect(await storage.flushProgress(twice(a), [1, 2], now)).toEqual(["flushed", "flushed"]);
    const { rows } = await client.query(`select progress from ${schema}.attempt_state`);
    expect(rows).toEqual([{ progress: 2 }]);
    expect(await storage.complete(twice(a), now)).toEqual(["completed", "stale"]);
    expect(await storage.completeFast(twice(b), now)).toEqual(["completed", "stale"]);
    expect(await storage.parkForCallback(twice(c), now, now)).toEqual(["parked", "waiting"]);
    expect(await storage.resumeCallback(twice(c), now)).toEqual(["resumed", "notWaiting"]);
    expect(await storage.completeSlow(twice(c), now)).toEqual(["completed", "stale"]);
    expect(await storage.retry(twice(d), now, now)).toEqual(["retried", "stale"]);
    expect(await storage.snooze(twice(e), now, now)).toEqual(["snoozed", "stale"]);
    expect(await storage.fail(twice(f), now)).toEqual(["failed", "stale"]);
    expect(await storage.failToDlq(twice(g), now)).toEqual(["deadLettered", "stale"]);
    await storage.complete([h!, i!], now);
  });

  test.each(["9223372036854775807", "-9223372036854775808", "-1", "0"])(
    "the job %s",
    async (id) => {
      expect(await storage.cancelReady([id], now)).toEqual(["notReady"]);
      expect(await storage.cancelRunning([id], now)).toEqual(["notRunning"]);
      expect(await storage.discardTerminal([id], now)).toEqual(["notTerminal"]);
      expect(await storage.promoteDeferred([id], now)).toEqual(["notDeferred"]);
      expect(await storage.purgeDlq([id], now)).toEqual(["notInDlq"]);
      expect(await storage.moveReady([id], lane, now)).toEqual(["notReady"]);
    },
  );

  test("a token of the largest numbers is stale", async () => {
    const most = 2 ** 31 - 1;
    const [jobId, receiptSeq] = ["9223372036854775807", "9223372036854775807"];
    const token = { jobId, runLease: most, claimSlot: most, laneId: most, receiptSeq };
    expect(await storage.complete([token], now)).toEqual(["stale"]);
    expect(await storage.heartbeat([{ ...token, claimSlot: 0 }], now)).toEqual(["stale"]);
  });
});

test("nothing of all that broke anything", async () => {
  expect((await audit(client, { schema })).flatMap((r) => r.violations)).toEqual([]);
});

test("a hundred thousand jobs, and as many tokens in one call", async () => {
  const count = 100_000;
  const ids = await storage.enqueue(lane, Array(count).fill({}), now, now);
  expect(new Set(ids).size).toBe(count);
  const tokens = await claimedAll();
  expect(tokens.map(({ jobId }) => jobId)).toEqual(ids);
  const progress = tokens.map((_, i) => i);
  expect(new Set(await storage.flushProgress(tokens, progress, now))).toEqual(new Set(["flushed"]));
  expect(new Set(await storage.heartbeat(tokens, now))).toEqual(new Set(["recorded"]));
  const [one, two] = [tokens.slice(0, count / 2), tokens.slice(count / 2)];
  expect(new Set(await storage.parkForCallback(one, now, now))).toEqual(new Set(["parked"]));
  expect(new Set(await storage.resumeCallback(one, now))).toEqual(new Set(["resumed"]));
  expect(await storage.complete([...tokens, ...two], now)).toEqual([
    ...Array(count).fill("completed"),
    ...Array(count / 2).fill("stale"),
  ]);
}, 240_000);
