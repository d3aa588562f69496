/** What a text writes, case by case; and that what nobody can tell is said. */

import { describe, expect, test } from "vitest";
import { readWrites } from "../../correctness/tuples/writes.js";

const says = (sql: string): string[] =>
  readWrites(sql).writes.map(({ command, table }) => `${command} ${table}`);

test.each<readonly [about: string, sql: string, ...writes: string[]]>([
  ["an insert", "insert into ringproof.a (x) values (1)", "insert a"],
  ["any case, quotes, no schema", 'INSERT INTO "b"."A b" select 1', "insert A b"],
  ["an upsert", "insert into a values (1) on conflict (x) do update set x = 1"].concat(
    "insert a",
    "update a",
  ) as [string, string, ...string[]],
  ["an upsert with an alias", "insert into s.a as t (x) select 1 on conflict do nothing"].concat(
    "insert a",
  ) as [string, string, ...string[]],
  ["an update", "update only s.a x set y = 1", "update a"],
  ["a delete", "delete from only s.a using b where true", "delete a"],
  ["several truncates", "truncate table only s.a, s.b; select 1, c", "truncate a", "truncate b"],
  ["one truncate", "truncate a cascade", "truncate a"],
  ["row locks", "select from a for update; select from a for no key update skip locked"],
  ["table locks", "lock table a in share update exclusive mode; lock b in row exclusive mode"],
  ["a lock", "perform from a where x for update of a nowait"],
  ["comments", "-- delete from a\n/* update a /* nested */ set */ select 1"],
  ["after a comment", "delete /* of */ from -- what\n s.a", "delete a"],
  ["strings", "select 'delete from a', e'it\\'s update a set', $x$ truncate a $x$"],
  ["a quote in a string", "select 'it''s'; delete from a", "delete a"],
  ["names that contain the words", "select deleted, update_count, a.inserted from updates"],
  ["a name in quotes", 'select "update" from "delete"'],
  [
    "writes in one statement",
    "with g as (delete from a returning x), i as (insert into b select x from g) select 1",
    "delete a",
    "insert b",
  ],
  ["a trick of case", "if x then Update\n\t a set y = 1; end if", "update a"],
])("%s", (_, sql, ...writes) => {
  const read = readWrites(sql);
  expect(says(sql)).toEqual(writes);
  expect(read.unclear).toEqual([]);
});

test.each<readonly [about: string, sql: string, ...writes: string[]]>([
  ["a text", "execute 'delete from s.a'", "delete a"],
  ["a text and a name", "execute 'truncate table only ' || v_tables;", "truncate null"],
  ["a computed table", "execute format('delete from s.%I where x', t || '_' || n)", "delete null"],
  ["a computed schema", "execute format('update %I.a set x = %L', s, y) using z", "update a"],
  ["part of a name", "execute 'insert into s.a_' || n || ' values (1)'", "insert a"],
  [
    "a partition",
    "execute format('truncate table only s.%I', 'a_' || p_slot) using b; delete from c",
    "truncate a",
    "delete c",
  ],
  ["places", "execute format('%2$s s.%1$I', x || '_' || y, 'delete from')", "delete null"],
  ["a value that looks like SQL", "execute format('select %L', 'x; delete from a')"],
  ["a loop", "for r in execute 'select delete_me from a' loop delete from b; end loop", "delete b"],
  [
    "an answer",
    "execute format('select exists (select from s.%I)', t) into v; delete from b",
  ].concat("delete b") as [string, string, ...string[]],
  ["DDL", "execute format('create table s.%I partition of s.%I for values in (%s)', a, b, c)"],
  ["a lock", "execute format('lock table only s.%I in %s mode nowait', a, b)"],
])("dynamic: %s", (_, sql, ...writes) => {
  expect(says(sql)).toEqual(writes);
  expect(readWrites(sql).unclear).toEqual([]);
});

describe("nobody can tell", () => {
  test.each([
    ["a computed text", "execute v_text", "EXECUTE of a text that is computed"],
    ["a prefix", "execute v_word || ' from a'", "EXECUTE of a text that is computed"],
    [
      "a subquery",
      "execute (select string_agg(t, ';') from x)",
      "EXECUTE of a text that is computed",
    ],
    ["a text in a text", "execute $q$ do $x$ begin end $x$ $q$", "DO"],
    ["MERGE", "begin merge into a using b on true when matched then delete", "MERGE"],
    ["COPY", "select 1; copy a from stdin", "COPY"],
    ["CALL", "if x then call s.p(); end if", "CALL"],
  ])("%s", (_, sql, what) => {
    expect(readWrites(sql).unclear).toEqual([what]);
  });
});

test("calls, whatever their schema and case", () => {
  const { calls } = readWrites(`select ringproof.F(1), "G" (2), h /* of */ (3), 'i(4)', j`);
  expect(calls).toEqual(["f", "G", "h"]);
});
