import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { NONE } from "../../src/core/index.js";
import { readScope, specDir } from "../../correctness/explore/scope.js";

const dir = mkdtempSync(join(tmpdir(), "ringproof-scope-"));
afterAll(() => rmSync(dir, { recursive: true }));

const lifecycle = readFileSync(join(specDir(), "lifecycle.cfg"), "utf8");

/** The scope of lifecycle.cfg with one line replaced. */
function changed(from: string, to: string) {
  expect(lifecycle).toContain(from);
  writeFileSync(join(dir, "changed.cfg"), lifecycle.replace(from, to));
  return readScope("changed.cfg", dir);
}

test("the constants of a cfg are the scope that the core explores", async () => {
  expect(await readScope("lifecycle.cfg")).toEqual({
    jobs: ["j1"],
    lanes: ["a"],
    queueSlots: 2,
    claimSlots: 2,
    leaseSlots: 2,
    leases: [1],
    maxBatch: 1,
    maxWait: 1,
    deadlines: [NONE],
    callbackWait: 1,
    staleAfter: 1,
    maxAttempts: 1,
    failedFloor: 0,
    sameKey: [],
    maxSeq: 9,
    enabled: [
      "Enqueue",
      "PromoteDeferred",
      "Claim",
      "AdvanceClaimCursor",
      "CompleteFast",
      "Retry",
      "FailToDlq",
      "RescueStaleReceipts",
      "DiscardTerminal",
      "CancelReady",
      "PurgeDlq",
      "RetryFromDlq",
      "RotateQueue",
      "RotateClaims",
      "PruneQueue",
      "PruneClaims",
      "PassTime",
      "ForgetToken",
    ],
  });
});

test.each([
  ['{"Enqueue", ', '{"Enqueue", "Clam", ', /Enabled names Clam, and there is no such action/],
  ["QueueSlots = 2", "QueueSlots = {2}", /QueueSlots is not a number/],
  ["Jobs = {j1}", "Jobs = 1", /Jobs is not a set/],
])("%s → %s is named with its file", async (from, to, message) => {
  await expect(changed(from, to)).rejects.toThrow(message);
});

test("a cfg that is not there is named", async () => {
  await expect(readScope("nowhere.cfg")).rejects.toThrow(/cannot read .*nowhere\.cfg/);
});
