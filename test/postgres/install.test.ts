import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UserError } from "../../src/errors.js";
import { packageRoot } from "../../src/package-root.js";
import { install, ringproofSql, uninstall, type SqlSource } from "../../src/postgres/install.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { PostgresStorage } from "../../src/postgres/storage.js";

const fixture: SqlSource = {
  dir: join(packageRoot(), "test", "postgres", "fixtures", "sql"),
  files: ["producers.sql"],
};
const [queueSlots, claimSlots] = [4, 3];
let server: PostgresServer;
let client: pg.Client;
let scratch: string;

beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
  client = await connect(server);
  scratch = await mkdtemp(join(tmpdir(), "ringproof-test-"));
});
afterAll(async () => {
  await client.end();
  await server.stop();
  await rm(scratch, { recursive: true, force: true });
});

async function value(sql: string): Promise<unknown> {
  return Object.values((await client.query(sql)).rows[0] ?? {})[0];
}

const tablesIn = (schema: string) =>
  value(`select count(*)::int from pg_class where relnamespace = to_regnamespace('${schema}')`);

/** A copy of the fixture's SQL with some files added or replaced. */
async function sqlWith(changes: Record<string, string>, files = fixture.files): Promise<SqlSource> {
  const dir = await mkdtemp(join(scratch, "sql-"));
  await cp(fixture.dir, dir, { recursive: true });
  await mkdir(join(dir, "migrations"), { recursive: true });
  for (const [name, sql] of Object.entries(changes)) await writeFile(join(dir, name), sql);
  return { dir, files };
}

async function refusal(work: Promise<unknown>): Promise<UserError> {
  const error: unknown = await work.then(
    () => "it succeeded",
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

describe("install", () => {
  test("creates, then finds current, in a schema of any name", async () => {
    const options = { schema: "order", queueSlots, claimSlots, sql: fixture };
    expect(await install(client, options)).toEqual({ installed: "created", version: 1 });
    expect(await install(client, options)).toEqual({ installed: "current", version: 1 });
    expect(await install(client, { schema: "order", sql: fixture })).toMatchObject({
      installed: "current",
    });
    expect(await value(`select "order".slot_count('queue')`)).toBe("4");
    expect(await value(`select "order".slot_count('claim')`)).toBe("3");
    expect(await value("select to_regnamespace('ringproof')")).toBeNull();
  });

  test("has 16 queue slots and 8 claim slots unless told otherwise", async () => {
    await install(client, { schema: "defaults", sql: fixture });
    expect(await value("select defaults.slot_count('queue')")).toBe("16");
    expect(await value("select defaults.slot_count('claim')")).toBe("8");
  });

  test("uses an empty schema that is there", async () => {
    await client.query("create schema prepared");
    const result = await install(client, { schema: "prepared", sql: fixture });
    expect(result.installed).toBe("created");
  });

  test("picks up a changed function", async () => {
    await install(client, { schema: "changing", sql: fixture });
    const changed = await sqlWith({
      "producers.sql": `create or replace function ringproof.slot_count(p_ring text)
        returns bigint language sql as 'select -1::bigint'`,
    });
    await install(client, { schema: "changing", sql: changed });
    expect(await value("select changing.slot_count('queue')")).toBe("-1");
  });

  test("applies migrations to a new schema and to an old one, once", async () => {
    const newer = await sqlWith({
      "migrations/002_slot_notes.sql": "alter table ringproof.slots add note text",
      "migrations/003_more_notes.sql": "alter table ringproof.slots add more_notes text",
      "migrations/README.md": "not a migration",
    });
    await install(client, { schema: "old", sql: fixture });
    const upgraded = await install(client, { schema: "old", sql: newer });
    expect(upgraded).toEqual({ installed: "upgraded", version: 3 });
    const created = await install(client, { schema: "new", sql: newer });
    expect(created).toEqual({ installed: "created", version: 3 });
    const current = await install(client, { schema: "old", sql: newer });
    expect(current).toEqual({ installed: "current", version: 3 });
  });

  test("two at once: one creates, the other finds it current", async () => {
    const other = await connect(server);
    const results = await Promise.all(
      [client, other].map((each) => install(each, { schema: "raced", sql: fixture })),
    );
    expect(results.map(({ installed }) => installed).sort()).toEqual(["created", "current"]);
    await other.end();
  });
});

describe("install refuses, and changes nothing", () => {
  test.each([
    "",
    "Jobs",
    "1st",
    "a-b",
    'a"b',
    "a b",
    "ä",
    "pg_jobs",
    "public",
    "information_schema",
    "a".repeat(49),
  ])("the schema name %j", async (schema) => {
    const { message } = await refusal(install(client, { schema, sql: fixture }));
    expect(message).toContain(JSON.stringify(schema));
    await refusal(uninstall(client, { schema }));
  });

  test.each([1, 65, 2.5, Number.NaN])("a ring of %d slots", async (slots) => {
    const options = { schema: "odd", queueSlots: slots, sql: fixture };
    const { message } = await refusal(install(client, options));
    expect(message).toContain("2 to 64 slots");
    expect(await value("select to_regnamespace('odd')")).toBeNull();
  });

  test("other slot counts than it was installed with", async () => {
    await install(client, { schema: "sized", queueSlots, claimSlots, sql: fixture });
    const wider = install(client, { schema: "sized", claimSlots: 4, sql: fixture });
    expect((await refusal(wider)).message).toBe(
      "Schema sized was installed with claimSlots 3, not 4.",
    );
    expect(await value("select sized.slot_count('claim')")).toBe("3");
  });

  test("a schema of a newer version", async () => {
    await install(client, { schema: "newer", sql: fixture });
    await client.query("update newer.meta set value = '9' where key = 'schema_version'");
    const { message } = await refusal(install(client, { schema: "newer", sql: fixture }));
    expect(message).toBe("Schema newer has version 9; this ringproof knows up to 1.");
  });

  test.each([
    ["a table", "create table theirs.customers (id int)", "customers"],
    ["a function", "create function theirs.f() returns int language sql as 'select 1'", "f"],
    ["a type", "create type theirs.mood as enum ('ok')", "mood"],
    ["another meta", "create table theirs.meta (id int)", "meta"],
    ["a meta without a version", "create table theirs.meta (key text, value text)", "meta"],
  ])("a schema with somebody else's objects: %s", async (_, sql, name) => {
    await client.query(`drop schema if exists theirs cascade; create schema theirs; ${sql}`);
    const before = await tablesIn("theirs");
    const { message } = await refusal(install(client, { schema: "theirs", sql: fixture }));
    expect(message).toContain(`holds something that is not ringproof (${name})`);
    await refusal(uninstall(client, { schema: "theirs" }));
    expect(await tablesIn("theirs")).toBe(before);
  });

  test("a role that may not, naming the grant that helps", async () => {
    await client.query("create role worker login; create schema closed");
    const worker = await connect({ url: server.url.replace("//postgres@", "//worker@") });
    const fresh = await refusal(install(worker, { schema: "fresh", sql: fixture }));
    expect(fresh.message).toContain("worker may not install into database postgres");
    expect(fresh.remedy).toBe("Run: grant create on database postgres to worker;");
    const closed = await refusal(install(worker, { schema: "closed", sql: fixture }));
    expect(closed.remedy).toContain("grant usage, create on schema closed to worker;");
    expect(await value("select to_regnamespace('fresh')")).toBeNull();

    await client.query("grant usage, create on schema closed to worker");
    const result = await install(worker, { schema: "closed", sql: fixture });
    expect(result.installed).toBe("created");
    await worker.end();
  });

  test("SQL that fails, naming file and line", async () => {
    const broken = await sqlWith({ "broken.sql": "select 1;\nselect nonsense;" }, ["broken.sql"]);
    const installing = install(client, { schema: "half", sql: broken });
    await expect(installing).rejects.toMatchObject({
      code: "42703",
      message: expect.stringMatching(/^broken\.sql:2: column "nonsense"/),
    });
    expect(await value("select to_regnamespace('half')")).toBeNull();
    expect(await value("select 1")).toBe(1);
  });
});

describe("a call where nothing is installed says so", () => {
  const now = new Date();
  const calls: readonly [name: string, call: (storage: PostgresStorage) => Promise<unknown>][] = [
    ["a function", (storage) => storage.claim(1, 1, now)],
    ["tokens", (storage) => storage.complete([], now)],
    ["a view", (storage) => storage.jobs()],
  ];

  test.each(calls)("%s", async (_, call) => {
    await client.query("drop schema if exists bare; create schema bare");
    for (const schema of ["nowhere", "bare"]) {
      const { message, remedy } = await refusal(call(new PostgresStorage(client, { schema })));
      expect(message).toContain(`There is no ringproof of this version in schema ${schema}: `);
      expect(remedy).toBe(`Install it with: await install(client, { schema: "${schema}" }).`);
    }
  });

  test("what is missing within a function is an error of the database", async () => {
    await install(client, { schema: "torn" });
    await client.query("drop table torn.lane_claim_heads cascade");
    const claim = new PostgresStorage(client, { schema: "torn" }).claim(1, 1, now);
    await expect(claim).rejects.toMatchObject({ name: "error", code: "42P01" });
  });
});

describe("uninstall", () => {
  test("removes what install created, and nothing is fine too", async () => {
    await install(client, { schema: "gone", sql: fixture });
    await uninstall(client, { schema: "gone" });
    expect(await value("select to_regnamespace('gone')")).toBeNull();
    await uninstall(client, { schema: "gone" });
  });
});

test("every SQL file of ringproof is installed, once", async () => {
  const { dir, files } = ringproofSql();
  const found = (await readdir(dir)).filter((name) => name.endsWith(".sql"));
  const others = ["schema.sql", "audit.sql"];
  expect([...files].sort()).toEqual(found.filter((name) => !others.includes(name)).sort());
});
