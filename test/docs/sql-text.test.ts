/** Nothing becomes SQL that is not written down, validated, or quoted. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { packageRoot } from "../../src/package-root.js";
import { loose, unknownModes } from "./executes.js";
import { templatesIn, type Template } from "./templates.js";

const read = (file: string) => readFileSync(join(packageRoot(), file), "utf8");
const shipped = execFileSync("git", ["ls-files", "--cached", "--others", "src"], {
  cwd: packageRoot(),
  encoding: "utf8",
}).split("\n");
const ending = (end: string) =>
  shipped.filter((file) => file.startsWith("src/postgres/") && file.endsWith(end));

/** What makes a text SQL, or a message that shows some: a command, a cast, a parameter. */
const SQL = new RegExp(
  [
    /\b(?:select|insert|update|delete|truncate|drop|create|alter|grant|revoke|lock table)\b/.source,
    /\b(?:begin|set local|copy|execute)\b|::|\(\$\d/.source,
  ].join("|"),
  "i",
);

/** What may stand in the holes of SQL, file by file, and why. */
const schema = "its name: checkSchemaName lets through what needs no quotes";
const literal = "one of the texts that this file holds";
const number = "a whole number, which this file has checked";
const quoted = "quoted by pg.escapeIdentifier, or by Postgres itself";
const requalified = "a file of the package, in which only the schema is exchanged";
const message = "no SQL: a text for people";
const holes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "audit-problem.ts": { schema: message, role: message, pid: message },
  "audit.ts": {
    name: requalified,
    query: requalified,
    "requalify(query, schema)": requalified,
    isolation: literal,
    lockTimeout: number,
    schema,
  },
  "calls.ts": { s: schema, text: literal, name: literal },
  "claimer-twin.ts": { schema },
  "connect.ts": { database: message },
  "grants.ts": {
    what: literal,
    'functions.join(", ")': literal,
    role: quoted,
    "shown(role)": message,
    me: message,
    schema: message,
  },
  "install.ts": { schema, object: message, role: message },
  "installed.ts": { schema },
  "kept-grants.ts": { privilege: quoted, kind: literal, schema, name: quoted, role: quoted },
  "lane-statements.ts": { name: literal },
  "rescue-cursor-twin.ts": {
    s: schema,
    'place("stale_cursor")': literal,
    'place("deadline_cursor")': literal,
  },
  "statements.ts": { s: schema },
  "storage.ts": { "this.schema": schema },
  "tasks.ts": { schema },
  "upkeep-statements.ts": { name: literal },
};

const isSql = ({ pieces }: Template): boolean => SQL.test(pieces.join(" "));

const strange = (source: string, known: Readonly<Record<string, string>>): string[] =>
  templatesIn(source)
    .filter(isSql)
    .flatMap(({ line, expressions }) =>
      expressions.filter((one) => !(one in known)).map((one) => `${line}: \${${one}}`),
    );

describe("template literals of SQL have holes for what is listed", () => {
  const folder = "src/postgres/";

  test.each(ending(".ts"))("%s", (file) => {
    expect(strange(read(file), holes[file.replace(folder, "")] ?? {})).toEqual([]);
  });

  test.each(Object.keys(holes))("%s has all that is listed", (file) => {
    const used = templatesIn(read(folder + file))
      .filter(isSql)
      .flatMap(({ expressions }) => expressions);
    expect(new Set(used)).toEqual(new Set(Object.keys(holes[file]!)));
  });
});

/** A variable in the place of a text, and what it holds. */
const passedOn: Readonly<Record<string, readonly string[]>> = {
  "audit.ts": ["text"],
  "caller.ts": ["text", "named"],
  "grants.ts": ["statement"],
  "kept-grants.ts": ["statement"],
  "migrate.ts": ["sql", "drop"],
};

const variables = (source: string): string[] =>
  [...source.matchAll(/\.query(?:<[^(]*>)?\(\s*([^\s`"'(,)][^,)]*)/g)].map(([, name]) => name!);

/** A text of SQL that ends, or begins again, beside a plus. */
const added = (source: string): string[] =>
  [...source.matchAll(/(?:"[^"\n]*"|'[^'\n]*')\s*\+\s*[a-z][\w.]*(?!\()/g)]
    .map(([text]) => text)
    .filter((text) => SQL.test(text));

test.each(ending(".ts"))("%s asks what stands there, or in a variable that is known", (file) => {
  const known = passedOn[file.replace("src/postgres/", "")] ?? [];
  expect([...new Set(variables(read(file)))].sort()).toEqual([...known].sort());
  expect(added(read(file))).toEqual([]);
});

/** A function that is there already, with numbers in the places of a variable. */
const unrolled: Readonly<Record<string, readonly string[]>> = {
  "sql/settings.sql": ["runs replace(pg_get_functiondef(v_function), v_source, v_written)"],
};

test.each(ending(".sql"))("%s executes texts with names and numbers in them", (file) => {
  expect(loose(read(file))).toEqual(unrolled[file.replace("src/postgres/", "")] ?? []);
  expect(unknownModes(read(file))).toEqual([]);
});

describe("planted", () => {
  const templates: readonly (readonly [source: string, found: string[]])[] = [
    ["const t = `select * from ${table}`;", ["1: ${table}"]],
    ["f(`drop schema \"${a.b}\"`, /`'/, '`', `${x}`)", ["1: ${a.b}"]],
    ["// `select ${a}`\nq(`${all.map((x) => `delete from ${x}`)}`)", ["2: ${x}"]],
    ["`begin ${{ a: `}` }.a} \\${b} ${c}`", ["1: ${{ a: `}` }.a}", "1: ${c}"]],
  ];
  test.each(templates)("%s", (source, found) => expect(strange(source, {})).toEqual(found));

  test("a variable, a sum", () => {
    expect(variables("client.query(text); c.query<Row>(\n  a.b,\n  [1]); c.query(`x`)")).toEqual([
      "text",
      "a.b",
    ]);
    expect(added('const text = "select 1 from " + table;')).toHaveLength(1);
  });

  const routine = (execute: string) => `
    create or replace function ringproof.f(p_text text, p_slot int) returns void
    language plpgsql as $$
    declare v_table regclass; v_list text;
    begin
      select string_agg(format('x.%I', a), ', ') into v_list from a;
      -- execute p_text;
      for v_i in 0 .. 3 loop execute ${execute}; end loop;
    end $$;`;
  test.each<readonly [string, string[]]>([
    ["'truncate a'", []],
    ["format('select %s %I %L %s %s', p_slot, p_text, p_text, v_table, v_i) into v_list", []],
    ["'truncate ' || v_list", []],
    ["p_text", ["runs p_text"]],
    ["'truncate ' || p_text", ["puts together 'truncate ' || p_text"]],
    ["format(p_text, 1)", ["runs format(p_text, 1)"]],
    ["format('drop %s', p_text)", ["writes p_text into 'drop %s'"]],
    ["format('a %I in %s b', f(1, 2), p_text)", ["writes p_text into 'a %I in %s b'"]],
    ["format('drop %s', v_table || p_text)", ["writes v_table || p_text into 'drop %s'"]],
  ])("execute %s", (execute, found) => expect(loose(routine(execute))).toEqual(found));

  test("the mode of a lock", () => {
    expect(unknownModes("ringproof.try_lock_ring('a', 'access share')")).toEqual([]);
    expect(unknownModes("if ringproof.try_lock_slot('a', 1, p_text) then")).toHaveLength(1);
  });
});
