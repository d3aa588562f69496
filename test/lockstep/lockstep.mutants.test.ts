/** Each planted bug is found, and told by a trace that fits on one line. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runLockstep, type Failure } from "../../correctness/lockstep/lockstep.js";
import { badStepLines, traceText } from "../../correctness/lockstep/text.js";
import type { ActionTable } from "../../src/core/index.js";
import { openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { coreMutants, sqlMutants } from "./mutants.js";
import { smallScope as small } from "../../correctness/lockstep/claim.js";

let server: PostgresServer;
beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
});
afterAll(() => server.stop());

/** What is said of bugs after which all rows are, to the model, as they should be. */
const beyondTheModel: Readonly<Record<string, RegExp>> = {
  "closures are late": /a new row of leaseClaimClosures \(.*\) bears p_now \+ 1 s/,
  "rebuild counts what deltas will add":
    /bucket \d: (?:2 counted, 1|1 counted, 0) there\n[^]*rebuild_terminal_counts\(\).*rebuilt/,
  "a heartbeat answers twice": /it gives 2 answers to 1 calls/,
  "a lane that is there draws a number": /ensure_lane, of a lane that is there, a number is drawn/,
  "a lane waits since its last job came":
    /- (\w\/\d+\/0) waits since tick (\d)\n {2}\+ \1 waits since tick (?!\2)\d/,
  "a parked attempt counts as a silent one":
    /- claim slot 0 callbackWait: [^]*\+ claim slot 0 (staleAttempt|longAttempt): /,
  "who waits for a lock counts as a reader":
    /\+ \w+ slot \d reader: session \d+ \(active\) holds AccessExclusiveLock /,
  "a queue has the dead jobs of all":
    /- (\w has a backlog of \d+, \d+ deferred), 0 dead\n {2}\+ \1, 1 dead/,
};

async function hunt(planted: { core?: ActionTable; amend?: string }): Promise<Failure> {
  const { core, ...rest } = planted;
  const tables = core ? { core } : {};
  const size = { scope: small, runs: 160, steps: 80, connections: 1 };
  const { failure } = await runLockstep({ server, seed: 7, tables, ...size, ...rest });
  return failure!;
}

function expectShort(failure: Failure): void {
  expect(failure).toBeDefined();
  expect(failure.trace.length, traceText(failure.trace)).toBeLessThanOrEqual(12);
}

describe.concurrent("in the core", () => {
  test.each(Object.entries(coreMutants))("%s", async (_, core) => {
    expectShort(await hunt({ core }));
  });
});

describe.concurrent("in Postgres", () => {
  test.each(Object.entries(sqlMutants))("%s", async (name, amend) => {
    const failure = await hunt({ amend });
    expectShort(failure);
    const fault = beyondTheModel[name];
    if (!fault) return;
    expect(failure.bad.rows).toEqual([]);
    expect(badStepLines(failure.bad).join("\n")).toMatch(fault);
  });
});

test("where core and Postgres are wrong alike, the contract says so", async () => {
  const name = "queue prune ignores pending rows";
  const failure = await hunt({ core: coreMutants[name]!, amend: sqlMutants[name]! });
  expectShort(failure);
  expect(failure.bad.rows).toEqual([]);
  expect(badStepLines(failure.bad)[3]).toMatch(/contract says {2}Forget says forgotten, but j1/);
});

test("seed and path replay the shortest trace, and nothing else", async () => {
  const core = coreMutants["cancel forgets the tombstone"]!;
  const options = { server, scope: small, seed: 1, runs: 16, steps: 100, tables: { core } };
  const { failure } = await runLockstep(options);
  const again = await runLockstep({ ...options, path: failure!.path });
  expect(again.failure).toEqual({ ...failure, tried: 1 });
  const mended = await runLockstep({ ...options, tables: {}, path: failure!.path });
  expect(mended).toMatchObject({ runs: 1, steps: failure!.trace.length });
  expect(mended.failure).toBeUndefined();
});
