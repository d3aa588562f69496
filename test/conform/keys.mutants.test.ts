/** C3 on unique keys: red for each planted bug. `ringproof conform keys` is green as shipped. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { readScope } from "../../correctness/explore/scope.js";
import { openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { changedSql } from "../../correctness/mutants/changed-sql.js";
import { hunter, type Planted } from "./hunt.js";

let server: PostgresServer;
beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
});
afterAll(() => server.stop());

const keys = await readScope("keys.cfg");
const scopes = {
  keys,
  /** A key must come back with its job from wherever that was. */
  deferral: {
    ...keys,
    maxWait: 1,
    enabled: ["Enqueue", "PromoteDeferred", "Claim", "Snooze", "PassTime"],
  },
  moving: { ...keys, lanes: ["a", "b"], enabled: ["Enqueue", "MoveReady"] },
};
const hunt = hunter(() => server, scopes);

const kept = "perform ringproof.release_keys(array(select job_id from unnest(p_attempts)));";

const planted: readonly Planted<keyof typeof scopes>[] = [
  [
    "a fast completion keeps the key",
    "keys",
    changedSql("finish", "complete_receipt", "  perform ringproof.release_keys(v_job_ids);\n", ""),
    "CompleteFast",
    ["completed"],
    ["completed"],
    /\+ uniqueKeys +job=j\d/,
  ],
  [
    "a terminal row keeps the key",
    "keys",
    changedSql("finish", "conclude_attempts", kept, ""),
    "Fail",
    ["failed"],
    ["failed"],
    /\+ uniqueKeys +job=j\d/,
  ],
  [
    "a dead job keeps the key",
    "keys",
    changedSql("finish", "bury_attempts", kept, ""),
    "FailToDlq",
    ["deadLettered"],
    ["deadLettered"],
    /\+ uniqueKeys +job=j\d/,
  ],
  [
    "a cancelled job keeps the key",
    "keys",
    changedSql("admin", "cancel_ready", "perform ringproof.release_keys(v_gone);", ""),
    "CancelReady",
    ["cancelled"],
    ["cancelled"],
    /\+ uniqueKeys +job=j\d/,
  ],
  [
    "jobs come although their key is taken",
    "keys",
    changedSql("keys", "take_keys", "return v_welcome;", "return p_job_ids;"),
    "Enqueue",
    ["uniqueConflict"],
    ["enqueued"],
    /\+ readyEntries .*lease=0/,
  ],
  [
    "a dead job comes back without asking for its key",
    "keys",
    changedSql(
      "admin",
      "retry_from_dlq",
      "v_back := ringproof.take_keys(v_locked, v_keys);",
      "v_back := v_locked;",
    ),
    "RetryFromDlq",
    ["readmitted"],
    ["readmitted"],
    /- uniqueKeys +job=j\d/,
  ],
  [
    "a failed job comes back without asking for its key",
    "keys",
    changedSql(
      "terminal",
      "retry_from_terminal",
      "v_back := ringproof.take_keys(v_over, v_keys);",
      "v_back := v_over;",
    ),
    "RetryFromTerminal",
    ["readmitted"],
    ["readmitted"],
    /- uniqueKeys +job=j\d/,
  ],
  [
    "of two in a batch the later one gets the key",
    "keys",
    changedSql(
      "keys",
      "take_keys",
      "order by unique_key, place",
      "order by unique_key, place desc",
    ),
    "RetryFromDlq",
    ["readmitted", "uniqueConflict"],
    ["uniqueConflict", "readmitted"],
    /job=j2/,
  ],
  [
    "a deferred job forgets its key",
    "deferral",
    changedSql(
      "producers",
      "promote_deferred",
      "snoozes, unique_key, payload",
      "snoozes, null::text, payload",
    ),
    "PromoteDeferred",
    ["promoted"],
    ["promoted"],
    /job=j1 with the key null/,
  ],
  [
    "an attempt that is put off forgets the key of its job",
    "deferral",
    changedSql("finish", "end_attempts", "r.unique_key, r.payload", "null::text, r.payload"),
    "Retry",
    ["retried"],
    ["retried"],
    /job=j1 with the key null/,
  ],
  [
    "a moved job forgets its key",
    "moving",
    changedSql("admin", "move_ready", "snoozes, unique_key, payload", "snoozes, null, payload"),
    "MoveReady",
    ["moved"],
    ["moved"],
    /job=j1 with the key null/,
  ],
];

test.concurrent.each(planted)("%s", async (_, on, sql, action, core, postgres, rows) => {
  const found = await hunt(on, sql);
  expect(found).toMatchObject({ action, core, postgres });
  expect(found!.rows).toMatch(rows!);
});
