/** What calls of workers cost beside all that the slots remember of others, in pages read. */

import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { install } from "../../src/postgres/install.js";
import { inline } from "../../src/postgres/inline.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { statements, type Statement, type WorkerToken } from "../../src/postgres/statements.js";
import { PostgresStorage } from "../../src/postgres/storage.js";

const schema = "ringproof";
const now = new Date("2026-01-01T00:00:00Z");
const HISTORY = 1_500;
/** Indexes become higher. */
const ROOM = 10;
let server: PostgresServer;
let client: pg.Client;
let storage: PostgresStorage;
let lane: number;

beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
  client = await connect(server);
});
afterAll(async () => {
  await client.end();
  await server.stop();
});

/** The pages that this call reads, in all of its statements. */
async function pages(statement: Statement): Promise<number> {
  await client.query("begin");
  const text = `explain (analyze, buffers, format json) ${inline(statement)}`;
  const { rows } = await client.query(text);
  await client.query("rollback");
  const { Plan: plan } = rows[0]["QUERY PLAN"][0];
  return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"];
}

const claimed = (): Promise<readonly WorkerToken[]> => storage.claim(lane, 1, now);

/** A job from its enqueue to its end. */
async function live(): Promise<void> {
  await storage.enqueue(lane, [{}], now, now);
  await storage.complete(await claimed(), now);
}

async function costs(): Promise<Readonly<Record<string, number>>> {
  const sql = statements(schema);
  const enqueue = await pages(sql.enqueue(lane, [{}], now, now));
  await storage.enqueue(lane, [{}, {}], now, now);
  const claim = await pages(sql.claim(lane, 1, null, now));
  const tokens = await claimed();
  const complete = await pages(sql.complete(tokens, now));
  return { enqueue, claim, complete, retry: await pages(sql.retry(tokens, now, now)) };
}

/**
 * The calls that became dearer. Plans are kept from before there was any history, of tables that
 * were looked at when they were small, or never.
 */
async function grown({ change = "", looked = true } = {}): Promise<readonly string[]> {
  await client.query(`drop schema if exists ${schema} cascade; discard plans`);
  await install(client, { schema });
  await client.query(change);
  storage = new PostgresStorage(client, { schema });
  lane = await storage.ensureLane("mail", 1, 0);
  for (let i = 0; i < 10; i++) await live();
  if (looked) await client.query("analyze");
  await costs();
  const before = await costs();
  for (let i = 0; i < HISTORY; i++) await live();
  const after = await costs();
  return Object.keys(before).filter((call) => after[call]! > before[call]! + ROOM);
}

test.each([true, false])("history makes no call of a worker dearer: %s", async (looked) =>
  expect(await grown({ looked })).toEqual([]),
);

test.each([
  ["receipts are compared one by one", "lock_receipts set enable_nestloop = off", "retry"],
  ["a small table is read as a whole", "complete_receipt set enable_seqscan = on", "complete"],
  ["and another one", "waiting_since set enable_seqscan = on", "claim"],
])("planted: %s", async (_, change, call) => {
  expect(await grown({ change: `alter function ${schema}.${change}` })).toContain(call);
});
