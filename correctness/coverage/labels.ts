/**
 * Counts how often anybody comes to each labelled statement of a schema. Most of what the checks do
 * is rolled back, and so a sequence counts, which knows no transactions: one for each label.
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { ringproofSql } from "../../src/postgres/install.js";
import { requalify } from "../../src/postgres/requalify.js";
import { labelled, withLabelled } from "../interleave/instrument.js";

/** How often, by label, as in `hand_out.read_tail`. */
export type Executions = ReadonlyMap<string, number>;

const sequence = (label: string): string => `ringproof."at ${label}"`;

/** The SQL of a file in which every labelled statement is counted; the lines keep their numbers. */
export const counting = (sql: string): string =>
  withLabelled(sql, ({ label, statement }) => `perform nextval('${sequence(label)}');${statement}`);

/** Defines the functions of an installed schema again, which are counted from then on. */
export async function countLabels(client: pg.Client, schema: string): Promise<void> {
  const { dir, files } = ringproofSql();
  const texts = await Promise.all(files.map((file) => readFile(join(dir, file), "utf8")));
  const labels = texts.flatMap((sql) => labelled(sql).map(({ label }) => label));
  const sequences = labels.map((label) => `create sequence if not exists ${sequence(label)};`);
  await client.query(requalify(sequences.join("\n"), schema));
  for (const sql of texts) await client.query(requalify(counting(sql), schema));
}

/** Since the schema has counters; empty if it has none. */
export async function executions(client: pg.Client, schema: string): Promise<Executions> {
  const { rows } = await client.query<{ label: string; n: string }>(
    `select substr(sequencename, 4) as label, coalesce(last_value, 0) as n
     from pg_sequences where schemaname = $1 and sequencename like 'at %'`,
    [schema],
  );
  return new Map(rows.map(({ label, n }) => [label, Number(n)]));
}
