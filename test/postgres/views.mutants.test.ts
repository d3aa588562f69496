/** What the view of jobs costs: as much as it shows, also where a slot has no statistics. */

import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { changedSql } from "../../correctness/mutants/changed-sql.js";
import { install, uninstall } from "../../src/postgres/install.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { PostgresStorage } from "../../src/postgres/storage.js";

const schema = "ringproof";
const now = new Date("2026-01-01T00:00:00Z");
const FEW = 200;
const TIMES = 8;
let server: PostgresServer;
let client: pg.Client;

beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
  client = await connect(server);
});
afterAll(async () => {
  await client.end();
  await server.stop();
});

interface Node {
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number;
  readonly "Rows Removed by Join Filter"?: number;
  readonly Plans?: readonly Node[];
}

/** How many rows all steps of a plan together come across. */
const touched = (node: Node): number =>
  node["Actual Loops"] *
    (node["Actual Rows"] +
      (node["Rows Removed by Filter"] ?? 0) +
      (node["Rows Removed by Join Filter"] ?? 0)) +
  (node.Plans ?? []).reduce((sum, plan) => sum + touched(plan), 0);

async function cost(): Promise<number> {
  const text = `explain (analyze, timing off, format json) select * from ${schema}.jobs`;
  const { rows } = await client.query<{ "QUERY PLAN": [{ Plan: Node }] }>(text);
  return touched(rows[0]!["QUERY PLAN"][0].Plan);
}

/** By how much it costs more to show so many times as many completed jobs of one lane and slot. */
async function growth(amend = ""): Promise<number> {
  await install(client, { schema });
  await client.query(amend);
  const storage = new PostgresStorage(client, { schema });
  const lane = await storage.ensureLane("mail", 1, 0);
  const complete = async (jobs: number): Promise<number> => {
    for (let done = 0; done < jobs; done += 10) {
      await storage.enqueue(lane, Array(10).fill({}), now, now);
      await storage.complete(await storage.claim(lane, 10, now), now);
    }
    return cost();
  };
  const few = await complete(FEW);
  const many = await complete(FEW * (TIMES - 1));
  await uninstall(client, { schema });
  return many / few;
}

test("it grows with the jobs that there are", async () => {
  expect(await growth()).toBeLessThan(2 * TIMES);
});

test("and by their square, where batches meet all rows of their lane", async () => {
  const planned = changedSql(
    "evidence",
    "terminal_jobs",
    "r.slot is not distinct from f.slot and r.lane_id is not distinct from f.lane_id",
    "r.slot = f.slot and r.lane_id = f.lane_id",
  );
  expect(await growth(planned)).toBeGreaterThan(3 * TIMES);
});
