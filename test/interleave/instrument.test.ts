/** The instrumented install is the shipped SQL with breakpoints, and nothing else. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { instrument, labelled, policyOf } from "../../correctness/interleave/instrument.js";
import { ringproofSql } from "../../src/postgres/install.js";

const { dir, files } = ringproofSql();
const read = (file: string): string => readFileSync(join(dir, file), "utf8");

const before = /perform ringproof\.breakpoint\('\w+\.\w+'\);/g;
const inside = /\(select ringproof\.breakpoint\('\w+\.\w+\+'\)\) and /g;

describe.each(files)("%s", (file) => {
  const sql = read(file);
  const instrumented = instrument(sql);

  test("is the same without its labels and its breakpoints", () => {
    const bare = sql.replace(/--@ \w+$/gm, "");
    expect(instrumented.replace(before, "").replace(inside, "")).toBe(bare);
  });

  test("has a breakpoint for every label", () => {
    const labels = [...sql.matchAll(/--@ \w+$/gm)];
    expect([...instrumented.matchAll(before)]).toHaveLength(labels.length);
    expect(instrumented).not.toMatch(/--@ /);
  });

  test("has one inside every labelled statement that locks rows", () => {
    const locking = labelled(sql).filter(({ statement }) =>
      /\bfor (no key )?update\b|\bfor (key )?share\b|^\s*(update|delete)\b/.test(statement),
    );
    expect([...instrumented.matchAll(inside)]).toHaveLength(locking.length);
  });

  test("locks no row outside a labelled statement", () => {
    const outside = labelled(sql).reduceRight(
      (text, { index, end }) => text.slice(0, index) + text.slice(end),
      sql.replace(/--(?!@).*$/gm, (comment) => " ".repeat(comment.length)),
    );
    expect(outside).not.toMatch(/\bfor update\b|\bnowait\b|\bskip locked\b|\btruncate table\b/i);
  });
});

const statement = (text: string): string =>
  ["create or replace function ringproof.f() returns void", "as $$", "  --@ x", text, "$$;"].join(
    "\n",
  );

test.each([
  ["perform from t where a = 1 for update;", "perform from t where BP a = 1 for update;"],
  [
    "perform from t where (a, b) in (select a, b from u where c) for update skip locked;",
    "perform from t where BP (a, b) in (select a, b from u where c) for update skip locked;",
  ],
  [
    "v := array(select a from (select a from t where b order by a for update) d where c);",
    "v := array(select a from (select a from t where BP b order by a for update) d where c);",
  ],
  [
    "update t set a = (select a from u where b) where c;",
    "update t set a = (select a from u where b) where BP c;",
  ],
])("%s", (text, expected) => {
  const call = "(select ringproof.breakpoint('f.x+')) and";
  expect(instrument(statement(text))).toContain(expected.replace("BP", call));
});

test("a locking statement without a WHERE is an error, not a gap", () => {
  expect(() => instrument(statement("perform from t for update;"))).toThrow(/f\.x .*no WHERE/);
});

test("what takes locks without waiting is known, and whether it goes on without them", () => {
  const policies = files.flatMap((file) =>
    labelled(read(file)).map((each) => [each.label, policyOf(each)] as const),
  );
  expect(Object.fromEntries(policies)).toMatchObject({
    "hand_out.lock_claim_head": "skip",
    "prune.lock_ring": "skip",
    "try_lock_ring.lock_table": "nowait",
    "lock_receipts.lock_receipts": null,
  });
});
