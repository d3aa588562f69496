/**
 * What a typed row hides: spent-battery, planted, takes a finished attempt for a pending one once
 * its receipt is pruned. From calls that shows; from a start state that somebody typed it does not.
 */

import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { bugs } from "../../correctness/mutants/bugs.js";
import { changedText } from "../../correctness/mutants/sql-mutant.js";
import { install, uninstall } from "../../src/postgres/install.js";
import { requalify } from "../../src/postgres/requalify.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { PostgresStorage } from "../../src/postgres/storage.js";

const schema = "ringproof";
const now = new Date("2026-01-01T00:00:00Z");
let server: PostgresServer;
let client: pg.Client;
let storage: PostgresStorage;

beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
});
afterAll(() => server.stop());
beforeEach(async () => {
  client = await connect(server);
  await install(client, { schema, queueSlots: 2, claimSlots: 2, leaseSlots: 2 });
  storage = new PostgresStorage(client, { schema });
});
afterEach(async () => {
  await uninstall(client, { schema });
  await client.end();
});

async function plant(): Promise<void> {
  const bug = bugs().find(({ name }) => name === "spent-battery");
  await client.query(requalify(changedText(bug!.sql!), schema));
}

async function enqueued(): Promise<number> {
  const lane = await storage.ensureLane("mail", 0, 0);
  await storage.enqueue(lane, [{}], now, now);
  return lane;
}

/** What a claim hands out of a lane whose one attempt was finished, and its receipt pruned. */
async function byCalls(): Promise<number> {
  const lane = await enqueued();
  await storage.completeFast(await storage.claim(lane, 1, now), now);
  await storage.rotateClaims(now);
  expect(await storage.pruneClaims(now)).toEqual({ result: "pruned" });
  return (await storage.claim(lane, 1, now)).length;
}

/** The same of a lane whose one attempt was finished by typing so. */
async function byTyping(): Promise<number> {
  const lane = await enqueued();
  await client.query(
    `insert into ${schema}.done_entries
       (slot, lane_id, lane_seq, job_id, run_lease, state, finalized_at)
     select slot, lane_id, lane_seq, job_id, run_lease + 1, 'failed', $1
     from ${schema}.ready_entries`,
    [now],
  );
  return (await storage.claim(lane, 1, now)).length;
}

test("from calls: nothing is handed out again", async () => {
  expect(await byCalls()).toBe(0);
});

test("planted, from calls: it would be, but for the key of its evidence", async () => {
  await plant();
  await expect(byCalls()).rejects.toThrow(/duplicate key .* "attempt_evidence_0_pkey"/);
});

test("planted, from a typed row: the bug does not show", async () => {
  await plant();
  expect(await byTyping()).toBe(0);
});
