/** What strangers could do to others if one thing was not there, and cannot as it is. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { audit } from "../../src/postgres/audit.js";
import { changedSql } from "../../correctness/mutants/changed-sql.js";
import type { Task } from "../../src/postgres/tasks.js";
import { Ground } from "./ground.js";
import { at, schema } from "./life.js";
import { goesOn, others } from "./others.js";

let ground: Ground;
beforeAll(async () => {
  ground = await Ground.open();
});
afterAll(() => ground.close());

/** No compression makes it short enough for an index that has a state beside it. */
let noise = 1;
const long = Array.from({ length: 2680 }, () => {
  noise = (noise * 48_271) % (2 ** 31 - 1);
  return String.fromCharCode(33 + (noise % 94));
}).join("");

interface Harm {
  readonly may: Task;
  /** What is not there, in the schema `ringproof`. */
  readonly without: string;
  readonly calls: readonly (readonly [sql: string, values: readonly unknown[]])[];
  /** What the owner then finds. */
  readonly harm: RegExp;
  /** Newer versions of Postgres take no harm from it. */
  readonly before?: number;
  /** What the stranger is told, as it is; nothing, if the call is of no harm. */
  readonly refused?: string;
}

const now = at(0).toISOString();
const harms: Readonly<Record<string, Harm>> = {
  "a queue whose ended jobs cannot be counted: no slot is reclaimed any more": {
    may: "produce",
    without: "alter table ringproof.lanes drop constraint lanes_queue_bytes",
    calls: [
      [`select ${schema}.ensure_lane($1, 1, 0)`, [long]],
      [`select ${schema}.enqueue(2, '{1}', $1, $1)`, [now]],
    ],
    harm: /index row size \d+ exceeds/,
    refused: "23514",
  },
  "a wait from infinity on: nobody claims from the queue": {
    may: "produce",
    without: "alter table ringproof.ready_entries drop constraint ready_entries_enqueued_at_finite",
    calls: [
      [`select ${schema}.ensure_lane('mail', 2, 0)`, []],
      [`select ${schema}.enqueue(2, '{1}', '-infinity', '-infinity')`, []],
    ],
    harm: /cannot subtract infinite timestamps/,
    before: 17,
    refused: "23514",
  },
  "a key that stays behind its job: nobody enqueues that again": {
    may: "work",
    without: changedSql(
      "finish",
      "complete_fast",
      "release_keys(v_job_ids)",
      "release_keys(array(select (p_tokens[place]).job_id from unnest(v_attempts)))",
    ),
    calls: [[`select ${schema}.complete('{{"(1,1,0,1,5)"}}', $1)`, [now]]],
    harm: /job 1 holds the key key 0, and it is not alive/,
  },
};

/** What becomes of the others, and of their rows. */
async function lived(): Promise<string> {
  const bad = (await audit(ground.client, { schema })).flatMap((r) => r.violations);
  if (bad.length > 0) return bad.join("; ");
  return goesOn(ground.owner).then(
    () => "they went on",
    (error: Error) => error.message,
  );
}

/** The SQLSTATE of the first error. */
async function told(calls: Harm["calls"]): Promise<string | undefined> {
  return ground
    .session(async (stranger) => {
      for (const [sql, values] of calls) await stranger.query(sql, [...values]);
    })
    .then(
      () => undefined,
      (error: { code: string }) => error.code,
    );
}

test.each(Object.keys(harms))("%s", async (what) => {
  const { may, without, calls, harm, before = Infinity, refused } = harms[what]!;
  await ground.fresh([may]);
  await others(ground.owner);
  expect(await told(calls)).toBe(refused);
  expect(await lived()).toBe("they went on");

  const { rows } = await ground.client.query("select current_setting('server_version_num') as v");
  if (rows[0].v >= before * 10_000) return;
  await ground.fresh([may], without);
  await others(ground.owner);
  expect(await told(calls)).toBe(undefined);
  expect(await lived()).toMatch(harm);
});
