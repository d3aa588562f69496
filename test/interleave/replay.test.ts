/** `--replay FILE`: the schedule in the file, a column per session, as far as it can be kept. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Context } from "../../correctness/claims.js";
import { areas, meeting } from "../../correctness/interleave/scopes.js";
import { replaySchedule } from "../../correctness/interleave/replay.js";
import { UserError } from "../../src/errors.js";

const dir = mkdtempSync(join(tmpdir(), "ringproof-replay-"));
afterAll(() => rmSync(dir, { recursive: true }));

const context: Context = {
  tier: "quick",
  seed: 1,
  shard: { index: 1, count: 1 },
  pg: { kind: "embedded" },
  configs: [],
  signal: new AbortController().signal,
  progress: () => undefined,
};

function fileWith(content: unknown): string {
  const file = join(dir, "schedule.json");
  writeFileSync(file, JSON.stringify(content));
  return file;
}

const scope = meeting(areas.find(({ name }) => name === "ending")!);
const meets = {
  scope,
  way: [{ action: "Enqueue", args: { lane: "a", batch: ["j1"], wait: 0 } }],
  calls: [
    { action: "Claim", args: { lane: "a", n: 1, deadline: 99 } },
    { action: "CancelReady", args: { job: "j1" } },
  ],
};

/** So many steps of each session in turn. */
const turns = (...counts: readonly number[]): number[] =>
  counts.flatMap((count, i) => Array<number>(count).fill(i % 2));

describe("a schedule", () => {
  test("is run as it was, and who waits for whom is marked", async () => {
    // The claim has the head of the lane; the administrator waits for it until its commit.
    const bundle = { ...meets, schedule: turns(6, 5, 10, 5) };
    const { verdict, note } = await replaySchedule(context, fileWith({ bundle }));
    expect(verdict).toBe("holds");
    const lines = note!.split("\n");
    expect(lines[0]).toMatch(/^ +A: Claim\(a, 1, 99\) +B: CancelReady\(j1\)$/);
    expect(lines.slice(1, 7).map((line) => line.trim())).toEqual([
      expect.stringMatching(/^1 +begin$/),
      expect.stringMatching(/^2 +call$/),
      expect.stringMatching(/^3 +claim\.read_heads$/),
      expect.stringMatching(/^4 +waiting_since\.find_pending$/),
      expect.stringMatching(/^5 +hand_out\.lock_claim_head$/),
      expect.stringMatching(/^6 +hand_out\.lock_claim_head\+$/),
    ]);
    expect(lines[11]).toMatch(/^ +11 +lock_lanes_of\.lock_claim_heads\+ \[waits for A\]$/);
    expect(note).toContain("A answered claimed j1/1\n  B answered notReady");
    expect(note).toContain("This is the order A, B.");
  });

  test("is one that the sessions cannot keep from where they part", async () => {
    const bundle = { ...meets, schedule: turns(6, 30) };
    const { verdict, note } = await replaySchedule(context, fileWith({ bundle }));
    expect(verdict).toBe("holds");
    expect(note).toContain("From step 12 on it could not be kept.");
  });
});

describe("a file", () => {
  test("that is not there", async () => {
    const missing = replaySchedule(context, join(dir, "missing.json"));
    await expect(missing).rejects.toThrow(UserError);
    await expect(missing).rejects.toThrow(/cannot be read: ENOENT/);
  });

  test.each([
    ["of something else", { name: "ringproof" }],
    ["of another claim", { bundle: { seed: 1, path: "0:0" } }],
    [
      "with an unknown call",
      { bundle: { ...meets, way: [{ action: "Steal", args: {} }], schedule: [] } },
    ],
    ["with a third session", { bundle: { ...meets, schedule: [0, 1, 2] } }],
  ])("%s", async (_, content) => {
    const replayed = replaySchedule(context, fileWith(content));
    await expect(replayed).rejects.toThrow(UserError);
    await expect(replayed).rejects.toThrow(/There is no schedule in/);
  });
});
