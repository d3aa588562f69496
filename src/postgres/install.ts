import { join } from "node:path";
import type pg from "pg";
import { UserError } from "../errors.js";
import { packageRoot } from "../package-root.js";
import { listMigrations, prepareUpgrade, runFile } from "./migrate.js";
import { files } from "./sql-files.js";

export interface SqlSource {
  /** Holds `schema.sql`, the family files and `migrations/NNN_name.sql`. */
  readonly dir: string;
  /** The family files in order. */
  readonly files: readonly string[];
}

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

const QUEUE_SLOTS = 16;
const CLAIM_SLOTS = 8;
const LEASE_SLOTS = 8;
const SLOT_LIMITS = { least: 2, most: 64 };

interface Meta {
  readonly version: number;
  readonly queueSlots: number;
  readonly claimSlots: number;
  /** Unknown before version 2. */
  readonly leaseSlots: number | undefined;
}

export function ringproofSql(): SqlSource {
  return { dir: join(packageRoot(), "src", "postgres", "sql"), files };
}

/**
 * Creates the schema, brings an older one up to date, or finds it current, in one transaction. A
 * new schema runs `schema.sql` (version 1) and then every migration, so that it is the same as an
 * upgraded one. Functions and views are defined again each time.
 */
export async function install(client: pg.Client, options: InstallOptions): Promise<Installed> {
  const { schema, sql = ringproofSql() } = options;
  checkSchemaName(schema);
  checkSlots("queueSlots", options.queueSlots);
  checkSlots("claimSlots", options.claimSlots);
  checkSlots("leaseSlots", options.leaseSlots);
  const migrations = await listMigrations(sql.dir);
  const version = migrations.at(-1)?.version ?? 1;
  return exclusively(client, schema, async () => {
    const found = await inspect(client, schema);
    if (found) checkCompatible(schema, found, version, options);
    else await create(client, sql, options);
    const from = found?.version ?? 1;
    if (from < version) await prepareUpgrade(client, schema, options.leaseSlots ?? LEASE_SLOTS);
    for (const migration of migrations) {
      if (migration.version > from) await runFile(client, sql.dir, migration.file, schema);
    }
    for (const file of sql.files) await runFile(client, sql.dir, file, schema);
    await writeMeta(client, schema, { schema_version: version });
    return { installed: !found ? "created" : from < version ? "upgraded" : "current", version };
  });
}

/** The version of what a schema holds, or something else in it, and that of this ringproof. */
export async function installedVersion(client: pg.Client, schema: string) {
  const current = (await listMigrations(ringproofSql().dir)).at(-1)?.version ?? 1;
  const { meta, stranger } = await look(client, schema);
  return { found: meta?.version, stranger, current };
}

/** Removes a schema that holds ringproof; a schema that does not exist is fine. */
export async function uninstall(client: pg.Client, { schema }: { schema: string }): Promise<void> {
  checkSchemaName(schema);
  await exclusively(client, schema, async () => {
    if (await inspect(client, schema)) await client.query(`drop schema "${schema}" cascade`);
  });
}

export function checkSchemaName(schema: string): void {
  const reserved = /^pg_|^(information_schema|public)$/;
  if (/^[a-z_][a-z0-9_]{0,47}$/.test(schema) && !reserved.test(schema)) return;
  throw new UserError(
    `"${schema}" cannot be the name of ringproof's schema.`,
    "Use up to 48 lower-case letters, digits and underscores, and not a schema of Postgres itself.",
  );
}

function checkSlots(name: string, slots: number | undefined): void {
  const { least, most } = SLOT_LIMITS;
  if (slots === undefined || (Number.isInteger(slots) && slots >= least && slots <= most)) return;
  const message = `${name} is ${slots}; a ring has ${least} to ${most} slots.`;
  throw new UserError(message, `Choose a whole number from ${least} to ${most}.`);
}

/** One transaction, one installer per schema at a time, and everything or nothing. */
async function exclusively<T>(
  client: pg.Client,
  schema: string,
  body: () => Promise<T>,
): Promise<T> {
  await client.query("begin isolation level read committed");
  try {
    const key = `ringproof install ${schema}`;
    await client.query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [key]);
    const result = await body();
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback").catch(() => undefined);
    if ((error as { code?: string }).code !== "42501") throw error;
    throw await missingPrivilege(client, schema, error as Error);
  }
}

/** What the schema says about itself; undefined: there is room for us. */
async function inspect(client: pg.Client, schema: string): Promise<Meta | undefined> {
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
  for (const ring of ["queueSlots", "claimSlots", "leaseSlots"] as const) {
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
