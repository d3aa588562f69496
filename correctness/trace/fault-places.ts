/** The places at which a call may be lost: the labelled statements that its action can come to. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { packageRoot } from "../../src/package-root.js";
import { ringproofSql } from "../../src/postgres/install.js";
import { requalify } from "../../src/postgres/requalify.js";
import { definitions, definitionsFor } from "../definitions.js";
import { labelled, withLabelled } from "../interleave/instrument.js";
import { recordedActions, type RecordedAction } from "./history.js";

/** By action, in the order of their files. */
export function placesByAction(): ReadonlyMap<RecordedAction, readonly string[]> {
  const all = definitions().map(({ sql, ...of }) => ({ ...of, sql, labels: labelled(sql) }));
  const labelsOf = new Map(all.map(({ name, labels }) => [name, labels.map((l) => l.label)]));
  return new Map(
    recordedActions.map((action) => {
      const reached = definitionsFor(all, [action]);
      return [action, reached.flatMap(({ name }) => labelsOf.get(name)!)];
    }),
  );
}

/** SQL in which a call may be lost at every labelled statement; the lines keep their numbers. */
export const faulty = (sql: string): string =>
  withLabelled(sql, ({ label, statement }) => `perform ringproof.fault('${label}');${statement}`);

/** Defines the functions of an installed schema again, with places at which calls may be lost. */
export async function installFaults(client: pg.Client, schema: string): Promise<void> {
  const { dir, files } = ringproofSql();
  const own = join(packageRoot(), "correctness", "trace", "faults.sql");
  await client.query(requalify(await readFile(own, "utf8"), schema));
  for (const file of files) {
    const sql = await readFile(join(dir, file), "utf8");
    await client.query(requalify(faulty(sql), schema));
  }
}
