/** The files that an install runs, and what an upgrade clears away before them. */

import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { requalify } from "./requalify.js";

interface Migration {
  readonly version: number;
  readonly file: string;
}

export async function listMigrations(dir: string): Promise<Migration[]> {
  const folder = join(dir, "migrations");
  if (!existsSync(folder)) return [];
  const names = (await readdir(folder)).filter((name) => /^\d{3}_\w+\.sql$/.test(name)).sort();
  return names.map((name) => ({ version: Number(name.slice(0, 3)), file: `migrations/${name}` }));
}

/** An error in a file names the file and the line. */
export async function runFile(client: pg.Client, dir: string, file: string, schema: string) {
  const sql = requalify(await readFile(join(dir, file), "utf8"), schema);
  try {
    await client.query(sql);
  } catch (error) {
    const { position, message } = error as Error & { position?: string };
    const line = position ? `:${sql.slice(0, Number(position)).split("\n").length}` : "";
    if (position) (error as Error).message = `${file}${line}: ${message}`;
    throw error;
  }
}

/**
 * Functions and views of an older version may have other columns: they are made anew. Migrations
 * read the sizes of new rings from settings of this transaction.
 */
export async function prepareUpgrade(
  client: pg.Client,
  schema: string,
  leaseSlots: number,
): Promise<void> {
  await client.query("select set_config('install.lease_slots', $1, true)", [leaseSlots]);
  const { rows } = await client.query<{ drop: string }>(
    `select format('drop view %s cascade', string_agg(oid::regclass::text, ', ')) as drop
     from pg_class where relnamespace = $1::regnamespace and relkind = 'v'
     having count(*) > 0`,
    [schema],
  );
  for (const { drop } of rows) await client.query(drop);
  const functions = await client.query<{ drop: string }>(
    `select format('drop function %s cascade', string_agg(oid::regprocedure::text, ', ')) as drop
     from pg_proc where pronamespace = $1::regnamespace
     having count(*) > 0`,
    [schema],
  );
  for (const { drop } of functions.rows) await client.query(drop);
}
