/** Whatever install, uninstall, grant and audit are told: it is done, or one clear error. */

import { fc, test as check } from "@fast-check/vitest";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { UserError } from "../../src/errors.js";
import { audit } from "../../src/postgres/audit.js";
import { grant } from "../../src/postgres/grants.js";
import { install, uninstall } from "../../src/postgres/install.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { hostile, INSIDES, spoilt, ways } from "./values.js";

const schema = "asked";
let server: PostgresServer;
let client: pg.Client;

beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
  client = await connect(server);
  await client.query("create role asking");
  await install(client, { schema, queueSlots: 2, claimSlots: 2, leaseSlots: 2 });
});
afterAll(async () => {
  await client.end();
  await server.stop();
});

/** Every schema, who may do what in it, and how many relations and functions it has. */
async function world(): Promise<unknown> {
  const { rows } = await client.query(
    `select n.oid, nspname, nspacl::text,
            (select count(*) from pg_class where relnamespace = n.oid) as relations,
            (select string_agg(proname || coalesce(proacl::text, ''), ' ' order by p.oid)
             from pg_proc p where pronamespace = n.oid and nspname !~ '^pg_') as functions
     from pg_namespace n order by 1`,
  );
  return rows;
}

const sizes = { queueSlots: 2, claimSlots: 2, leaseSlots: 2 };
type Made = (options: never) => Promise<unknown>;
const calls: Readonly<Record<string, readonly [Made, object]>> = {
  install: [(options) => install(client, options), { schema: "another", ...sizes }],
  "install once more": [(options) => install(client, options), { schema, ...sizes }],
  uninstall: [(options) => uninstall(client, options), { schema: "another" }],
  grant: [(options) => grant(client, options), { schema, role: "asking", may: ["work", "read"] }],
  audit: [(options) => audit(client, options), { schema, limit: 5, lockTimeout: 100 }],
};

describe.each(Object.keys(calls))("%s", (name) => {
  const [call, options] = calls[name]!;
  const spoils = fc.array(fc.record({ way: ways, put: hostile }), { minLength: 1, maxLength: 2 });

  check.prop([spoils], { numRuns: 120 })("of anything", async (some) => {
    let given: unknown = options;
    for (const { way, put } of some) given = spoilt(given, way, put());
    const before = await world();
    try {
      await call(given as never);
      const { schema: named } = given as { schema: string };
      if (named !== schema) await uninstall(client, { schema: named });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      expect(`${error.message} ${error.remedy}`).not.toMatch(INSIDES);
      expect(await world()).toEqual(before);
    }
    expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });
});
