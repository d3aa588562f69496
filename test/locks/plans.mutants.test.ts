/** Changes of the SQL that lock something else: the lock, the operation and the label are named. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ActionName } from "../../src/core/index.js";
import { ringproofSql } from "../../src/postgres/install.js";
import { openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import type { Amendment } from "../../correctness/locks/site.js";
import { changedSql } from "../changed-sql.js";
import { differencesOf } from "./recorded.js";

let server: PostgresServer;
beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
});
afterAll(() => server.stop());

const settings = readFileSync(join(ringproofSql().dir, "settings.sql"), "utf8");

interface Mutant {
  readonly operation: ActionName;
  readonly amendment: Amendment;
}

const mutants: Readonly<Record<string, Mutant>> = {
  "receipts are locked in no order": {
    operation: "CompleteFast",
    amendment: {
      functions: changedSql(
        "attempt",
        "lock_receipts",
        "    order by c.lane_id, c.receipt_seq\n",
        "",
      ),
    },
  },
  "claim heads are locked in no order": {
    operation: "CancelReady",
    amendment: {
      functions: changedSql(
        "admin",
        "lock_lanes_of",
        " order by lane_id for update;",
        " for update;",
      ),
    },
  },
  "dead jobs are locked in no order": {
    operation: "PurgeDlq",
    amendment: {
      functions: changedSql("admin", "purge_dlq", "    order by job_id for update", " for update"),
    },
  },
  "prune waits for its slot": {
    operation: "PruneClaims",
    amendment: { functions: changedSql("slots", "try_lock_slot", " mode nowait'", " mode'") },
  },
  "prune waits for its ring": {
    operation: "PruneLeases",
    amendment: {
      functions: changedSql("rings", "prune", " for update skip locked", " for update"),
    },
  },
  "a plan is kept for every slot": {
    operation: "CompleteFast",
    amendment: { settings: settings.replace("force_custom_plan", "auto") },
  },
  "one more table is read": {
    operation: "PurgeDlq",
    amendment: {
      functions: changedSql(
        "admin",
        "purge_dlq",
        "  --@ delete_dead\n",
        "  perform from ringproof.leases;\n  --@ delete_dead\n",
      ),
    },
  },
  "a stronger lock than is needed": {
    operation: "Enqueue",
    amendment: {
      functions: changedSql("slots", "pin_slot", "in row exclusive mode", "in share mode"),
    },
  },
};

describe.each(Object.entries(mutants))("%s", (_, { operation, amendment }) => {
  test("is found", async () => {
    const found = await differencesOf(server, operation, amendment);
    for (const d of found) console.log(d.operation, d.situation, d.calls, d.lines);
    expect(found).not.toEqual([]);
  });
});
