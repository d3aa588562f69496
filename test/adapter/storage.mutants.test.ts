/** Queues with something wrong in them, each found by the checks that can see it. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runChecks } from "../../correctness/adapter/checks.js";
import type { CheckName, StorageUnderTest } from "../../correctness/adapter/storage.js";
import { findingText } from "../../correctness/report/text.js";
import { oneTable } from "../../correctness/examples/one-table.js";
import { racyTable } from "../../correctness/examples/racy-table.js";
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

describe("what is wrong is found", () => {
  test.each([
    [racyTable, "interleave", /Claim\(a, 1, \w+\) ‖ Claim\(a, 1, \w+\)[^]*A claims? /],
    [racyTable, "trace", /Claim says claimed, but/],
  ] as const)("%o by %s", async (storage, name, said) => {
    expect(await found(storage, name)).toMatch(said);
  });
});
