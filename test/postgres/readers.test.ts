/** Whose locks health shows: those that prune does not get past, and no others. */

import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readersOfCopy } from "../../correctness/lockstep/copied.js";
import { changedSql } from "../../correctness/mutants/changed-sql.js";
import { install, uninstall } from "../../src/postgres/install.js";
import {
  connect,
  openPostgres,
  testSettings,
  type PostgresServer,
} from "../../src/postgres/server.js";
import { PostgresStorage } from "../../src/postgres/storage.js";

const schema = "ringproof";
const now = new Date("2026-01-01T00:00:00Z");
const table = `${schema}.lease_claims_0`;
let server: PostgresServer;
let client: pg.Client;
let other: pg.Client;

beforeAll(async () => {
  const settings = { ...testSettings, max_prepared_transactions: "2" };
  server = await openPostgres({ kind: "embedded" }, { settings });
});
afterAll(() => server.stop());

/** An ended attempt in the oldest slot of the claim ring, and nothing in the way of its prune. */
async function prepare(to: pg.Client): Promise<void> {
  await install(to, { schema, queueSlots: 2, claimSlots: 2, leaseSlots: 2 });
  const storage = new PostgresStorage(to, { schema });
  const lane = await storage.ensureLane("mail", 1, 0);
  await storage.enqueue(lane, [{}], now, now);
  await storage.complete(await storage.claim(lane, 1, now), now);
  await storage.rotateClaims(now);
}

/** Who has locks on the oldest claim slot, and on what. */
async function readers(of: pg.Client): Promise<readonly { what: string; remedy: string }[]> {
  const pins = await new PostgresStorage(of, { schema }).health(now, now);
  return pins
    .filter(({ ring, pin }) => ring === "claim" && pin === "reader")
    .map(({ what, remedy }) => ({ what, remedy }));
}

const prune = (by: pg.Client) => new PostgresStorage(by, { schema }).pruneClaims(now);
const plant = (on: pg.Client, from: string, to: string) =>
  on.query(changedSql("health", "slot_readers", from, to));

describe("in one database", () => {
  beforeEach(async () => {
    [client, other] = [await connect(server), await connect(server)];
    await prepare(client);
  });
  afterEach(async () => {
    await other.end();
    await uninstall(client, { schema });
    await client.end();
  });

  test("what a serializable transaction has read is in nobody's way", async () => {
    const serializable = "begin isolation level serializable; select count(*) from";
    const third = await connect(server);
    await third.query(`${serializable} ${schema}.lanes`);
    await other.query(`${serializable} ${table}`);
    await other.query("commit");
    const kept = "select from pg_locks where mode = 'SIReadLock' and relation = $1::regclass";
    expect((await client.query(kept, [table])).rowCount).toBe(1);
    expect(await readers(client)).toEqual([]);
    await plant(client, "and l.mode <> 'SIReadLock'", "");
    expect(await readers(client)).toMatchObject([
      { what: expect.stringMatching(/\(idle\) holds SIReadLock/) },
    ]);
    expect(await prune(client)).toEqual({ result: "pruned" });
    await third.end();
  });

  test("a prepared transaction has no session, and is in the way until it is ended", async () => {
    await other.query(`begin; lock table only ${table} in access share mode`);
    await other.query("prepare transaction 'forgotten'");
    expect(await readers(client)).toEqual([
      {
        what: `a prepared transaction holds AccessShareLock on ${table}`,
        remedy: "commit it or roll it back: it is in pg_prepared_xacts",
      },
    ]);
    expect(await prune(client)).toEqual({ result: "blocked" });
    await plant(client, "coalesce(l.pid, 0)", "l.pid");
    expect(await readers(client)).toEqual([]);
    await other.query("rollback prepared 'forgotten'");
    expect(await prune(client)).toEqual({ result: "pruned" });
  });
});

test("tables of a copy of the database have the same ids, and are not those to prune", async () => {
  expect(await readersOfCopy(server)).toEqual([]);
  const anyDatabase = changedSql(
    "health",
    "slot_readers",
    "and l.database = (select oid from pg_database where datname = current_database())",
    "",
  );
  expect(await readersOfCopy(server, anyDatabase)).toEqual([
    expect.stringMatching(/\(idle in transaction\) holds AccessShareLock/),
  ]);
  const admin = await connect(server);
  const left = await admin.query("select from pg_database where datname like 'ringproof%'");
  await admin.end();
  expect(left.rowCount).toBe(0);
});
