/** The extension that tells which rows of a table are locked, and by whom. */

import { UserError } from "../../src/errors.js";
import { connect, type PostgresServer } from "../../src/postgres/server.js";

/** Has it in this database while the body runs; one that was there before stays. */
export async function withRowLocks<T>(server: PostgresServer, body: () => Promise<T>): Promise<T> {
  const client = await connect(server);
  const installed = "select from pg_extension where extname = 'pgrowlocks'";
  const there = (await client.query(installed)).rows.length > 0;
  try {
    if (!there) {
      await client.query("create extension pgrowlocks schema public").catch((cause: Error) => {
        throw new UserError(
          `The extension pgrowlocks is not to be had in this database: ${cause.message}.`,
          "Install Postgres's contrib modules and connect as a superuser, or leave out --pg.",
          { cause },
        );
      });
    }
    return await body();
  } finally {
    if (!there) await client.query("drop extension if exists pgrowlocks").catch(() => undefined);
    await client.end();
  }
}
