// One throw-away Postgres for a spike script: started, handed over, stopped and removed.

import { readFile } from "node:fs/promises";
import type pg from "pg";
import { connect, openPostgres } from "../../src/postgres/server.js";
import type { Settings } from "../../src/postgres/server.js";

export type Connect = (schema?: string) => Promise<pg.Client>;

export async function withPostgres(
  settings: Settings,
  body: (connect: Connect) => Promise<void>,
): Promise<void> {
  const server = await openPostgres({ kind: "embedded" }, { settings });
  const clients: pg.Client[] = [];
  try {
    await body(async (schema = "public") => {
      const client = await connect(server);
      clients.push(client);
      await client.query(`set search_path = ${schema}`);
      return client;
    });
  } finally {
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
    await server.stop();
  }
}

export async function install(
  client: pg.Client,
  schema: string,
  files: readonly string[],
): Promise<void> {
  const folder = new URL("../../../correctness/spike/sql/", import.meta.url);
  await client.query(`create schema ${schema}; set search_path = ${schema}`);
  for (const file of files) await client.query(await readFile(new URL(file, folder), "utf8"));
}
