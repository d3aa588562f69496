import { expect, test } from "vitest";
import { requalify } from "../../src/postgres/requalify.js";

test.each([
  ["a qualified name", "select * from ringproof.jobs", `select * from "t".jobs`],
  ["any case", "select * from RINGPROOF.jobs", `select * from "t".jobs`],
  ["a quoted name", `select * from "ringproof"."jobs"`, `select * from "t"."jobs"`],
  ["the schema itself", "set search_path = ringproof, pg_temp", `set search_path = "t", pg_temp`],
  ["a body", "as $$ select ringproof.f() $$", `as $$ select "t".f() $$`],
  ["a tagged body", "as $b$ x($$ringproof.y$$) $b$", `as $b$ x($$"t".y$$) $b$`],
  ["dynamic SQL", "execute 'truncate ringproof.a'", `execute 'truncate "t".a'`],
  ["a regclass", "'ringproof.jobs'::regclass", `'"t".jobs'::regclass`],
  ["an escape string", String.raw`E'it\'s ringproof.a'`, String.raw`E'it\'s "t".a'`],
  ["what follows a doubled quote", "'it''s -- ' ringproof.a", `'it''s -- ' "t".a`],
  ["what follows a comment", "-- it's\nringproof.a", `-- it's\n"t".a`],
  ["what follows a quoted name", `"it's" ringproof.a`, `"it's" "t".a`],
  ["what follows an unclosed body", "$$ ringproof.a", `$$ "t".a`],
])("moves %s", (_, before, after) => {
  expect(requalify(before, "t")).toBe(after);
});

test.each([
  ["a line comment", "-- ringproof.jobs"],
  ["a comment in a body", "as $$ --@ ringproof.jobs\n $$"],
  ["a nested block comment", "/* ringproof.a /* ringproof.b */ ringproof.c */"],
  ["data", "select 'ringproof', 'made by ringproof'"],
  ["a longer name", "select ringproof_x.a, my_ringproof.b, ringproof$.c"],
  ["a column of that name", "select j.ringproof from j"],
  ["a longer quoted name", `select "my ringproof", "ringproof 2"`],
  ["parameters", "select $1, $2"],
])("leaves %s alone", (_, sql) => {
  expect(requalify(sql, "t")).toBe(sql);
});
