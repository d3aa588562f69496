/**
 * Roles that call the functions themselves, with whatever SQL can say, cannot break what the rows
 * are to keep, nor what stands in the way of others.
 */

import { fc } from "@fast-check/vitest";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type pg from "pg";
import { audit } from "../../src/postgres/audit.js";
import { grant } from "../../src/postgres/grants.js";
import { connect } from "../../src/postgres/server.js";
import { operationsOf, type Task } from "../../src/postgres/tasks.js";
import { as, Ground, ROLE } from "./ground.js";
import { schema } from "./life.js";
import { goesOn, others } from "./others.js";

let ground: Ground;
let stranger: pg.Client;
beforeAll(async () => {
  ground = await Ground.open();
});
beforeEach(async () => {
  await ground.fresh([]);
  stranger = await connect(as(ground.server, ROLE));
  await stranger.query("set statement_timeout to '2s'");
});
afterAll(() => ground.close());

const small = [0, 1, 2, 3, 4, 5, 6, 7, 8];
const int = fc.constantFrom(...small, -1, 7, 2147483647, -2147483648, null);
const bigint = fc.constantFrom(...small, -1, "9223372036854775807", null);
const time = fc.constantFrom(
  ...["2026-01-01 00:00:00Z", "2026-01-01 01:00:00Z", "2025-01-01 00:00:00Z"],
  ...["infinity", "-infinity", "4714-11-24 00:00:00Z BC", "294276-12-31 23:59:59Z", null],
);
const text = fc.oneof(
  fc.constantFrom("mail", "mail", "sms", "", null),
  // No compression makes these short enough for an index.
  fc.string({ minLength: 900, maxLength: 3000, unit: "binary-ascii" }),
);
const interval = fc.constantFrom("1 hour", "0", "-1 day", "1 us", "170000000 years", null);
const quoted = (value: unknown): string =>
  value === null ? "null" : `"${String(value).replace(/["\\]/g, "\\$&").replace(/\0/g, "")}"`;

/** A list, also with two dimensions, and one whose places begin elsewhere. */
const listOf = (element: fc.Arbitrary<unknown>): fc.Arbitrary<string | null> =>
  fc.tuple(fc.array(element, { maxLength: 4 }), fc.nat({ max: 9 })).map(([items, shape]) => {
    const all = items.map(quoted);
    if (shape === 0) return null;
    if (shape === 1 && all.length > 0) return `{${all.map((one) => `{${one}}`).join(",")}}`;
    if (shape === 2 && all.length > 0) return `[5:${4 + all.length}]={${all.join(",")}}`;
    return `{${all.join(",")}}`;
  });
const strange = fc
  .tuple(bigint, int, fc.constantFrom(0, 1, 2, -1, null), int, bigint)
  .map((fields) => `(${fields.map((field) => field ?? "").join(",")})`);
/** Anybody can guess whose attempts there are. */
const token = fc.oneof(
  strange,
  fc.constantFrom(1, 2, 3, 4, 5).map((job) => `(${job},1,0,1,5)`),
);
const json = fc.constantFrom("1", '{"a": [1, 2]}', '"text"', "null", null);

const byType: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  integer: int,
  bigint,
  text,
  interval,
  "timestamp with time zone": time,
  "bigint[]": listOf(bigint),
  "text[]": listOf(fc.constantFrom("a", "b", null)),
  "jsonb[]": listOf(json),
  [`${schema}.token[]`]: listOf(token),
};

interface Signature {
  readonly name: string;
  readonly types: readonly string[];
}

async function signatures(tasks: readonly Task[]): Promise<readonly Signature[]> {
  const { rows } = await ground.client.query<Signature>(
    `select proname::text as name,
            array(select format_type(t, null) from unnest(proargtypes) with ordinality a (t, i)
                  order by i) as types
     from pg_proc where pronamespace = $1::text::regnamespace and proname = any ($2)
     order by 1`,
    [schema, tasks.flatMap(operationsOf)],
  );
  return rows;
}

const worlds: readonly (readonly [Task, ...Task[]])[] = [
  ...[["produce"], ["work"], ["maintain"], ["administer"]].map((one) => one as [Task]),
  ["produce", "work", "maintain", "administer"],
];

test.each(worlds.map((tasks) => ({ tasks })))("who may $tasks", async ({ tasks }) => {
  await grant(ground.client, { schema, role: ROLE, may: tasks });
  await others(ground.owner);
  const all = await signatures(tasks);
  const calls = fc.constantFrom(...all).chain(({ name, types }) =>
    fc.record({
      name: fc.constant(name),
      types: fc.constant(types),
      values: fc.tuple(...types.map((type) => byType[type]!)),
    }),
  );
  const made = async ({ name, types, values }: { values: unknown[] } & Signature) => {
    const list = types.map((type, i) => `$${i + 1}::${type}`).join(", ");
    await stranger.query(`select ${schema}.${name}(${list})`, values).catch((error: Error) => {
      expect((error as { code?: string }).code).toMatch(/^[0-9A-Z]{5}$/);
      expect((error as { code?: string }).code).not.toMatch(/^(XX|57P|42501)/);
    });
  };
  await fc.assert(fc.asyncProperty(calls, made), { numRuns: 250 });
  const bad = (await audit(ground.client, { schema })).flatMap((r) => r.violations);
  expect(bad).toEqual([]);
  await goesOn(ground.owner);
  await stranger.end();
});
