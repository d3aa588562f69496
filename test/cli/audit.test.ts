/** `ringproof audit` on a schema that is sound, on one that is not, and where there is none. */

import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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
    const [claim] = JSON.parse((await audit("--json")).out).claims;
    expect(claim).toMatchObject({ id: "audit", verdict: "violated" });
    expect(claim.findings).toContainEqual({
      title: "HandedOutIsSpent: a row that a worker holds is handed out once more",
      replay: expect.stringMatching(`^ringproof audit --schema ${schema} --pg '?postgres`),
    });
  } finally {
    await client.query(`drop schema ${schema} cascade`);
    await install(client, { schema });
  }
});

describe("what is wrong with the environment is no mistake of ringproof", () => {
  const message = async (...args: string[]) => {
    const { code, out, err } = await audit(...args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).not.toMatch(/^\s+at /m);
    return err.split("\n").slice(0, -1);
  };
  const grants = `grant usage on schema ${schema} to guest; grant select on all tables in schema`;

  test("a role without rights: what to grant, and that suffices", async () => {
    await client.query("create role guest login password 'secret'");
    const guest = new URL(url);
    [guest.username, guest.password] = ["guest", "secret"];
    const pg = ["--pg", guest.href];
    expect(await message(...pg)).toEqual([
      `error: guest may not audit schema ${schema}: permission denied for schema ${schema}.`,
      `Run: ${grants} ${schema} to guest;`,
    ]);
    await client.query(`grant usage on schema ${schema} to guest`);
    expect((await message(...pg))[0]).toMatch(/^error: guest may not audit .* table meta\.$/);
    await client.query(`${grants} ${schema} to guest`);
    expect((await audit(...pg)).code).toBe(0);
  });

  test("a table is gone", async () => {
    await client.query(`drop table ${schema}.attempt_evidence cascade`);
    expect(await message()).toEqual([
      `error: Schema ${schema} is damaged: relation "${schema}.attempt_evidence" does not exist.`,
      "Restore it from a backup, or install ringproof into another schema.",
    ]);
  });

  test("somebody else's tables", async () => {
    await client.query("create schema theirs; create table theirs.orders ()");
    expect(await message("--schema", "theirs")).toEqual([
      "error: Schema theirs holds something that is not ringproof (orders).",
      "Name the schema that ringproof was installed into, and its database.",
    ]);
  });
});

test.each([
  ["no such schema", ["--schema", "elsewhere"], "There is no ringproof in the schema elsewhere."],
  ["an impossible name", ["--schema", 'a"b'], "schema"],
  ["a database by a flag that is none", ["--pg", "embedded"], "embedded or in Docker, is alw"],
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
