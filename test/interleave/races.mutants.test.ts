/** Races that were there, or would be: some schedule meets each; the SQL as it is has none. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { replay } from "../../correctness/explore/explorer.js";
import { Arena } from "../../correctness/interleave/arena.js";
import { withRowLocks } from "../../correctness/interleave/row-locks.js";
import { meet, type Met } from "../../correctness/interleave/meet.js";
import { areas, meeting } from "../../correctness/interleave/scopes.js";
import { outcomeText } from "../../correctness/report/calls.js";
import { storageMachine, type Call, type Scope } from "../../src/core/index.js";
import { openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { changedSql } from "../changed-sql.js";

let server: PostgresServer;
beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
});
afterAll(() => server.stop());

const scope: Scope = meeting(areas.find(({ name }) => name === "ending")!);

interface Race {
  readonly way: readonly Call[];
  readonly calls: readonly Call[];
  /** The bug. */
  readonly amend: string;
  /** What the callers may be told then, which no order of their calls explains. */
  readonly told: RegExp;
}

const token = { job: "j1", lease: 1 };
const enqueue: Call = { action: "Enqueue", args: { lane: "a", batch: ["j1"], wait: 0 } };
const both: Call = { action: "Enqueue", args: { lane: "a", batch: ["j1", "j2"], wait: 0 } };
const claim: Call = { action: "Claim", args: { lane: "a", n: 1, deadline: 99 } };
const completeFast: Call = { action: "CompleteFast", args: { tokens: [token] } };
const fail: Call = { action: "Fail", args: { token } };
const cancel: Call = { action: "CancelReady", args: { job: "j1" } };
const discard: Call = { action: "DiscardTerminal", args: { job: "j1" } };
const rotateClaims: Call = { action: "RotateClaims", args: {} };
const pruneClaims: Call = { action: "PruneClaims", args: {} };
const rotateQueue: Call = { action: "RotateQueue", args: {} };

const races: Readonly<Record<string, Race>> = {
  "terminal facts are looked for again once their receipts are closed": {
    way: [enqueue, claim],
    calls: [completeFast, discard],
    amend: changedSql(
      "terminal",
      "discard_terminal",
      "join unnest(v_ended) e using (job_id, run_lease)),",
      "where f.job_id = any (p_job_ids)),",
    ),
    told: /answered completed, discarded/,
  },
  "workers end an attempt without its mutex": {
    way: [enqueue, claim],
    calls: [completeFast, fail],
    amend: changedSql("attempt", "lock_receipts", "for update;", ";"),
    told: /answered completed, failed/,
  },
  "cancel does not keep claims away": {
    way: [enqueue],
    calls: [claim, cancel],
    amend: changedSql("admin", "lock_lanes_of", " order by lane_id for update;", ";"),
    told: /claimed j1\/1, cancelled/,
  },
  "two claims of a lane at once": {
    way: [both],
    calls: [claim, claim],
    amend: changedSql("claim", "claim", "for update skip locked", ""),
    told: /claimed j1\/1, (claimed j1\/1|error)/,
  },
  "two rotations of a ring at once": {
    way: [enqueue],
    calls: [rotateQueue, rotateQueue],
    amend: changedSql("rings", "rotate", "if not found then return", "if false then return"),
    told: /rotated, rotated/,
  },
  "prune does not look again under its locks": {
    way: [both, claim, completeFast],
    calls: [claim, rotateClaims, pruneClaims],
    amend: changedSql(
      "rings",
      "prune",
      "    v_reason := ringproof.slot_pinned(p_ring, v_slot);\n  end if;",
      "  end if;",
    ),
    told: /claimed j2\/1, rotated, pruned/,
  },
};

async function met({ way, calls }: Race, amend?: string): Promise<Met> {
  const arena = await Arena.open(server, {
    schema: "races",
    scope,
    sessions: calls.length,
    number: 0,
    ...(amend && { amend }),
  });
  try {
    const { state } = replay(way, storageMachine(scope)).at(-1)!;
    return await withRowLocks(server, () =>
      meet(arena, { scope, way, state, calls }, { atMost: 200 }),
    );
  } finally {
    await arena.close();
  }
}

describe.each(Object.entries(races))("%s", (_, race) => {
  test("some schedule shows it", async () => {
    const { violation } = await met(race, race.amend);
    const told = violation?.ran.outcomes.map((o) =>
      o instanceof Error ? `error ${o.message}` : outcomeText(o),
    );
    expect(told?.join(", ")).toMatch(race.told);
  });

  test("the SQL as it is: every schedule up to the 200th is explained", async () => {
    const { violation, interleavings, runs } = await met(race);
    expect(violation).toBeNull();
    expect(interleavings).toBeGreaterThan(runs);
  });
});
