/** The plans on disk: what they are of, and that Postgres takes them. */

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { operations } from "../../correctness/interleave/places.js";
import { moduleFile, moduleText, plansOf, readPlans } from "../../correctness/locks/files.js";
import { labelsOf, outside } from "../../correctness/locks/labels.js";
import type { Plan } from "../../correctness/locks/plan.js";
import { situations } from "../../correctness/locks/situations.js";
import { actions } from "../../src/core/index.js";
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

  test.each(operations.filter((name) => actions[name].family === "rings"))(
    "%s is also kept from what it tries to lock",
    (operation) => {
      const own = plans.filter((plan) => plan.operation === operation);
      expect(own.some((p) => p.situation.includes("with somebody in the way of"))).toBe(true);
    },
  );
});

test("maintenance waits for no relation that others lock against it", () => {
  const strong = plans
    .filter(({ operation }) => actions[operation as "PruneQueue"].family === "rings")
    .flatMap(({ steps }) => steps)
    .filter(({ mode }) => /^(Share|Exclusive|AccessExclusive)/.test(mode));
  expect(strong.length).toBeGreaterThan(0);
  expect(strong.filter(({ policy }) => policy === "wait")).toEqual([]);
});

describe("labels", () => {
  test("what an operation calls, and what only others call", () => {
    expect(labelsOf(["PurgeDlq"])).toEqual(["purge_dlq.lock_dead", "purge_dlq.delete_dead"]);
    expect(labelsOf(["Claim"])).toContain("pin_slot.lock_slot");
    expect(labelsOf(["PruneQueue"])).toContain("carry_forward.move_kept");
    expect(outside()).toContain("rollup_terminal_counts.truncate");
    expect(outside()).not.toContain("fold_deltas.fold_deltas");
  });
});

/** One of each kind; `ringproof locks` looks at all of them. */
describe("Postgres takes the plans of", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await openPostgres({ kind: "embedded" });
  });
  afterAll(() => server.stop());

  test.each(["Claim", "PurgeDlq", "RescueStaleReceipts", "RotateQueue", "PruneClaims"] as const)(
    "%s",
    async (operation) => expect(await differencesOf(server, operation)).toEqual([]),
  );
});
