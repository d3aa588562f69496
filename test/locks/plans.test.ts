/** The plans on disk: what they are of, and that Postgres takes them. */

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { operations } from "../../correctness/interleave/places.js";
import { definitions } from "../../correctness/definitions.js";
import { unreached } from "../../correctness/locks/claim.js";
import { moduleFile, moduleText, plansOf, readPlans } from "../../correctness/locks/files.js";
import { twinFor } from "../../correctness/locks/further.js";
import { allLabels, labelsOf } from "../../correctness/locks/labels.js";
import { allOperations, functionOf, furtherNames } from "../../correctness/locks/operations.js";
import type { Plan } from "../../correctness/locks/plan.js";
import { Site } from "../../correctness/locks/site.js";
import { situations } from "../../correctness/locks/situations.js";
import { actions, wordsOf } from "../../src/core/index.js";
import { operationsOf, taskNames } from "../../src/postgres/tasks.js";
import { openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { differencesOf } from "./recorded.js";

let plans: readonly Plan[];
beforeAll(async () => {
  plans = (await readPlans()).plans.flatMap(plansOf);
});

test("the module is what is generated from them", async () => {
  expect(readFileSync(moduleFile(), "utf8")).toBe(moduleText(await readPlans()));
});

describe("situations", () => {
  const all = situations();

  test("have names of their own", () => {
    const names = all.map(({ operation, name }) => `${operation} ${name}`);
    expect(new Set(names).size).toBe(names.length);
  });

  test("are those of the plans, in each of the three calls", () => {
    const known = new Set(plans.map((p) => `${p.operation} ${p.situation} ${p.call}`));
    for (const { operation, name } of all)
      for (const call of ["first", "planning", "generic"])
        expect(known).toContain(`${operation} ${name} ${call}`);
  });

  test.each(operations)("%s succeeds in one and is refused in another", (operation) => {
    const told = all.filter((s) => s.operation === operation).map(({ name }) => name);
    const [success, ...refusals] = actions[operation].answers.map((word) => word.split(" ")[0]!);
    const answered = (word: string) => told.some((name) => name.includes(`: ${word}`));
    expect(answered(success!)).toBe(true);
    expect(refusals.some(answered)).toBe(true);
  });

  const trying = [
    ...operations.filter((name) => actions[name].family === "rings"),
    ...(["ClaimFromQueue", "RescueStaleReceiptsPass", "RescueExpiredDeadlinesPass"] as const),
    ...(["RollupTerminalCounts", "RebuildTerminalCounts"] as const),
  ];
  test.each(trying)("%s is also kept from what it tries to lock", (operation) => {
    const own = plans.filter((plan) => plan.operation === operation);
    expect(own.some((p) => p.situation.includes("with somebody in the way of"))).toBe(true);
  });
});

test("nobody waits for a lock of a relation behind which workers would wait", () => {
  const strong = plans.flatMap(({ operation, steps }) =>
    steps
      .filter(({ mode }) => /^(Share|Exclusive|AccessExclusive)/.test(mode))
      .map(({ policy }) => ({ operation, policy })),
  );
  const maintenance = new Set(strong.map(({ operation }) => operation));
  expect(maintenance).toContain("PruneLeases");
  expect(maintenance).toContain("RollupTerminalCounts");
  expect(strong.filter(({ policy }) => policy === "wait")).toEqual([]);
});

test("every call that ships is an operation", () => {
  const called = new Set(taskNames.flatMap(operationsOf));
  expect([...called].sort()).toEqual(allOperations.map(functionOf).sort());
});

describe("labels", () => {
  test("each is of some operation", () => {
    expect([...labelsOf(allOperations)].sort()).toEqual([...allLabels()].sort());
    expect(definitions().flatMap(({ sql }) => sql.match(/--@ /g) ?? [])).toHaveLength(
      allLabels().length,
    );
  });

  test("one that no call comes to is told, where all calls are made", () => {
    const some = allLabels().filter((label) => label !== "rollup_terminal_counts.truncate");
    const [finding, ...others] = unreached(allOperations, new Set(some));
    expect(finding!.title).toBe("no call came to rollup_terminal_counts.truncate");
    expect(others).toEqual([]);
    expect(unreached(allOperations, new Set(allLabels()))).toEqual([]);
    expect(unreached(["PurgeDlq"], new Set())).toEqual([]);
  });

  test("what an operation calls", () => {
    expect(labelsOf(["PurgeDlq"])).toEqual(["purge_dlq.lock_dead", "purge_dlq.delete_dead"]);
    expect(labelsOf(["Claim"])).toContain("pin_slot.lock_slot");
    expect(labelsOf(["PruneQueue"])).toContain("carry_forward.move_kept");
    expect(labelsOf(["RollupTerminalCounts"])).toContain("fold_deltas.fold_deltas");
  });
});

/** One of each kind; `ringproof locks` looks at all of them. */
describe("Postgres takes the plans of", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await openPostgres({ kind: "embedded" });
  });
  afterAll(() => server.stop());

  test.each([
    ...(["Claim", "PurgeDlq", "RescueStaleReceipts", "RotateQueue", "PruneClaims"] as const),
    ...(["ClaimFromQueue", "RollupTerminalCounts", "AcquireClaimer"] as const),
  ])("%s", async (operation) => expect(await differencesOf(server, operation)).toEqual([]));
});

describe("calls that are no action answer what is said of them", () => {
  let server: PostgresServer;
  let site: Site;
  beforeAll(async () => {
    server = await openPostgres({ kind: "embedded" });
    site = await Site.open(server);
  });
  afterAll(async () => {
    await site.close();
    await server.stop();
  });

  test.each(situations(furtherNames).map((each) => [each.name, each] as const))(
    "%s",
    async (name, situation) => {
      const text = await site.load(situation);
      await site.controller.query("begin");
      const { rows } = await site.controller.query(text);
      await site.controller.query("rollback");
      const { operation, list } = situation;
      const { outcomes } = twinFor(operation).answer(rows, list, site.cast.binding);
      const words = [...new Set(outcomes.flatMap(wordsOf))].join(", ");
      const said = name.replace(/, rows the other way round|, hashed/g, "");
      expect(said).toMatch(new RegExp(`: ${words}$`));
    },
  );
});
