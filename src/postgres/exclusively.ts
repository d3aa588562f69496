/** How what is installed in a schema is changed: one at a time, and all of it or nothing. */

import type pg from "pg";

/** In one transaction; what `denied` makes of a missing privilege is thrown in its place. */
export async function exclusively<T>(
  client: pg.Client,
  schema: string,
  body: () => Promise<T>,
  denied: (cause: Error) => Promise<Error>,
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
    if ((error as { code?: string }).code !== "42501") throw error;
    throw await denied(error as Error);
  }
}
