/** Queues with something wrong in them, each found by the checks that can see it. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runChecks } from "../../correctness/adapter/checks.js";
import type { CheckName, StorageUnderTest } from "../../correctness/adapter/storage.js";
import { oneTable } from "../../correctness/examples/one-table.js";
import { racyTable } from "../../correctness/examples/racy-table.js";
import { findingText } from "../../correctness/report/text.js";
import { openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import * as wrong from "./wrong.js";

let server: PostgresServer;
beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
});
afterAll(() => server.stop());

/** What a check says of a storage; empty where it finds nothing. */
async function found(storage: StorageUnderTest, name: CheckName): Promise<string> {
  const { findings } = await runChecks([name], server, {
    storage,
    tier: "quick",
    seed: 1,
    replay: "again",
    signal: new AbortController().signal,
    progress: () => undefined,
  });
  return findings.map(findingText).join("\n");
}

describe("the queue of one table", () => {
  test.each(["conform", "lockstep", "interleave", "trace"] as const)("%s", async (name) => {
    expect(await found(oneTable, name)).toBe("");
  });
});

describe("a race shows only where calls meet", () => {
  test.each([
    ["interleave", /Claim\(a, 1, \d+\) ‖ Claim\(a, 1, \d+\)[^]*select [^]*select [^]*update /],
    ["trace", /Claim/],
  ] as const)("%s", async (name, said) => {
    expect(await found(racyTable, name)).toMatch(said);
    expect(await found(wrong.checkThenAct, name)).toMatch(/Complete|j\d/);
  });

  test.each(["conform", "lockstep"] as const)("and not in %s", async (name) => {
    expect(await found(racyTable, name)).toBe("");
    expect(await found(wrong.checkThenAct, name)).toBe("");
  });

  test("a deadlock is one, too", async () => {
    expect(await found(wrong.crossed, "interleave")).toMatch(/waits for A[^]*deadlock detected/);
  });
});

describe("what is wrong alone is found by every check that asks for it", () => {
  test.each([
    {
      storage: wrong.unfenced,
      by: "conform",
      said: /Complete\(j1\/2\)[^]*completed[^]*j1\/2 is not the running/,
    },
    { storage: wrong.unfenced, by: "lockstep", said: /Complete/ },
    { storage: wrong.unfenced, by: "trace", said: /Complete/ },
    { storage: wrong.early, by: "conform", said: /Enqueue\(a, j1, wait 1\) → Claim/ },
    { storage: wrong.early, by: "lockstep", said: /Claim/ },
    { storage: wrong.lossy, by: "conform", said: /RescueStaleReceipts\(0\)[^]*j1/ },
    { storage: wrong.lossy, by: "lockstep", said: /Rescue/ },
    { storage: wrong.flattering, by: "conform", said: /Complete[^]*completed/ },
    { storage: wrong.flattering, by: "lockstep", said: /Complete/ },
    { storage: wrong.flattering, by: "trace", said: /Complete/ },
    {
      storage: wrong.untidy,
      by: "conform",
      said: /Heartbeat\(j1\/2\)[^]*- j1 running lease=1[^]*\+ j1 ready lease=1/,
    },
    { storage: wrong.untidy, by: "lockstep", said: /Heartbeat/ },
  ] as const)("$storage.name by $by", async ({ storage, by, said }) => {
    expect(await found(storage, by)).toMatch(said);
  });
});
