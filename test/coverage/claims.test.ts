/** What the claims on Postgres hand in: their answers, and labels where they are to count them. */

import { afterAll, beforeAll, expect, test } from "vitest";
import type { Context } from "../../correctness/claims.js";
import type { Counts } from "../../correctness/coverage/counts.js";
import { openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { counting } from "./all.js";

let server: PostgresServer;
beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
});
afterAll(() => server.stop());

async function countsOf(command: string, more: Partial<Context>): Promise<Counts> {
  const { counts } = await counting
    .find((claim) => claim.command === command)!
    .run({
      tier: "quick",
      seed: 1,
      shard: { index: 1, count: 1 },
      pg: { kind: "url", url: server.url, from: "--pg" },
      configs: [],
      signal: new AbortController().signal,
      progress: () => undefined,
      ...more,
    });
  return counts!;
}

const label = "prune.lock_ring";

test("conform: the same answers with and without labels", async () => {
  const configs = ["waiting"];
  const counts = await countsOf("conform", { configs, labels: true });
  const plain = await countsOf("conform", { configs });
  for (const item of ["PruneClaims", "PruneClaims noop", "Retry waiting"]) {
    expect(counts.of("conform", item)).toBeGreaterThan(0);
    expect(counts.of("conform", item)).toBe(plain.of("conform", item));
  }
  expect(counts.of("conform", label)).toBeGreaterThanOrEqual(counts.of("conform", "PruneClaims"));
  expect(plain.of("conform", label)).toBe(0);
});

test("lockstep: a few random runs", async () => {
  const counts = await countsOf("lockstep", { shard: { index: 1, count: 20 }, labels: true });
  const of = (item: string) => counts.of("lockstep", item);
  expect(of("PruneClaims pruned")).toBeGreaterThan(0);
  expect(of(label)).toBe(of("PruneClaims") + of("PruneQueue") + of("PruneLeases"));
  expect(of("ensure_lane.insert_lane")).toBeGreaterThan(0);
  expect(of("acquire_claimer.look")).toBe(0);
});

test("conform: what only a focused module calls", async () => {
  const counts = await countsOf("conform", { configs: ["rescue-silent"], labels: true });
  expect(counts.of("conform", "RescueCursor Rescue rescued")).toBeGreaterThan(0);
  expect(counts.of("conform", "receipts_between.read_claimed")).toBeGreaterThan(0);
  expect(counts.of("conform", "receipts_between.read_deadlines")).toBe(0);
});

test("interleave: its steps stand at labels anyway", async () => {
  const configs = ["RotateLeases", "PruneLeases"];
  const counts = await countsOf("interleave", { configs });
  const of = (item: string) => counts.of("interleave", item);
  const answers = ["rotated", "skippedBusy", "blocked"].map((word) => of(`RotateLeases ${word}`));
  expect(answers.reduce((a, b) => a + b)).toBe(of("RotateLeases"));
  expect(of("RotateLeases rotated")).toBeGreaterThan(0);
  expect(of(label)).toBe(of("PruneLeases"));
  expect(of("Claim")).toBe(0);
});
