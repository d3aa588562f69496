/** How what is installed in a schema is changed: one at a time, and all of it or nothing. */

import type pg from "pg";
import type { PgError } from "./pg-error.js";

const DEADLOCK = "40P01";
const DENIED = "42501";
/** With calls of workers: each attempt takes its locks anew. */
const ATTEMPTS = 5;

/** In one transaction; what `denied` makes of a missing privilege is thrown in its place. */
export async function exclusively<T>(
  client: pg.Client,
  schema: string,
  body: () => Promise<T>,
  denied: (cause: Error) => Promise<Error>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await inOneTransaction(client, schema, body);
    } catch (error) {
      const { code } = error as PgError;
      if (code === DENIED) throw await denied(error as Error);
      if (code !== DEADLOCK || attempt === ATTEMPTS) throw error;
    }
  }
}

async function inOneTransaction<T>(
  client: pg.Client,
  schema: string,
  body: () => Promise<T>,
): Promise<T> {
  await client.query("begin isolation level read committed");
  try {
    // Nobody's functions and operators but those of Postgres are meant.
    await client.query("set local search_path to pg_catalog, pg_temp");
    const key = `ringproof install ${schema}`;
    await client.query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [key]);
    const result = await body();
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
}
