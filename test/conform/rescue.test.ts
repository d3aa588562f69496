/**
 * The limit of a rescue, which the model does not have: attempt by attempt in key order it does
 * what the core does at once. And its cutoff, to the microsecond.
 */

import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { installHarness } from "../../correctness/conform/conform.js";
import { readSnapshot } from "../../correctness/conform/snapshot.js";
import { twinOf } from "../../correctness/conform/attempts.js";
import {
  actionNames,
  encodeDb,
  initialState,
  NONE,
  step,
  type Call,
  type Scope,
  type State,
  type Token,
} from "../../src/core/index.js";
import { newBinding, timeOf, type Binding } from "../../src/postgres/binding.js";
import { install, uninstall } from "../../src/postgres/install.js";
import { requalify } from "../../src/postgres/requalify.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { statements } from "../../src/postgres/statements.js";
import { PostgresStorage } from "../../src/postgres/storage.js";
import { twins } from "../../src/postgres/twins.js";
import { changedSql } from "../../correctness/mutants/changed-sql.js";

const scope: Scope = {
  jobs: ["j1", "j2", "j3", "j4"],
  lanes: ["a", "b"],
  queueSlots: 2,
  claimSlots: 2,
  leases: [1],
  maxBatch: 3,
  maxWait: 0,
  staleAfter: 1,
  deadlines: [NONE],
  callbackWait: 1,
  maxAttempts: 1,
  failedFloor: 0,
  sameKey: [],
  maxSeq: 9,
  leaseSlots: 2,
  enabled: actionNames,
};

const schema = "rescue_test";
const sql = statements(schema);

let server: PostgresServer;
let client: pg.Client;
beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
});
afterAll(() => server.stop());
beforeEach(async () => {
  client = await connect(server);
  await install(client, { schema, queueSlots: 2, claimSlots: 2, leaseSlots: 2 });
  await installHarness(client, schema);
});
afterEach(async () => {
  await uninstall(client, { schema });
  await client.end();
});

/** Three stale receipts in one slot: the oldest is the last in key order, the first is a batch. */
const silence: readonly Call[] = [
  { action: "Enqueue", args: { lane: "a", batch: ["j1", "j2", "j3"], wait: 0 } },
  { action: "Enqueue", args: { lane: "b", batch: ["j4"], wait: 0 } },
  { action: "Claim", args: { lane: "b", n: 1, deadline: NONE } },
  { action: "PassTime", args: {} },
  { action: "Claim", args: { lane: "a", n: 2, deadline: NONE } },
  { action: "Claim", args: { lane: "a", n: 1, deadline: NONE } },
  { action: "PassTime", args: {} },
];

interface Reached {
  readonly state: State;
  readonly binding: Binding;
}

/** Core and Postgres after the same calls. */
async function reach(path: readonly Call[]): Promise<Reached> {
  const storage = new PostgresStorage(client, { schema });
  const lanes = new Map<string, number>();
  for (const lane of scope.lanes) lanes.set(lane, await storage.ensureLane(lane, 0, 0));
  let state = initialState(scope);
  let binding = newBinding(lanes);
  for (const call of path) {
    const { answer, statement } = twinOf(call.action);
    const made = statement([call.args], binding, { sql, scope });
    const rows = made ? (await client.query(made.text, [...made.values])).rows : [];
    binding = answer(rows, [call.args], binding).binding;
    state = step(state, call, scope).state;
  }
  return { state, binding };
}

/** Rescues one attempt at a time, until there is none. */
async function oneByOne(binding: Binding): Promise<readonly (readonly Token[])[]> {
  const portions: (readonly Token[])[] = [];
  const { text, values } = sql.rescueStaleReceipts(0, timeOf(2), 1, timeOf(binding.tick));
  do {
    const { rows } = await client.query(text, [...values]);
    const { outcomes } = twins.RescueStaleReceipts.answer(rows, [{ slot: 0 }], binding);
    portions.push(outcomes[0]!.tokens ?? []);
  } while (portions.at(-1)!.length > 0);
  return portions;
}

const token = (job: string): Token => ({ job, lease: 1 });
const inKeyOrder = [[token("j1")], [token("j2")], [token("j3")], [token("j4")], []];

test("limit 1: one attempt per call, in key order, and at last the rows of the core", async () => {
  const { state, binding } = await reach(silence);
  const rescue: Call = { action: "RescueStaleReceipts", args: { slot: 0 } };
  const expected = step(state, rescue, scope);
  expect(expected.outcome.tokens).toEqual(inKeyOrder.flat());
  expect(await oneByOne(binding)).toEqual(inKeyOrder);
  const { rows } = await client.query(`select "${schema}".snapshot() as snapshot`);
  const db = readSnapshot(rows[0].snapshot, binding, scope);
  expect(encodeDb(db, scope)).toBe(encodeDb(expected.state.db, scope));
});

const rescueWith = (limit: string) =>
  changedSql("rescue", "rescue_stale_receipts", " limit p_limit", limit);
const inOrder = (order: string) =>
  changedSql("rescue", "stale_receipts", "order by o.lane_id, o.lane_seq", order);

test.each([
  ["no limit", rescueWith("")],
  ["one more than the limit", rescueWith(" limit p_limit + 1")],
  ["oldest first", inOrder("order by o.claimed_at, o.lane_id, o.lane_seq")],
  ["last first", inOrder("order by o.lane_id desc, o.lane_seq desc")],
  ["fewer than the limit", rescueWith(" limit p_limit - 1")],
])("planted: %s", async (_, amend) => {
  await client.query(requalify(amend, schema));
  const { binding } = await reach(silence);
  expect(await oneByOne(binding)).not.toEqual(inKeyOrder);
});

/** The jobs rescued when the cutoff lies so many microseconds after the claims from lane a. */
async function rescuedAt(microseconds: number): Promise<readonly string[]> {
  const { binding } = await reach(silence);
  const late = `$1::timestamptz + $2 * interval '1 microsecond'`;
  const text = `select * from "${schema}".rescue_stale_receipts(0, ${late}, 500, $3)`;
  const { rows } = await client.query(text, [timeOf(1), microseconds, timeOf(binding.tick)]);
  const { outcomes } = twins.RescueStaleReceipts.answer(rows, [{ slot: 0 }], binding);
  return (outcomes[0]!.tokens ?? []).map(({ job }) => job);
}

test("a receipt claimed at the cutoff is not rescued", async () => {
  expect(await rescuedAt(0)).toEqual(["j4"]);
});

test("a receipt claimed a microsecond before the cutoff is rescued", async () => {
  expect(await rescuedAt(1)).toEqual(["j1", "j2", "j3", "j4"]);
});

test("planted: at the cutoff is before it", async () => {
  const atIt = changedSql(
    "rescue",
    "receipts_due",
    "o.claimed_at) < p_at",
    "o.claimed_at) <= p_at",
  );
  await client.query(requalify(atIt, schema));
  expect(await rescuedAt(0)).toEqual(["j1", "j2", "j3", "j4"]);
});
