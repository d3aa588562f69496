// Shared by the measuring scripts: rounds and medians, a fresh schema per encoding, WAL by record.

import type pg from "pg";
import { durableSettings } from "../../src/postgres/server.js";
import { enqueue } from "./encodings.js";
import type { Encoding } from "./encodings.js";
import { install, withPostgres } from "./server.js";
import type { Connect } from "./server.js";

export const quick = process.argv.includes("--quick");
export const rounds = quick ? 1 : 3;

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

const round = (value: number): number => Number(value.toPrecision(3));

/** Groups samples by key and prints one row of medians per key. */
export class Samples {
  readonly rows = new Map<string, Record<string, number[]>>();
  add(key: string, sample: Record<string, number>): void {
    const row = this.rows.get(key) ?? {};
    for (const [name, value] of Object.entries(sample)) (row[name] ??= []).push(value);
    this.rows.set(key, row);
  }
  print(title: string): void {
    console.log(`\n${title} (medians of ${rounds})`);
    console.table(
      Object.fromEntries(
        [...this.rows].map(([key, row]) => [
          key,
          Object.fromEntries(Object.entries(row).map(([name, v]) => [name, round(median(v))])),
        ]),
      ),
    );
  }
}

export interface Bench {
  readonly encoding: Encoding;
  readonly client: pg.Client;
  readonly schema: string;
}

let schemas = 0;

export async function fresh(connect: Connect, encoding: Encoding): Promise<Bench> {
  const schema = `s${(schemas += 1)}`;
  const admin = await connect();
  await install(admin, schema, encoding.files);
  await admin.end();
  return { encoding, schema, client: await connect(schema) };
}

/** WAL written by `work`, read back record by record; full page images are kept apart. */
export async function walOf(client: pg.Client, work: () => Promise<void>) {
  const at = async () =>
    (await client.query("select pg_current_wal_insert_lsn() as lsn")).rows[0].lsn as string;
  await client.query("create extension if not exists pg_walinspect schema public");
  const from = await at();
  await work();
  const to = await at();
  // Only flushed WAL can be read back.
  await client.query("select pg_logical_emit_message(false, 'spike', 'flush', true)");
  const { rows } = await client.query(
    `select sum(count)::float as records, sum(record_size)::float as bytes,
            sum(fpi_size)::float as images
       from public.pg_get_wal_stats($1, $2)`,
    [from, to],
  );
  return rows[0] as { records: number; bytes: number; images: number };
}

export async function fill(client: pg.Client, jobs: number): Promise<void> {
  for (let n = 0; n < jobs; n += 1000) await enqueue(client, ((n / 1000) % 2) + 1, 1000);
}

/** Runs the checks named on the command line, or all of them, one Postgres for each. */
export async function runChecks(
  checks: Readonly<Record<string, (connect: Connect) => Promise<void>>>,
): Promise<void> {
  const asked = Object.keys(checks).filter((name) => process.argv.includes(name));
  for (const name of asked.length > 0 ? asked : Object.keys(checks)) {
    await withPostgres(durableSettings, checks[name]!);
  }
}
