/** Sessions of those who measure. */

import type pg from "pg";
import { withCleanup } from "../../src/cleanup.js";
import { connect } from "../../src/postgres/server.js";

/** In a session of its own. */
export async function connected<T>(
  url: string,
  body: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = await connect({ url });
  return withCleanup(
    () => client.end(),
    () => body(client),
  );
}

/** Beside a session that holds a snapshot and does nothing. */
export const pinning = <T>(url: string, body: () => Promise<T>): Promise<T> =>
  connected(url, async (client) => {
    await client.query("begin isolation level repeatable read; select from pg_class limit 1");
    return body();
  });
