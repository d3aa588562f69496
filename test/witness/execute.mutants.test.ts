/** Witnesses on Postgres: all of them as shipped; a planted bug is met at its step. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { badStepLines } from "../../correctness/lockstep/text.js";
import { onPostgres } from "../../correctness/witness/execute.js";
import { witnessOf, type Witness } from "../../correctness/witness/generate.js";
import { shapes } from "../../correctness/witness/shapes.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { changedSql } from "../../correctness/mutants/changed-sql.js";

let server: PostgresServer;
let witnesses: Witness[];
beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
  witnesses = (await Promise.all(shapes.map((s) => witnessOf(s)))).map((w) => w!);
});
afterAll(() => server.stop());

const schemas = async (): Promise<number> => {
  const client = await connect(server);
  const text = "select from pg_namespace where nspname like 'witness%'";
  const { rowCount } = await client.query(text);
  await client.end();
  return rowCount!;
};

test("as shipped, every step of every witness agrees", async () => {
  const done = await onPostgres(server, witnesses);
  expect([...done.keys()].sort()).toEqual(shapes.map((s) => s.name).sort());
  for (const [name, diverged] of done) expect([name, diverged]).toEqual([name, null]);
  expect(await schemas()).toBe(0);
});

test("planted bugs are met where they are", async () => {
  const amend = [
    changedSql("finish", "snooze", "'snoozed', 1,", "'snoozed', 0,"),
    changedSql("admin", "cancel_running", "'cancelled', p_now);", "'failed', p_now);"),
    changedSql(
      "admin",
      "purge_dlq",
      "where job_id = any (v_locked) returning job_id)",
      "where false returning job_id)",
    ),
  ].join("\n");
  const done = await onPostgres(server, witnesses, { amend });
  const steps = [...done].map(([name, diverged]) => [name, diverged?.step ?? null]);
  expect(Object.fromEntries(steps)).toEqual({
    snooze: 3,
    "receipt-rescue": null,
    "lost-claim-advance": null,
    "running-cancel": 5,
    "receipt-only-cancel": 3,
    "callback-wait-and-resume": null,
    "dlq-retry": null,
    "dlq-purge": 4,
  });
  const lines = badStepLines(done.get("snooze")!.bad).join("\n");
  expect(lines).toMatch(/^at Snooze\(j1\/1, wait 1\)\n[^]*\n {2}- deferredJobs .*snoozes=1/);
});
