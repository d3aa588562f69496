/** Every invariant that rows can show, asked of an installed schema without changing anything. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { auditProblem } from "./audit-problem.js";
import { fieldsOf, whole } from "./arguments.js";
import { checkVersion } from "./installed.js";
import { requalify } from "./requalify.js";
import { checkSchemaName } from "./schema-name.js";
import { ringproofSql } from "./sql-files.js";

export interface AuditCheck {
  readonly name: string;
  /** What a user loses where it is violated. */
  readonly loss: string;
  readonly query: string;
}

export interface AuditResult extends Omit<AuditCheck, "query"> {
  /** One sentence per violation, at most `limit` of them. */
  readonly violations: readonly string[];
  readonly seconds: number;
}

export interface AuditOptions {
  readonly schema: string;
  /** How many violations of each check are told; 20 unless given. */
  readonly limit?: number;
  /** For how many milliseconds it waits behind somebody's lock; 10,000 unless given. */
  readonly lockTimeout?: number;
}

/** The checks of `audit.sql`, each a whole query for the schema `ringproof`. */
export async function auditChecks(): Promise<readonly AuditCheck[]> {
  const text = await readFile(join(ringproofSql().dir, "audit.sql"), "utf8");
  const [head, ...parts] = text.split(/^-- @check /m);
  const evidence = head!.split("-- @evidence\n")[1]!;
  return parts.map((part) => {
    const [, name, loss, query] = /^(\w+)\n-- ([^\n]+)\n([^]*)$/.exec(part)!;
    return { name: name!, loss: loss!, query: `${evidence}${query}` };
  });
}

/** All checks as one query of `name` and `what`, one row per violation. */
export async function auditQuery(schema: string): Promise<string> {
  const parts = (await auditChecks()).map(
    ({ name, query }) => `select '${name}' as name, x.what from (${query}) x (what)`,
  );
  return requalify(parts.join(" union all "), schema);
}

/** Asks every check in one read-only snapshot; the schema must hold this version of ringproof. */
export async function audit(
  client: pg.Client,
  options: AuditOptions,
): Promise<readonly AuditResult[]> {
  const given = fieldsOf("options", options, ["schema", "limit", "lockTimeout"]);
  const { schema, limit = 20, lockTimeout = 10_000 } = given;
  checkSchemaName(schema);
  whole("limit", limit, 0);
  whole("lockTimeout", lockTimeout, 0);
  try {
    await readOnly(client, "read committed", lockTimeout, () =>
      checkVersion(client, schema, "audit"),
    );
    return await readOnly(client, "repeatable read", lockTimeout, () =>
      asked(client, schema, limit),
    );
  } catch (error) {
    throw await auditProblem(client, schema, error as Error);
  }
}

async function readOnly<T>(
  client: pg.Client,
  isolation: string,
  lockTimeout: number,
  body: () => Promise<T>,
): Promise<T> {
  await client.query(`begin isolation level ${isolation} read only`);
  try {
    // SET, unlike a query, takes no snapshot yet.
    await client.query(`set local lock_timeout to ${lockTimeout}`);
    // Nobody's functions and operators but those of Postgres are meant.
    await client.query("set local search_path to pg_catalog, pg_temp");
    return await body();
  } finally {
    await client.query("rollback");
  }
}

async function asked(client: pg.Client, schema: string, limit: number): Promise<AuditResult[]> {
  // No snapshot shows what was truncated since: nobody who folds counts may, until the end.
  await client.query(`lock table "${schema}".queue_terminal_count_deltas in access share mode`);
  const results: AuditResult[] = [];
  for (const { query, ...check } of await auditChecks()) {
    const started = performance.now();
    const text = `select x.what from (${requalify(query, schema)}) x (what) limit $1`;
    const { rows } = await client.query<{ what: string }>(text, [limit]);
    const seconds = (performance.now() - started) / 1000;
    results.push({ ...check, violations: rows.map((r) => r.what), seconds });
  }
  return results;
}
