/** `grant`: what it refuses, what an install keeps, and that nothing is left behind. */

import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packageRoot } from "../../src/package-root.js";
import { grant, type GrantOptions } from "../../src/postgres/grants.js";
import { install, ringproofSql, uninstall } from "../../src/postgres/install.js";
import { PostgresStorage } from "../../src/postgres/storage.js";
import type { Task } from "../../src/postgres/tasks.js";
import { granted, privileges, tried } from "./attempts.js";
import { Ground, OWNER, ROLE } from "./ground.js";
import { at, callerOf, lives, schema } from "./life.js";

const now = at(0);
let ground: Ground;
beforeAll(async () => {
  ground = await Ground.open();
});
afterAll(() => ground.close());

const owned = () => privileges(ground.client, ROLE);

test("says all that a role may do: again, more, less, nothing", async () => {
  await ground.fresh(["work"]);
  for (const may of [["work"], ["work"], ["read"], ["produce"]] as const) {
    await grant(ground.client, { schema, role: ROLE, may });
    expect(await owned()).toEqual(await granted(ground.client, may[0]));
  }
  await grant(ground.client, { schema, role: ROLE, may: ["produce", "maintain"] });
  const both = new Set<string>();
  for (const task of ["produce", "maintain"] as const)
    for (const what of await granted(ground.client, task)) both.add(what);
  expect(await owned()).toEqual([...both].sort());
  await grant(ground.client, { schema, role: ROLE, may: [] });
  expect(await owned()).toEqual([]);
});

test("two at once: both are there", async () => {
  await ground.fresh([]);
  await ground.superuser.query(`create role another login`);
  const other = await ground.session(async (client) => {
    await Promise.all([
      grant(ground.client, { schema, role: ROLE, may: ["work"] }),
      grant(client, { schema, role: "another", may: ["work"] }),
    ]);
    return privileges(client, "another");
  }, OWNER);
  expect(other).toEqual(await owned());
  await grant(ground.client, { schema, role: "another", may: [] });
  await ground.superuser.query("drop role another");
});

test("a role of any name", async () => {
  const names = ['Ada "the first"; drop', "select", "a".repeat(63), "ключ", "current_user"];
  await ground.fresh([]);
  for (const role of names) {
    const quoted = `"${role.replaceAll('"', '""')}"`;
    await ground.superuser.query(`create role ${quoted}`);
    await grant(ground.client, { schema, role, may: ["work"] });
    expect(await privileges(ground.client, role)).toEqual(await granted(ground.client, "work"));
    await grant(ground.client, { schema, role, may: [] });
    await ground.superuser.query(`drop role ${quoted}`);
  }
});

describe("refuses, and changes nothing", () => {
  const refused = async (options: Partial<GrantOptions>) => {
    const all = { schema, role: ROLE, may: ["read"], ...options } as GrantOptions;
    const before = await owned();
    const error = await grant(ground.client, all).then(
      () => "granted",
      (reason: unknown) => reason,
    );
    expect(await owned()).toEqual(before);
    expect(error).toMatchObject({ name: "UserError" });
    return error as Error;
  };
  beforeAll(() => ground.fresh(["work"]));

  test.each(["nobody", "", "public", "none", "a".repeat(64), "gue\0st", undefined, null, 7, {}])(
    "the role %j",
    async (role) => {
      await ground.superuser.query(`create role "${"a".repeat(63)}"`).catch(() => undefined);
      const { message } = await refused({ role: role as string });
      expect(message).toMatch(/^There is no role .*to grant anything to\.$/);
    },
  );

  test.each([["everything"], [undefined], "work", null, [["work"]]])("the task %j", async (may) => {
    const { message } = await refused({ may: may as unknown as Task[] });
    expect(message).toMatch(/^may(\[0\] is no task\.| is (null|'work')\.)$/);
  });

  test("the owner, who may do everything", async () => {
    const { message } = await refused({ role: OWNER });
    expect(message).toMatch(/^keeper owns schema guarded or what is in it/);
    await callerOf(ground.client).storage.ensureLane("mail", 1, 0);
  });

  test.each(["nowhere", "x; drop schema guarded", undefined])("the schema %j", async (name) => {
    await refused({ schema: name as string });
  });

  test("on behalf of a role that is not the owner, whatever else it may do", async () => {
    for (const may of [[], ["work"], ["read"]] as const) {
      await grant(ground.client, { schema, role: ROLE, may });
      const before = await owned();
      await ground.session(async (client) => {
        const granting = grant(client, { schema, role: "pg_monitor", may: ["work"] });
        await expect(granting).rejects.toMatchObject({
          name: "UserError",
          message: expect.stringMatching(/guest may not/),
          remedy: expect.stringMatching(/^Connect as keeper/),
        });
        expect(await tried(client, "select 1")).toBe("done");
      });
      expect(await owned()).toEqual(before);
    }
  });
});

describe("an install keeps what was granted", () => {
  test("of the same version", async () => {
    await ground.fresh(["work", "read"]);
    const before = await owned();
    await install(ground.client, { schema });
    expect(await owned()).toEqual(before);
  });

  test("of an older one, whose functions and views are made anew, and one more", async () => {
    for (const task of ["work", "read", "maintain"] as const) {
      await ground.fresh([task]);
      const before = await owned();
      await ground.client.query(
        `update ${schema}.meta set value = '2' where key = 'schema_version';
         alter table ${schema}.lanes drop constraint lanes_queue_bytes;
         alter table ${schema}.ready_entries drop constraint ready_entries_enqueued_at_finite;
         drop type ${schema}.receipt cascade;
         drop function ${schema}.claim_from_queue`,
      );
      expect((await install(ground.client, { schema })).installed).toBe("upgraded");
      expect(await owned()).toEqual(before);
    }
  });

  test("of a single function or view, with the right to pass it on", async () => {
    await ground.fresh([]);
    await ground.client.query(
      `grant execute on function ${schema}.purge_dlq to ${ROLE} with grant option;
       grant select on ${schema}.jobs to ${ROLE};
       update ${schema}.meta set value = '2' where key = 'schema_version';
       alter table ${schema}.lanes drop constraint lanes_queue_bytes;
       alter table ${schema}.ready_entries drop constraint ready_entries_enqueued_at_finite;
       drop type ${schema}.receipt cascade`,
    );
    const acl = async () =>
      (
        await ground.client.query(
          `select proacl::text from pg_proc where proname = 'purge_dlq'
             and pronamespace = '${schema}'::regnamespace
           union all select relacl::text from pg_class where oid = '${schema}.jobs'::regclass`,
        )
      ).rows;
    const before = await acl();
    await install(ground.client, { schema });
    expect(await acl()).toEqual(before);
  });

  test("and takes back what PUBLIC could do before there were tasks", async () => {
    const dir = await mkdtemp(join(tmpdir(), "ringproof-test-"));
    const fixture = join(packageRoot(), "test", "postgres", "fixtures", "version-1.sql");
    await copyFile(join(ringproofSql().dir, "schema.sql"), join(dir, "schema.sql"));
    await copyFile(fixture, join(dir, "version-1.sql"));
    await uninstall(ground.client, { schema });
    await install(ground.client, { schema, sql: { dir, files: ["version-1.sql"] } });
    await rm(dir, { recursive: true });
    expect(await owned()).not.toEqual([]);
    await install(ground.client, { schema });
    expect(await owned()).toEqual([]);
  });
});

test("an uninstall leaves nothing: roles can be dropped", async () => {
  await ground.superuser.query("create role brief");
  await ground.fresh([]);
  await grant(ground.client, {
    schema,
    role: "brief",
    may: ["produce", "work", "maintain", "administer", "read"],
  });
  await expect(ground.superuser.query("drop role brief")).rejects.toMatchObject({ code: "2BP01" });
  await uninstall(ground.client, { schema });
  await ground.superuser.query("drop role brief");
});

test("an owner that is no superuser does everything that there is to do", async () => {
  for (const task of Object.keys(lives) as Task[]) {
    await ground.fresh([]);
    await lives[task](ground.owner, ground.owner, ground.client);
  }
  await uninstall(ground.client, { schema });
  const { rows } = await ground.client.query("select to_regnamespace($1) as schema", [schema]);
  expect(rows).toEqual([{ schema: null }]);
});

test("who installs into a schema of somebody else owns what is in it", async () => {
  await uninstall(ground.client, { schema });
  await ground.superuser.query(
    `create schema ${schema}; grant usage, create on schema ${schema} to ${OWNER}`,
  );
  await install(ground.client, { schema });
  const granting = grant(ground.client, { schema, role: ROLE, may: ["work"] });
  await expect(granting).rejects.toMatchObject({
    message: "keeper may not grant anything in schema guarded.",
    remedy: "Connect as postgres, or as a member of that role.",
  });
  await grant(ground.superuser, { schema, role: ROLE, may: ["produce"] });
  await ground.session(async (client) => {
    const storage = new PostgresStorage(client, { schema });
    expect(await storage.enqueue(await storage.ensureLane("a", 1, 0), [1], now, now)).toHaveLength(
      1,
    );
  });
  await ground.superuser.query(`drop schema ${schema} cascade`);
});
