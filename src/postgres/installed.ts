/** What a schema holds: ringproof of some version, something else, or nothing. */

import type pg from "pg";
import { UserError } from "../errors.js";
import { listMigrations } from "./migrate.js";
import { ringproofSql } from "./sql-files.js";

export interface Meta {
  readonly version: number;
  readonly queueSlots: number;
  readonly claimSlots: number;
  /** Unknown before version 2. */
  readonly leaseSlots: number | undefined;
}

/** The version of this ringproof must be there, for what `wants` it. */
export async function checkVersion(
  client: pg.Client,
  schema: string,
  wants = "ringproof",
): Promise<void> {
  const current = (await listMigrations(ringproofSql().dir)).at(-1)?.version ?? 1;
  const { meta, stranger } = await look(client, schema);
  const found = meta?.version;
  if (found === current) return;
  if (found !== undefined)
    throw new UserError(
      `Schema ${schema} has version ${found}; this ${wants} is of version ${current}.`,
      found < current ? "Install this ringproof into it first." : "Use the newer ringproof.",
    );
  throw new UserError(
    stranger === undefined
      ? `There is no ringproof in the schema ${schema}.`
      : `Schema ${schema} holds something that is not ringproof (${stranger}).`,
    "Name the schema that ringproof was installed into, and its database.",
  );
}

/** What the schema says about itself; undefined: there is room for us. */
export async function inspect(client: pg.Client, schema: string): Promise<Meta | undefined> {
  const { meta, stranger } = await look(client, schema);
  if (stranger === undefined) return meta;
  throw new UserError(
    `Schema ${schema} holds something that is not ringproof (${stranger}); not touched.`,
    "Name another schema, or an empty one.",
  );
}

/** What the schema says about itself, or the name of something in it if that is not ringproof. */
async function look(
  client: pg.Client,
  schema: string,
): Promise<{ readonly meta?: Meta; readonly stranger?: string }> {
  const { rows } = await client.query<{ names: string[]; meta: boolean }>(
    `select array(
         select relname::text from pg_class where relnamespace = n.oid
         union select proname::text from pg_proc where pronamespace = n.oid
         union select typname::text from pg_type where typnamespace = n.oid and typelem = 0
         order by 1) as names,
       2 = (
         select count(*) from pg_attribute
         where attrelid = to_regclass(format('%I.meta', nspname))
           and attname in ('key', 'value') and atttypid = 'text'::regtype) as meta
     from pg_namespace n where nspname = $1`,
    [schema],
  );
  const [found] = rows;
  const [stranger] = found?.names ?? [];
  if (!found || stranger === undefined) return {};
  const meta = found.meta ? await readMeta(client, schema) : undefined;
  return meta ? { meta } : { stranger };
}

async function readMeta(client: pg.Client, schema: string): Promise<Meta | undefined> {
  const { rows } = await client.query<{ key: string; value: string }>(
    `select key, value from "${schema}".meta`,
  );
  const values = new Map(rows.map(({ key, value }) => [key, Number(value)]));
  const version = values.get("schema_version");
  const queueSlots = values.get("queue_slots");
  const claimSlots = values.get("claim_slots");
  if (!version || !queueSlots || !claimSlots) return undefined;
  return { version, queueSlots, claimSlots, leaseSlots: values.get("lease_slots") };
}
