import type pg from "pg";
import { UserError } from "../errors.js";
import { fieldsOf, shown } from "./arguments.js";
import { exclusively } from "./exclusively.js";
import { inspect, type Meta } from "./installed.js";
import { keptGrants } from "./kept-grants.js";
import { listMigrations, prepareUpgrade, runFile } from "./migrate.js";
import { checkSchemaName } from "./schema-name.js";
import { ringproofSql, type SqlSource } from "./sql-files.js";

export { ringproofSql, type SqlSource } from "./sql-files.js";

export interface InstallOptions {
  readonly schema: string;
  readonly queueSlots?: number;
  readonly claimSlots?: number;
  readonly leaseSlots?: number;
  readonly sql?: SqlSource;
}

export interface Installed {
  readonly installed: "created" | "current" | "upgraded";
  readonly version: number;
}

const ringOptions = ["queueSlots", "claimSlots", "leaseSlots"] as const;
const optionNames = ["schema", ...ringOptions, "sql"] as const;
const QUEUE_SLOTS = 16;
const CLAIM_SLOTS = 8;
const LEASE_SLOTS = 8;
const SLOT_LIMITS = { least: 2, most: 64 };

/**
 * Creates the schema, brings an older one up to date, or finds it current, in one transaction. A
 * new schema runs `schema.sql` (version 1) and then every migration, so that it is the same as an
 * upgraded one. Functions and views are defined again each time.
 */
export async function install(client: pg.Client, options: InstallOptions): Promise<Installed> {
  const wanted = fieldsOf("options", options, optionNames);
  const { schema, sql = ringproofSql() } = wanted;
  checkSchemaName(schema);
  for (const ring of ringOptions) checkSlots(ring, wanted[ring]);
  const migrations = await listMigrations(sql.dir);
  const version = migrations.at(-1)?.version ?? 1;
  const installing = async (): Promise<Installed> => {
    const found = await inspect(client, schema);
    const grantAgain = await keptGrants(client, schema);
    if (found) checkCompatible(schema, found, version, wanted);
    else await create(client, sql, wanted);
    const from = found?.version ?? 1;
    if (from < version) await prepareUpgrade(client, schema, wanted.leaseSlots ?? LEASE_SLOTS);
    for (const migration of migrations) {
      if (migration.version > from) await runFile(client, sql.dir, migration.file, schema);
    }
    for (const file of sql.files) await runFile(client, sql.dir, file, schema);
    await writeMeta(client, schema, { schema_version: version });
    await grantAgain();
    return { installed: !found ? "created" : from < version ? "upgraded" : "current", version };
  };
  return exclusively(client, schema, installing, (cause) =>
    missingPrivilege(client, schema, cause),
  );
}

/** Removes a schema that holds ringproof; a schema that does not exist is fine. */
export async function uninstall(
  client: pg.Client,
  options: { readonly schema: string },
): Promise<void> {
  const { schema } = fieldsOf("options", options, ["schema"]);
  checkSchemaName(schema);
  const uninstalling = async () => {
    if (await inspect(client, schema)) await client.query(`drop schema "${schema}" cascade`);
  };
  await exclusively(client, schema, uninstalling, (cause) =>
    missingPrivilege(client, schema, cause),
  );
}

function checkSlots(name: string, slots: number | undefined): void {
  const { least, most } = SLOT_LIMITS;
  if (slots === undefined || (Number.isInteger(slots) && slots >= least && slots <= most)) return;
  const message = `${name} is ${shown(slots)}; a ring has ${least} to ${most} slots.`;
  throw new UserError(message, `Choose a whole number from ${least} to ${most}.`);
}

async function writeMeta(client: pg.Client, schema: string, values: Record<string, number>) {
  await client.query(
    `insert into "${schema}".meta select key, value from json_each_text($1)
     on conflict (key) do update set value = excluded.value`,
    [JSON.stringify(values)],
  );
}

function checkCompatible(schema: string, found: Meta, version: number, wanted: InstallOptions) {
  if (found.version > version) {
    throw new UserError(
      `Schema ${schema} has version ${found.version}; this ringproof knows up to ${version}.`,
      "Use the ringproof that installed it, or a newer one.",
    );
  }
  for (const ring of ringOptions) {
    const slots = wanted[ring];
    if (slots === undefined || slots === (found[ring] ?? slots)) continue;
    throw new UserError(
      `Schema ${schema} was installed with ${ring} ${found[ring]}, not ${slots}.`,
      "Leave the number out, or uninstall first: a ring cannot change its size.",
    );
  }
}

async function create(client: pg.Client, sql: SqlSource, options: InstallOptions) {
  const { schema, queueSlots = QUEUE_SLOTS, claimSlots = CLAIM_SLOTS } = options;
  const { rowCount } = await client.query("select from pg_namespace where nspname = $1", [schema]);
  if (!rowCount) await client.query(`create schema "${schema}"`);
  await runFile(client, sql.dir, "schema.sql", schema);
  await writeMeta(client, schema, {
    schema_version: 1,
    queue_slots: queueSlots,
    claim_slots: claimSlots,
  });
  await client.query(`select "${schema}".create_rings($1, $2)`, [queueSlots, claimSlots]);
}

async function missingPrivilege(client: pg.Client, schema: string, cause: Error): Promise<Error> {
  const { rows } = await client.query<{ role: string; database: string; exists: boolean }>(
    `select quote_ident(current_user) as role, quote_ident(current_database()) as database,
       exists (select from pg_namespace where nspname = $1) as exists`,
    [schema],
  );
  const { role, database, exists } = rows[0] as (typeof rows)[number];
  const object = exists ? `schema ${schema}` : `database ${database}`;
  return new UserError(
    `${role} may not install into ${object}: ${cause.message}.`,
    exists
      ? `Install as the owner of ${object}, or run: grant usage, create on ${object} to ${role};`
      : `Run: grant create on ${object} to ${role};`,
    { cause },
  );
}
