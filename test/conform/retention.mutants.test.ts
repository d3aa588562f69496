/** C3 on failed jobs that outlive their slot: red for each planted bug. */

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

const scopes = { retention: await readScope("retention.cfg") };
const hunt = hunter(() => server, scopes);

const carry = (from: string, to: string) => changedSql("rings", "carry_forward", from, to);
const pruned = ["pruned"];

const planted: readonly Planted<keyof typeof scopes>[] = [
  [
    "the floor counts for nothing",
    "retention",
    changedSql("rings", "prune_queue", "p_now - p_failed_floor", "p_now"),
    "PruneQueue",
    pruned,
    pruned,
    /- doneEntries .*age=0/,
  ],
  [
    "a failed job is kept for ever",
    "retention",
    carry("state = 'failed' and finalized_at > p_since", "state = 'failed'"),
    "PruneQueue",
    pruned,
    pruned,
    /\+ doneEntries .*age=1/,
  ],
  [
    "the body can be claimed again",
    "retention",
    carry(
      "select v_slot, lane_id, new_seq from moved)",
      "select v_slot, lane_id, new_seq from moved where false)",
    ),
    "PruneQueue",
    pruned,
    pruned,
    /- readyTombstones/,
  ],
  [
    "it begins to be young again",
    "retention",
    carry(
      "run_lease, state, finalized_at from moved",
      "run_lease, state, finalized_at + interval '1 minute' from moved",
    ),
    "PruneQueue",
    pruned,
    pruned,
    /age=/,
  ],
  [
    "its run leases begin again",
    "retention",
    carry("m.new_seq, r.job_id, r.run_lease,", "m.new_seq, r.job_id, 7,"),
    "PruneQueue",
    pruned,
    pruned,
    /\+ readyEntries .*lease=7/,
  ],
  [
    "the lane does not know of its new row",
    "retention",
    carry("set next_seq = next_seq + k.count", "set next_seq = next_seq"),
    "PruneQueue",
    pruned,
    pruned,
    /laneHeads/,
  ],
];

test.concurrent.each(planted)("%s", async (_, on, sql, action, core, postgres, rows) => {
  const found = await hunt(on, sql);
  expect(found).toMatchObject({ action, core, postgres });
  expect(found!.rows).toMatch(rows!);
});

test("what is carried forward is retired as well: the counts say so", async () => {
  const sql = carry("where slot = p_slot and (job_id", "where false and (job_id");
  expect(await hunt("retention", sql)).toMatchObject({ action: "PruneQueue", rows: "" });
});
