/** Calls that are in no history are lost wherever they can be, and nothing comes of it. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { loseOthers, placesOfOthers } from "../../correctness/trace/others.js";
import { recordSettings } from "../../correctness/trace/record.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";

let server: PostgresServer;
beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" }, { settings: recordSettings });
});
afterAll(() => server.stop());

const places = new Set([...placesOfOthers().values()].flat());

test("a terminated session leaves all rows as they were, at each statement", async () => {
  const { lost, remains, left } = await loseOthers({ server, kinds: ["terminate"] });
  expect({ remains, left }).toEqual({ remains: [], left: [] });
  expect(lost).toBe(places.size);
  const client = await connect(server);
  const { rows } = await client.query("select from pg_namespace where nspname like 'trace%'");
  await client.end();
  expect(rows).toEqual([]);
});

test("rows that do not outlive the server are missed", async () => {
  const amend = "alter table ringproof.queue_claimer_leases set unlogged";
  const { remains } = await loseOthers({ server, kinds: ["kill"], amend });
  expect(remains.length).toBeGreaterThan(0);
  for (const { how, situation, before, after } of remains) {
    expect(how).toMatch(/^server killed at \w+\.\w+$/);
    expect(situation).toMatch(/AcquireClaimer|ClaimerClaimed/);
    expect(before.length).toBeGreaterThan(after.length);
  }
});

test("a statement to which no call comes is told", async () => {
  const amend = `
    create or replace function ringproof.choose_lane(
      p_queue text, p_ageing interval, p_now timestamptz) returns int
    language sql as $$ select null::int $$`;
  const { left, remains } = await loseOthers({ server, kinds: ["terminate"], amend });
  expect(remains).toEqual([]);
  expect(left).toEqual([{ kind: "terminate", label: "choose_lane.lock_claim_head" }]);
});
