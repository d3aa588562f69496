/**
 * Races that were there, or would be. What the quick tier runs of these operations shows each, but
 * for one, which takes a switch more.
 */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Arena } from "../../correctness/interleave/arena.js";
import { meet, type Fault, type Violation } from "../../correctness/interleave/meet.js";
import { extents, planFor } from "../../correctness/interleave/plan.js";
import { withRowLocks } from "../../correctness/interleave/row-locks.js";
import { arenaScope } from "../../correctness/interleave/scopes.js";
import { outcomeText } from "../../correctness/report/calls.js";
import { openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { changedSql } from "../../correctness/mutants/changed-sql.js";

let server: PostgresServer;
beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
});
afterAll(() => server.stop());

interface Race {
  /** What meets. */
  readonly name: string;
  /** The bug. */
  readonly amend: string;
  readonly fault: Fault;
  /** What the callers are told. */
  readonly told: RegExp;
  /** The tier whose switches it takes; quick unless said. */
  readonly switches?: number;
}

const races: Readonly<Record<string, Race>> = {
  "terminal facts are looked for again once their receipts are closed": {
    name: "CompleteFast × DiscardTerminal",
    amend: changedSql(
      "terminal",
      "discard_terminal",
      "join unnest(v_ended) e using (job_id, run_lease)),",
      "where f.job_id = any (p_job_ids)),",
    ),
    fault: "unexplained",
    told: /completed.*discarded|discarded.*completed/,
  },
  "workers end an attempt without its mutex": {
    name: "CompleteFast × Fail",
    amend: changedSql("attempt", "lock_receipts", "for update);", ");"),
    fault: "unexplained",
    told: /failed.*completed|completed.*failed/,
  },
  "cancel does not keep claims away": {
    name: "Claim × CancelReady",
    amend: changedSql("admin", "lock_lanes_of", " order by lane_id for update;", ";"),
    fault: "unexplained",
    told: /claimed.*cancelled|cancelled.*claimed/,
  },
  "a job that is moved while its lane is locked is not found": {
    name: "CancelReady × MoveReady",
    amend: changedSql(
      "admin",
      "lock_lanes_of",
      "exit when not exists (",
      "exit when true or exists (",
    ),
    fault: "unexplained",
    told: /notReady, moved|moved, notReady/,
  },
  "two claims of a lane at once": {
    name: "Claim × Claim",
    amend: changedSql("claim", "hand_out", "for update skip locked", ""),
    fault: "unexplained",
    told: /claimed (j\d\/\d).*(claimed \1|error)/,
  },
  "two rotations of a ring at once": {
    name: "RotateQueue × RotateQueue",
    amend: changedSql("rings", "rotate", "if not found then return", "if false then return"),
    fault: "unexplained",
    told: /rotated, rotated/,
  },
  "prune does not look again under its locks": {
    name: "Claim × RotateClaims × PruneClaims",
    amend: changedSql(
      "rings",
      "prune",
      "    v_reason := ringproof.slot_pinned(p_ring, v_slot);\n  end if;",
      "  end if;",
    ),
    switches: extents.full.switches,
    fault: "unexplained",
    told: /claimed j\d\/\d, rotated, pruned/,
  },
  "prune waits for the locks of a slot": {
    name: "DiscardTerminal × PruneClaims",
    amend: changedSql("slots", "try_lock_slot", "in %s mode nowait", "in %s mode"),
    fault: "convoy",
    told: /discarded/,
  },
  "rotate gives up where somebody only reads": {
    name: "DiscardTerminal × RotateClaims",
    amend: changedSql("rings", "rotate", "v_next, 'share')", "v_next, 'access exclusive')"),
    fault: "unexplained",
    told: /blocked/,
  },
  "producers lock what claims lock, in another order": {
    name: "Enqueue × MoveReady",
    amend: changedSql(
      "producers",
      "append_ready",
      "  --@ insert_ready\n",
      "  perform from ringproof.lane_claim_heads for update;\n  --@ insert_ready\n",
    ),
    fault: "deadlock",
    told: /error deadlock detected/,
  },
  "a slot is written into whether or not it is still the current one": {
    name: "Claim × RotateClaims × PruneClaims",
    amend: changedSql(
      "slots",
      "pin_slot",
      "exit when v_slot = (select current_slot from ringproof.rings where ring = p_ring);",
      "exit when true;",
    ),
    fault: "unexplained",
    told: /claimed j\d\/\d, rotated, pruned/,
  },
};

/** The first run of those calls in the quick tier in which something is wrong. */
async function violation(race: Race): Promise<Violation | null> {
  const { name, amend, switches = extents.quick.switches } = race;
  const { work } = planFor({ ...extents.quick, switches }, name.split(" × "));
  const place = { schema: "races", number: 0, scope: arenaScope, sessions: 3 };
  const arena = await Arena.open(server, { ...place, amend });
  try {
    for (const each of work.filter((w) => w.name === name)) {
      const { atMost, schedule } = each;
      const met = await meet(arena, each, { atMost, schedule: schedule() });
      if (met.violation) return met.violation;
    }
    return null;
  } finally {
    await arena.close();
  }
}

describe.each(Object.entries(races))("%s", (_, race) => {
  test(`some schedule of ${race.name} shows it`, async () => {
    const found = await withRowLocks(server, () => violation(race));
    const told = found?.ran.outcomes.map((o) =>
      o instanceof Error ? `error ${o.message}` : outcomeText(o),
    );
    expect(told?.join(", ")).toMatch(race.told);
    expect(found!.fault).toBe(race.fault);
  });
});
