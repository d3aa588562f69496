/** Each operator finds every place where it applies, and nothing else. */

import { describe, expect, test } from "vitest";
import {
  edited,
  editsOf,
  operatorNames,
  type OperatorName,
} from "../../correctness/mutants/operators.js";
import type { SqlChange } from "../../correctness/mutants/sql-mutant.js";
import { systematicMutants } from "../../correctness/mutants/systematic.js";

const routine = (body: string): string =>
  [
    "create or replace function ringproof.f() returns void",
    "language plpgsql as $$",
    "begin",
    body,
    "end",
    "$$;\n",
  ].join("\n");

/** What becomes of the body, place by place. */
function mutated(name: OperatorName, body: string): readonly string[] {
  const text = routine(body);
  const [before, after] = text.split(body);
  return editsOf(name, text).map((edit) =>
    edited(text, edit).slice(before!.length, -after!.length).replaceAll(/\s+/g, " ").trim(),
  );
}

const cases: readonly (readonly [OperatorName, string, readonly string[]])[] = [
  [
    "dropConjunct",
    "delete from t where a = 1 and b between 2 and 3 and (c or d and e) returning a;",
    [
      "delete from t where a = 1 and (c or d and e) returning a;",
      "delete from t where a = 1 and b between 2 and 3 returning a;",
      "delete from t where a = 1 and b between 2 and 3 and (c or d ) returning a;",
    ],
  ],
  ["dropConjunct", "perform from t where a = ' and b'; -- and c", []],
  [
    "forgetCondition",
    "perform from t join u on t.a = u.a and t.b = u.b where t.c in (1, 2) order by 1;",
    [
      "perform from t join u on true and t.b = u.b where t.c in (1, 2) order by 1;",
      "perform from t join u on t.a = u.a and t.b = u.b where true order by 1;",
    ],
  ],
  ["forgetCondition", "insert into t values (1) on conflict do nothing;", []],
  ["dropGuard", "if not found then return; end if;", ["if false then return; end if;"]],
  ["lookOnce", "loop exit when v = (select 1); end loop;", ["loop exit when true; end loop;"]],
  [
    "dropRowLock",
    "perform from t where a order by b for update skip locked;",
    ["perform from t where a order by b;"],
  ],
  [
    "wait",
    "perform from t for update skip locked; execute format('lock table %I nowait', t);",
    [
      "perform from t for update; execute format('lock table %I nowait', t);",
      "perform from t for update skip locked; execute format('lock table %I', t);",
    ],
  ],
  [
    "dropOrder",
    "select array_agg(a order by b) from t order by c, f(d) limit 1;",
    [
      "select array_agg(a ) from t order by c, f(d) limit 1;",
      "select array_agg(a order by b) from t limit 1;",
    ],
  ],
  [
    "dropConflictClause",
    "insert into t select 1 order by 1 on conflict (a) do update set b = 1 returning a;",
    ["insert into t select 1 order by 1 returning a;"],
  ],
  [
    "moveBound",
    "v := a < b and c >= d and e <> f;",
    ["v := a <= b and c >= d and e <> f;", "v := a < b and c > d and e <> f;"],
  ],
  ["offByOne", "v := a + 1 - 10;", ["v := a - 10;"]],
  [
    "dropJoinColumn",
    "perform from t join u using (a, b);",
    ["perform from t join u using (b);", "perform from t join u using (a);"],
  ],
  ["dropJoinColumn", "perform from t join u using (a);", []],
  ["leaveOutElement", "v := array['a', 'b'];", ["v := array['b'];", "v := array['a'];"]],
  [
    "swallowErrors",
    "exception when lock_not_available then return false;",
    ["exception when others then return false;"],
  ],
  ["dropStatement", "--@ a\ninsert into ringproof.t values (1);", ["--@ a null;"]],
  ["dropStatement", "--@ a\nselect 1 into v_a;\n--@ b\nif c then return; end if;", []],
  [
    "swapStatements",
    "--@ a\ndelete from t;\n--@ b\ndelete from u;\n--@ c\nif d then return; end if;",
    ["--@ b delete from u; --@ a delete from t; --@ c if d then return; end if;"],
  ],
];

test.each(cases)("%s: %s", (name, body, expected) => {
  expect(mutated(name, body)).toEqual(expected);
});

test("every operator has an example", () => {
  expect(operatorNames.filter((name) => !cases.some(([n]) => n === name))).toEqual([]);
});

describe("on the shipped SQL", () => {
  const all = systematicMutants();

  test("each operator applies somewhere, and all together often enough", () => {
    const used = new Set(all.map(({ operator }) => operator));
    expect([...used].sort()).toEqual([...operatorNames].sort());
    expect(all.length).toBeGreaterThan(150);
  });

  test("each mutant has a name of its own", () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });

  test("each is another definition of the same function or view", () => {
    for (const { definition, changes } of all) {
      const [{ sql }] = changes as readonly [SqlChange];
      const [head, tail] = [/^.*\bringproof\.\w+/, /(?:\$\$)?;\n$/];
      expect(sql).not.toBe(definition.sql);
      expect(head.exec(sql)![0]).toBe(head.exec(definition.sql)![0]);
      expect(tail.exec(sql)![0]).toBe(tail.exec(definition.sql)![0]);
    }
  });

  test("who calls it is known", () => {
    const of = (name: string) => all.find((m) => m.definition.name === name)!.actions;
    expect(of("retry_from_dlq")).toEqual(["RetryFromDlq"]);
    expect(of("pin_slot")).toContain("Claim");
    expect(of("carry_forward")).toEqual(["PruneQueue", "PruneClaims", "PruneLeases"]);
    expect(of("rollup_terminal_counts")).toEqual([]);
    const further = (name: string) => all.find((m) => m.definition.name === name)!.further;
    expect(further("try_lock_deltas")).toEqual(["RollupTerminalCounts"]);
    expect(further("end_attempts")).toEqual([
      "RescueStaleReceiptsPass",
      "RescueExpiredDeadlinesPass",
    ]);
    expect(further("retry_from_dlq")).toEqual([]);
  });
});
