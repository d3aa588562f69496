/**
 * Counts how often a session comes to each labelled statement. Most of what the checks do is rolled
 * back, and so a sequence counts, which knows no transactions: a temporary one for each label.
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { ringproofSql } from "../../src/postgres/install.js";
import { requalify } from "../../src/postgres/requalify.js";
import { labelled, withLabelled } from "../interleave/instrument.js";

/** How often, by label, as in `claim.read_tail`. */
export type Executions = ReadonlyMap<string, number>;

const sequence = (label: string): string => `pg_temp."at ${label}"`;

/** The SQL of a file in which every labelled statement is counted; the lines keep their numbers. */
export const counting = (sql: string): string =>
  withLabelled(sql, ({ label, statement }) => `perform nextval('${sequence(label)}');${statement}`);

/** Defines the functions of an installed schema again, for this session alone to be counted in. */
export async function countLabels(client: pg.Client, schema: string): Promise<void> {
  const { dir, files } = ringproofSql();
  const texts = await Promise.all(files.map((file) => readFile(join(dir, file), "utf8")));
  const labels = texts.flatMap((sql) => labelled(sql).map(({ label }) => label));
  const created = labels.map((label) => `create temp sequence if not exists "at ${label}"`);
  await client.query(created.join("; "));
  for (const sql of texts) await client.query(requalify(counting(sql), schema));
}

/** Since the session has counted; empty if it does not. */
export async function executions(client: pg.Client): Promise<Executions> {
  const { rows } = await client.query<{ label: string; n: string }>(
    `select substr(sequencename, 4) as label, coalesce(last_value, 0) as n
     from pg_sequences where schemaname ~ '^pg_temp_' and sequencename like 'at %'`,
  );
  return new Map(rows.map(({ label, n }) => [label, Number(n)]));
}
