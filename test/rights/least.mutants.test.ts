/** Each right too many, and each operation that trusts its caller's names, is found. */

import { afterAll, beforeAll, expect, test } from "vitest";
import type { Task } from "../../src/postgres/tasks.js";
import { attemptsOn, forbidden, granted, privileges, unrefused } from "./attempts.js";
import { Ground, ROLE } from "./ground.js";
import { hijack } from "./hijack.js";
import { callerOf, lives } from "./life.js";

let ground: Ground;
beforeAll(async () => {
  ground = await Ground.open();
});
afterAll(() => ground.close());

const tooMany: readonly (readonly [change: string, what: string])[] = [
  ["grant execute on function ringproof.count_bucket to public", "call count_bucket: done"],
  ["grant execute on function ringproof.purge_dlq to guest", "call purge_dlq: "],
  ["grant select on ringproof.ready_entries to guest", "select ready_entries: done"],
  ["grant select on ringproof.ready_entries_1 to public", "select ready_entries_1: done"],
  ["grant update on ringproof.rings to guest", "update rings: "],
  ["grant usage on sequence ringproof.job_ids to guest", "next job_ids: done"],
  ["grant usage on type ringproof.token to public", "column of token: done"],
  ["grant create on schema ringproof to guest", "in the schema: create table %I.evil (): done"],
  ["grant trigger on ringproof.lanes to guest", "trigger lanes: done"],
  ["create function ringproof.new_one() returns int language sql as 'select 1'", "call new_one"],
];

test.each(tooMany)("%s", async (change, what) => {
  await ground.fresh(["work"], change);
  const some = (await attemptsOn(ground.client)).filter((one) => forbidden("work", one));
  await ground.session(async (client) => {
    const found = await unrefused(client, some);
    expect(found.filter((one) => one.startsWith(what))).not.toEqual([]);
  });
  const expected = await granted(ground.client, "work");
  expect(await privileges(ground.client, ROLE)).not.toEqual(expected);
});

/** What no statement comes through with: it takes another right, or another table. */
test.each([
  "grant references on ringproof.lanes to guest",
  "grant execute on function ringproof.end_attempts to public",
])("%s: the catalogs tell", async (change) => {
  await ground.fresh(["work"], change);
  const expected = await granted(ground.client, "work");
  expect(await privileges(ground.client, ROLE)).not.toEqual(expected);
});

const trusting: readonly (readonly [Task, change: string, what: RegExp])[] = [
  ["work", "alter function ringproof.claim reset search_path", /keeper ran /],
  ["produce", "alter function ringproof.enqueue reset search_path", /keeper ran /],
  ["produce", "alter function ringproof.ensure_lane reset search_path", /keeper ran = text text/],
  ["work", "alter function ringproof.claim set search_path = pg_catalog", /ran domain /],
  ["maintain", "alter function ringproof.ring_health set search_path = pg_catalog", /ran view pg_/],
  ["administer", "alter function ringproof.move_queue reset search_path", /keeper ran /],
  ["work", "alter function ringproof.complete set search_path = evil, pg_catalog", /keeper ran /],
];

test.each(trusting)("%s: %s", async (task, change, what) => {
  await ground.fresh([task], change);
  await ground.session(async (client) => {
    const seen = await hijack(client, ROLE);
    // What a life comes to that was hijacked is nobody's promise.
    await lives[task](callerOf(client), ground.owner, client).catch(() => undefined);
    expect([...seen].join()).toMatch(what);
  });
});

test("an operation with the rights of its caller is none that may be called", async () => {
  await ground.fresh(["work"], "alter function ringproof.claim security invoker");
  await ground.session(async (client) => {
    const life = lives.work(callerOf(client), ground.owner, client);
    await expect(life).rejects.toMatchObject({ code: "42501" });
  });
});
