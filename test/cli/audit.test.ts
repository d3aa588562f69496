/** `ringproof audit` on a schema that is sound, on one that is not, and where there is none. */

import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { install } from "../../src/postgres/install.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { PostgresStorage } from "../../src/postgres/storage.js";
import { ran } from "./fixture.js";

const schema = "audited";
let server: PostgresServer;
let client: pg.Client;
let url: string;
const audit = (...args: string[]) => ran(["audit", "--pg", url, "--schema", schema, ...args]);

beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
  ({ url } = server);
  client = await connect(server);
  await install(client, { schema });
  const storage = new PostgresStorage(client, { schema });
  const now = new Date();
  const lane = await storage.ensureLane("mail", 1, 0);
  await storage.enqueue(lane, [{}, {}], now, now);
  await storage.complete(await storage.claim(lane, 1, now), now);
});
afterAll(async () => {
  await client.end();
  await server.stop();
});

test("sound rows: every check holds", async () => {
  const { code, out } = await audit();
  expect(code).toBe(0);
  expect(out).toMatch(/HandedOutIsSpent +│ 0 /);
});

test("evidence is gone: what is violated, and of which job", async () => {
  await client.query(`begin; delete from ${schema}.attempt_evidence; commit`);
  try {
    const { code, out } = await audit();
    expect(code).toBe(1);
    expect(out).toMatch(/HandedOutIsSpent +│ 1 .* violated/);
    expect(out).toMatch(/\bjob 1\b/);
    expect(JSON.parse((await audit("--json")).out)).toMatchObject({
      claims: [{ id: "audit", verdict: "violated" }],
    });
  } finally {
    await client.query(`drop schema ${schema} cascade`);
    await install(client, { schema });
  }
});

test.each([
  ["no such schema", ["--schema", "elsewhere"], "There is no ringproof in the schema elsewhere."],
  ["an impossible name", ["--schema", 'a"b'], "schema"],
  ["a database by a flag that is none", ["--pg", "embedded"], "An audit is of a database"],
  ["nobody listens", ["--pg", "postgres://127.0.0.1:1/x"], "Nothing listens at 127.0.0.1:1."],
])("%s: one message, exit code 2", async (_, args, message) => {
  const { code, out, err } = await audit(...args);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err.split("\n")[0]).toContain(message);
});

test("a schema has to be named", async () => {
  const { code, err } = await ran(["audit", "--pg", url]);
  expect(code).toBe(2);
  expect(err).toContain("--schema <name>");
});
