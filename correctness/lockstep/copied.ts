/**
 * Tables of a database that was copied have the ids of the first: whoever has locks on them is in
 * nobody's way there, and health must not show them.
 */

import { randomBytes } from "node:crypto";
import type pg from "pg";
import { install } from "../../src/postgres/install.js";
import { requalify } from "../../src/postgres/requalify.js";
import { connect, type PostgresServer } from "../../src/postgres/server.js";
import { PostgresStorage } from "../../src/postgres/storage.js";

const schema = "ringproof";
const oldest = `${schema}.lease_claims_0`;
const now = new Date("2026-01-01T00:00:00Z");

/** Two slots, of which the oldest is behind. */
async function prepare(client: pg.Client, amend: string | undefined): Promise<void> {
  await install(client, { schema, queueSlots: 2, claimSlots: 2, leaseSlots: 2 });
  if (amend) await client.query(requalify(amend, schema));
  await new PostgresStorage(client, { schema }).rotateClaims(now);
}

async function inDatabase<T>(
  server: PostgresServer,
  name: string,
  task: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  const client = await connect({ url: url.href });
  return task(client).finally(() => client.end());
}

/** The readers that health shows while somebody reads in a copy, on a server that is ours. */
export async function readersOfCopy(server: PostgresServer, amend?: string): Promise<string[]> {
  const name = `ringproof_${randomBytes(4).toString("hex")}`;
  const copy = `${name}_copy`;
  const admin = await connect(server);
  try {
    await admin.query(`create database ${name}`);
    await inDatabase(server, name, (client) => prepare(client, amend));
    await admin.query(`create database ${copy} template ${name}`);
    return await inDatabase(server, copy, async (other) => {
      await other.query(`begin; lock table only ${oldest} in access share mode`);
      const pins = await inDatabase(server, name, (client) =>
        new PostgresStorage(client, { schema }).health(now, now),
      );
      return pins.filter(({ pin }) => pin === "reader").map(({ what }) => what);
    });
  } finally {
    for (const each of [copy, name]) await admin.query(`drop database if exists ${each}`);
    await admin.end();
  }
}
