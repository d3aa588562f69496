/** The places at which a call may be lost: the labelled statements that its action can come to. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { packageRoot } from "../../src/package-root.js";
import { ringproofSql } from "../../src/postgres/install.js";
import { requalify } from "../../src/postgres/requalify.js";
import { definitions, definitionsFor, type Definition } from "../definitions.js";
import { labelled, withLabelled } from "../interleave/instrument.js";
import { recordedActions } from "./history.js";

/** The labels to which a call of each name can come, in the order of their files. */
export type PlacesByName = ReadonlyMap<string, readonly string[]>;

export const placesByAction = (): PlacesByName => placesBy(() => recordedActions);

/** By the SQL function that is called. */
export const placesByFunction = (): PlacesByName => placesBy((all) => all.map(({ name }) => name));

function placesBy(namesOf: (all: readonly Definition[]) => readonly string[]): PlacesByName {
  const all = definitions();
  const labelsOf = new Map(all.map(({ name, sql }) => [name, labelled(sql).map((l) => l.label)]));
  return new Map(
    namesOf(all).map((caller) => {
      const reached = definitionsFor(all, [caller]);
      return [caller, reached.flatMap(({ name }) => labelsOf.get(name)!)];
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
