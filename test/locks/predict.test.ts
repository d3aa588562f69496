/** What TLC predicts for changed SQL happens on Postgres, and not on the SQL as it is. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { predictions, type Prediction } from "../../correctness/locks/predict.js";
import { predictedResult } from "../../correctness/locks/predicted.js";
import { openPostgres, type PostgresServer } from "../../src/postgres/server.js";

let server: PostgresServer;
let found: readonly Prediction[];
beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
  const { signal } = new AbortController();
  found = await predictions(server, { signal, progress: () => undefined });
});
afterAll(() => server.stop());

const prediction = (config: string): Prediction => found.find((p) => p.config === config)!;

test("each is real", () => {
  expect(found.map(({ config, real }) => [config, real])).toEqual([
    ["lock-lanes", true],
    ["lock-unordered", true],
    ["lock-waits", true],
  ]);
});

describe.each([
  ["lock-lanes", "PromoteDeferred", "promoted", "lane_enqueue_heads", ["a", "b", "b", "a"]],
  ["lock-unordered", "CancelReady", "cancelled", "lane_claim_heads", ["b", "a", "a", "b"]],
])("%s", (config, operation, answer, table, lanes) => {
  test("TLC finds two that lock two rows the other way round", () => {
    const { property, operations, schedule } = prediction(config);
    expect([property, operations]).toEqual(["NoDeadlock", [operation, operation]]);
    const rows = schedule.map((turn) => /(\w+#\w+)/.exec(turn)![1]);
    expect(rows).toEqual(lanes.map((lane) => `${table}#${lane}`));
  });

  test("on Postgres each waits for the other, and one is ended", () => {
    const { reached, waiting, victim, answers } = prediction(config).wrong;
    expect(reached).toEqual(["has", "has", "waits", "waits"]);
    expect(waiting.map(({ session, waitsFor }) => [session, waitsFor])).toEqual([
      [0, [1]],
      [1, [0]],
    ]);
    expect(answers[victim!]).toBe("40P01");
    expect(answers[1 - victim!]).toContain(answer);
  });

  test("on the SQL as it is the second waits, and both answer", () => {
    const { waiting, victim, answers } = prediction(config).right;
    expect(waiting.map(({ session, waitsFor }) => [session, waitsFor])).toEqual([[1, [0]]]);
    expect(victim).toBeNull();
    for (const each of answers) expect(each).toContain(answer);
  });
});

describe("lock-waits", () => {
  test("TLC finds prune in the queue of a partition that a claim reads", () => {
    const { property, operations, schedule } = prediction("lock-waits");
    expect([property, operations]).toEqual(["NoConvoy", ["Claim", "PruneQueue", "Claim"]]);
    expect(schedule.at(-1)).toMatch(/^2 PruneQueue waits for \w+_0 \(AccessExclusiveLock\)$/);
  });

  test("on Postgres the claim of another lane queues behind prune", () => {
    const { reached, waiting } = prediction("lock-waits").wrong;
    expect(reached.at(-1)).toBe("waits");
    const [on] = /\w+_0/.exec(prediction("lock-waits").schedule.at(-1)!)!;
    expect(waiting).toEqual([
      { session: 1, on, waitsFor: [0] },
      { session: 2, on: expect.stringMatching(/_0$/), waitsFor: [1] },
    ]);
  });

  test("on the SQL as it is prune says blocked, and nobody waits", () => {
    const { waiting, victim, answers } = prediction("lock-waits").right;
    expect([waiting, victim]).toEqual([[], null]);
    expect(answers[1]).toContain("blocked");
    expect(answers[0]).toContain("run_lease");
    expect(answers[2]).toContain("run_lease");
  });
});

describe("what --predict says", () => {
  test("the turns, who waits for whom, and whom Postgres ends", () => {
    const { verdict, rows, note } = predictedResult(found, 1);
    expect([verdict, rows.map(({ wording }) => wording)]).toEqual(["holds", Array(3).fill("real")]);
    for (const line of [
      "    2 PromoteDeferred waits for lane_enqueue_heads#a (ForNoKeyUpdate)",
      "    2 PromoteDeferred waits for 1, for a row",
      "    3 Claim waits for 2, for ready_entries_0",
      "    Postgres ends nobody",
    ])
      expect(note!.split("\n")).toContain(line);
    expect(note).toMatch(/^ {4}Postgres ends [12] CancelReady: a deadlock$/m);
  });

  test("one that does not come true is a violation, with all that was seen", () => {
    const [first, ...others] = found;
    const result = predictedResult([{ ...first!, real: false }, ...others], 1);
    expect([result.verdict, result.covered["differences"]]).toEqual(["violated", 1]);
    expect(result.findings).toHaveLength(1);
    expect(result.findings[0]!.title).toBe(
      "lock-lanes: Postgres does something else than TLC says",
    );
    expect(result.findings[0]!.lines).toContain("  on Postgres, with the SQL as it is:");
  });
});
