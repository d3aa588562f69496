/** What looks for mutants finds them, puts the SQL back, and does not find what ships. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { extents, planFor } from "../../correctness/interleave/plan.js";
import { withRowLocks } from "../../correctness/interleave/row-locks.js";
import { changed } from "../../correctness/mutants/changed-sql.js";
import { ConformHunter } from "../../correctness/mutants/conforming.js";
import { coreMutants, exploreAll, strays, strayedText } from "../../correctness/mutants/core.js";
import { Stillborn, type Hunter } from "../../correctness/mutants/hunter.js";
import { LocksHunter } from "../../correctness/mutants/locking.js";
import { InterleaveHunter } from "../../correctness/mutants/racing.js";
import type { SqlMutant } from "../../correctness/mutants/sql-mutant.js";
import { systematicMutants } from "../../correctness/mutants/systematic.js";
import { treesOf } from "../../correctness/mutants/trees.js";
import { LockstepHunter } from "../../correctness/mutants/walking.js";
import { readManifest } from "../../correctness/tlc/manifest.js";
import { manifestFile } from "../../correctness/tlc/suite.js";
import { openPostgres, type PostgresServer } from "../../src/postgres/server.js";

let server: PostgresServer;
beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
});
afterAll(() => server.stop());

const systematic = systematicMutants();
const named = (name: string): SqlMutant => systematic.find((mutant) => mutant.name === name)!;

/** The same SQL as before. */
const unchanged = (mutant: SqlMutant): SqlMutant => ({
  ...mutant,
  changes: mutant.changes.map(({ definition }) => ({ definition, sql: definition.sql })),
});

const planted = (like: SqlMutant, ...change: Parameters<typeof changed>): SqlMutant => ({
  ...like,
  changes: [changed(...change)],
});

const manifest = await readManifest(manifestFile());
const entriesOf = (names: readonly string[]) => manifest.filter((e) => names.includes(e.name));
const explored = await exploreAll(entriesOf(["cursor"]));

async function using<T>(hunter: Hunter, work: (hunter: Hunter) => Promise<T>): Promise<T> {
  try {
    return await work(hunter);
  } finally {
    await hunter.close();
  }
}

const conforming = () =>
  ConformHunter.open(server, entriesOf(["cursor", "claimer-lease"]), treesOf(explored));

describe("conform", () => {
  const append = named("append_ready.offByOne.1");

  test("a mutant is found by the calls that reach it, and gone afterwards", async () => {
    await using(await conforming(), async (hunter) => {
      const kill = await hunter.hunt(append);
      expect(kill).toMatchObject({ check: "conform", steps: 1 });
      expect(kill!.how).toMatch(/^Enqueue\(/);
      expect(await hunter.hunt(unchanged(append))).toBeNull();
    });
  });

  test("one of a focused module", async () => {
    await using(await conforming(), async (hunter) => {
      const kill = await hunter.hunt(named("claimer_choice.moveBound.1"));
      expect(kill!.how).toMatch(/Acquire/);
    });
  });

  test("a call that never ends", async () => {
    const endless = planted(append, "slots", "pin_slot", "exit when v_slot =", "exit when -1 =");
    await using(await conforming(), async (hunter) => {
      expect((await hunter.hunt(endless))!.how).toMatch(/57014/);
    });
  });

  test("a core that answers something else", async () => {
    const noop = coreMutants(explored).find((m) => m.name === "CancelReady.dropGuard.notReady")!;
    expect(strays(noop, explored)).toBeNull();
    await using(await conforming(), async (hunter) => {
      expect((await (hunter as ConformHunter).huntCore(noop))!.how).toMatch(
        /CancelReady\(j\d\): notReady, not cancelled$/,
      );
    });
  });

  test("what Postgres does not take is no mutant", async () => {
    const wrong = planted(append, "slots", "pin_slot", "begin\n", "begun\n");
    await using(await conforming(), async (hunter) => {
      await expect(hunter.hunt(wrong)).rejects.toThrow(Stillborn);
      expect(await hunter.hunt(unchanged(append))).toBeNull();
    });
  });
});

test("locks", async () => {
  const late = named("lock_lanes_of.dropOrder.1");
  await using(await LocksHunter.open(server), async (hunter) => {
    expect(await hunter.hunt(late)).toMatchObject({ check: "locks", how: /lane_claim_heads/ });
    expect(await hunter.hunt(unchanged(late))).toBeNull();
  });
});

test("locks: by a call that is no action of the model, and by an error that it keeps", async () => {
  const patient = named("visit_claim_slot.wait.1");
  const masked = named("try_lock_deltas.swallowErrors.1");
  await using(await LocksHunter.open(server), async (hunter) => {
    expect((await hunter.hunt(patient))!.how).toMatch(
      /^RescueStaleReceiptsPass, .* claim_slots#0$/,
    );
    expect((await hunter.hunt(masked))!.how).toBe(
      "RollupTerminalCounts: an error at try_lock_deltas.lock_deltas does not come out",
    );
    expect(await hunter.hunt(unchanged(masked))).toBeNull();
  });
});

test("interleave", async () => {
  const { work } = planFor(extents.quick, ["Claim"]);
  const claims = work.filter(({ name }) => name === "Claim × Claim");
  const twice = named("hand_out.dropRowLock.1");
  await withRowLocks(server, async () =>
    using(await InterleaveHunter.open(server, claims, 0), async (hunter) => {
      const kill = await hunter.hunt(twice);
      expect(kill).toMatchObject({ check: "interleave" });
      expect(kill!.how).toMatch(/^Claim × Claim: unexplained: claimed/);
      expect(await hunter.hunt(unchanged(twice))).toBeNull();
    }),
  );
});

test("interleave: an error that does not come out", async () => {
  const { work } = planFor(extents.quick, ["PruneClaims"]);
  const some = work.filter(({ name }) => name === "PruneClaims × PruneClaims");
  const masked = named("try_truncate_slot.swallowErrors.1");
  await withRowLocks(server, async () =>
    using(await InterleaveHunter.open(server, some, 0), async (hunter) => {
      const kill = await hunter.hunt(masked);
      expect(kill!.how).toMatch(/PruneClaims: an error at try_truncate_slot.truncate does not/);
      expect(await hunter.hunt(unchanged(masked))).toBeNull();
    }),
  );
});

test("lockstep", async () => {
  const like = named("rebuild_terminal_counts.forgetCondition.1");
  const twice = planted(like, "counts", "rebuild_terminal_counts", "-d.delta", "0");
  const hunter = new LockstepHunter(server);
  expect(await hunter.hunt(twice)).toMatchObject({ check: "lockstep" });
  const metrics = await hunter.hunt(named("ring_metrics.offByOne.1"));
  expect(metrics!.how).toMatch(/: the claim ring is in slot 0 of 2, 0 in use$/);
  const from = "from ringproof.unended_jobs";
  const unread = planted(like, "evidence", "jobs", from, `${from} where 1 / (lane_id * 0) = 1`);
  expect(await hunter.hunt(unread)).toMatchObject({ how: "22012 division by zero" });
  const begun = planted(like, "slots", "pin_slot", "begin\n", "begun\n");
  await expect(hunter.hunt(begun)).rejects.toThrow(Stillborn);
});

describe("the graph", () => {
  const mutants = coreMutants(explored);

  test("finds an action without one of its guards, or of its effects", () => {
    const found = (name: string) =>
      strays(
        mutants.find((m) => m.name === name)!,
        explored,
      );
    expect(strayedText(found("CancelReady.dropEffect.readyTombstones")!)).toBe(
      "cursor: Enqueue(a, j1) → CancelReady(j1)",
    );
    expect(strayedText(found("PruneQueue.dropGuard.skippedActive.queuePendingReady")!)).toMatch(
      /PruneQueue$/,
    );
  });
});
