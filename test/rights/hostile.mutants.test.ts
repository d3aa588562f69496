/** What passes on what it is given, changes half, or shows its insides, is found. */

import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { UserError } from "../../src/errors.js";
import { install } from "../../src/postgres/install.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { at, callerOf, schema } from "./life.js";
import { Watch } from "./outcome.js";

const now = at(0);
let server: PostgresServer;
let client: pg.Client;
let watch: Watch;

beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
  client = await connect(server);
  await install(client, { schema, queueSlots: 2, claimSlots: 2, leaseSlots: 2 });
  await callerOf(client).storage.ensureLane("mail", 1, 0);
  watch = await Watch.on(client);
});
afterAll(async () => {
  await client.end();
  await server.stop();
});

const enqueue = `select ${schema}.enqueue($1, $2, $3, $3)`;
const careless: Readonly<Record<string, () => Promise<unknown>>> = {
  "a list that is none": async () => (undefined as unknown as string[]).map(String),
  "a number that is none": () => client.query(enqueue, [NaN, ["{}"], now]),
  "a time that is none": () => client.query(enqueue, [1, ["{}"], new Date(NaN)]),
  "half an effect": async () => {
    await client.query(enqueue, [1, ["{}"], now]);
    throw new UserError("payloads[1] is undefined.", "Pass another.");
  },
  "a message that shows where it was": async () => {
    throw new UserError("now is Error\n    at here.ts:1:1.", "Pass another.");
  },
  "a message that names nothing": async () => {
    throw new UserError("Invalid input.", "Pass another.");
  },
  "a session that is in no state to go on": async () => {
    await client.query("begin");
    await client.query("select 1 / 0").catch(() => undefined);
    throw new UserError("now is 7.", "Pass another.");
  },
};

test.each(Object.keys(careless))("%s", async (name) => {
  await expect(watch.outcome(careless[name]!)).rejects.toThrow();
  await client.query("rollback");
});

test("what is refused before anything is sent is no finding", async () => {
  const call = () => callerOf(client).storage.enqueue(NaN, [{}], now, now);
  expect(await watch.outcome(call)).toEqual({ message: "laneId is NaN." });
});
