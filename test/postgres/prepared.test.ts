/** Statements that a connection has parsed before. */

import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { install } from "../../src/postgres/install.js";
import { Lanes } from "../../src/postgres/lanes.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { PostgresStorage } from "../../src/postgres/storage.js";

const schemas = ["one", "another"] as const;
const now = new Date("2026-01-01T00:00:00Z");
let server: PostgresServer;
let client: pg.Client;

beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
  client = await connect(server);
  for (const schema of schemas) await install(client, { schema });
});
afterAll(async () => {
  await client.end();
  await server.stop();
});

const prepared = async (): Promise<readonly string[]> => {
  const { rows } = await client.query("select statement from pg_prepared_statements order by 1");
  return rows.map(({ statement }) => statement as string);
};

/** A job of the schema comes and goes, twice. */
async function work(schema: string, options: { readonly prepared?: boolean }): Promise<void> {
  const storage = new PostgresStorage(client, { schema, ...options });
  const lanes = new Lanes(client, { schema, ...options });
  const lane = await storage.ensureLane("mail", 1, 0);
  for (const to of ["ada", "grace"]) {
    await storage.enqueue(lane, [{ schema, to }], now, now);
    const claimed = await lanes.claim("mail", 10, now);
    expect(claimed.map(({ payload }) => payload)).toEqual([{ schema, to }]);
    expect(await storage.complete(claimed, now)).toEqual(["completed"]);
  }
}

test("none unless it is asked for", async () => {
  await work("one", {});
  expect(await prepared()).toEqual([]);
});

test("each once, and those of two schemas are not taken for each other", async () => {
  for (const schema of schemas) await work(schema, { prepared: true });
  const found = await prepared();
  expect(found).toHaveLength(2 * 4);
  for (const schema of schemas)
    for (const call of ["ensure_lane", "enqueue", "claim_from_queue", "complete"])
      expect(found.filter((text) => text.includes(`"${schema}".${call}(`))).toHaveLength(1);
});

test("neither true nor false is refused by its name", () => {
  const wrong = { schema: "one", prepared: "yes" as unknown as boolean };
  expect(() => new PostgresStorage(client, wrong)).toThrow("options.prepared is 'yes'.");
});
