/** Where a storage under test is put, and that nothing of a check stays there. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { controlIn, Nested } from "../../correctness/adapter/nested.js";
import { Site } from "../../correctness/adapter/site.js";
import type { StorageUnderTest } from "../../correctness/adapter/storage.js";
import { oneTable } from "../../correctness/examples/one-table.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";

let server: PostgresServer;
beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
});
afterAll(() => server.stop());

/** Rows that are there from the beginning, columns that nobody can write, and a partitioned one. */
const furnished: StorageUnderTest = {
  ...oneTable,
  install: ({ client, schema }) =>
    client
      .query(
        `create table ${schema}.kinds (
           id int generated always as identity primary key,
           name text not null,
           length int generated always as (length(name)) stored
         );
         insert into ${schema}.kinds (name) values ('mail'), ('fax');
         create table ${schema}.jobs (
           id bigint not null, kind int references ${schema}.kinds, lane int not null
         ) partition by list (lane);
         create table ${schema}.jobs_1 partition of ${schema}.jobs for values in (1);
         create sequence ${schema}.ids`,
      )
      .then(() => undefined),
};

test("a reset leaves what the storage has installed, and nothing that came later", async () => {
  await Site.with(server, { storage: furnished, lanes: [] }, async (site) => {
    const { client, schema } = site;
    const all = async () => {
      const { rows } = await client.query(
        `select (select json_agg(k order by id) from ${schema}.kinds k) as kinds,
                (select count(*) from ${schema}.jobs) as jobs, nextval('${schema}.ids') as next`,
      );
      return rows[0];
    };
    await site.reset();
    const before = await all();
    await client.query(
      `insert into ${schema}.jobs values (1, 1, 1);
       insert into ${schema}.kinds (name) values ('telex');
       delete from ${schema}.kinds where name = 'fax'`,
    );
    await site.reset();
    expect(await all()).toEqual(before);
    expect(before).toMatchObject({ kinds: [{ id: 1, length: 4 }, { name: "fax" }], jobs: "0" });
  });
});

test("no schema of it is there afterwards, also after an error", async () => {
  const used = Site.with(server, { storage: furnished, lanes: [] }, async (site) => {
    await site.reset();
    throw new Error("in the middle");
  });
  await expect(used).rejects.toThrow("in the middle");
  const client = await connect(server);
  const { rows } = await client.query("select nspname from pg_namespace where nspname ~ 'adapter'");
  await client.end();
  expect(rows).toEqual([]);
});

test.each([
  ["begin", "begin"],
  [" BEGIN isolation level serializable;", "begin"],
  ["start transaction", "begin"],
  ["Commit", "commit"],
  ["end;", "commit"],
  ["rollback", "rollback"],
  ["abort", "rollback"],
  ["rollback to savepoint a", null],
  ["savepoint begin", null],
  ["select 'begin'", null],
])("%j is a %j", (text, control) => {
  expect(controlIn(text)).toBe(control);
});

/** What is in a table after each of these was sent within a transaction that is rolled back. */
async function after(...queries: readonly string[]): Promise<string> {
  const client = await connect(server);
  try {
    await client.query("create temporary table t (n int primary key)");
    const nested = await Nested.open(client, async () => undefined);
    for (const text of queries)
      if (text === "back") await nested.back();
      else if (text === "mark") await nested.mark();
      else await nested.client.query(text).catch(() => undefined);
    const { rows } = await nested.client.query("select string_agg(n::text, ' ' order by n) from t");
    await nested.close();
    expect((await client.query("select from t")).rowCount).toBe(0);
    return rows[0]?.string_agg ?? "";
  } finally {
    await client.end();
  }
}

const insert = (n: number) => `insert into t values (${n})`;

test.each([
  ["a query of its own is kept", [insert(1)], "1"],
  ["and is nothing if it fails", [insert(1), insert(1), insert(2)], "1 2"],
  ["what is committed is kept", ["begin", insert(1), insert(2), "commit"], "1 2"],
  ["what is rolled back is not", [insert(1), "begin", insert(2), "rollback", insert(3)], "1 3"],
  [
    "a transaction that failed is rolled back by its COMMIT",
    ["begin", insert(1), "no", "commit"],
    "",
  ],
  ["the way back leads past what was committed", [insert(1), "mark", insert(2), "back"], "1"],
  ["and as often as one likes", ["mark", insert(1), "back", insert(2), "back", insert(3)], "3"],
  ["also out of a transaction", ["mark", "begin", insert(1), "no", "back", insert(2)], "2"],
])("%s", async (_, queries, left) => {
  expect(await after(...queries)).toBe(left);
});
