/** C3 on the passes of rescue: green as shipped, and red for each planted bug. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { focusedAnswers, focusedFinding } from "../../correctness/conform/focused-claim.js";
import { readManifest } from "../../correctness/tlc/manifest.js";
import { manifestFile } from "../../correctness/tlc/suite.js";
import { openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { changedSql } from "../../correctness/mutants/changed-sql.js";
import { FocusedTest } from "./focused.js";

let server: PostgresServer;
beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
});
afterAll(() => server.stop());

const passes = new FocusedTest("RescueCursor", () => server);

test("rescue-single and rescue-window, as shipped: every answer occurs", async () => {
  const answers = new Set<string>();
  for (const name of ["rescue-single", "rescue-window"]) {
    const { found, tally, graph } = await passes.walk(name);
    expect(found).toBeNull();
    expect(tally.databases).toBe(graph.states.length);
    expect(tally.checks).toBe(tally.enabled + tally.refused);
    for (const answer of tally.results.keys()) answers.add(answer);
  }
  const entry = (await readManifest(manifestFile())).find((e) => e.name === "rescue-single")!;
  expect(answers).toEqual(new Set(focusedAnswers([entry])));
});

const change = (name: string, from: string, to: string) =>
  changedSql("rescue_pass", name, from, to);
const visit = (from: string, to: string) => change("visit_claim_slot", from, to);
const pass = (from: string, to: string) => change("rescue_pass", from, to);
const order = "ringproof.oldest_generation(v_ring) .. v_ring.generation";
const stop = "coalesce(v_stop - 1, cardinality(v_window))";
const leaseManagedToo = changedSql("rescue", "receipts_due", "a.lease_slot is null", "true");
const perSlot = pass(
  `    exit when cardinality(v_ends) >= p_budget;
    v_ends := v_ends || ringproof.visit_claim_slot(
      p_pass, (v_generation % v_ring.slot_count)::int, p_at, p_budget - cardinality(v_ends),
      p_window);`,
  `    v_ends := v_ends || ringproof.visit_claim_slot(
      p_pass, (v_generation % v_ring.slot_count)::int, p_at, p_budget, p_window);`,
);
const noTurn = change("rescue_window", "p_window - cardinality(v_window));", "0);");

/** What is planted and where; the call that is named; core and Postgres say; what differs. */
type Case = readonly [
  about: string,
  configuration: string,
  amend: string,
  call: string,
  core: string,
  postgres: string,
  differs: readonly ("receipts" | "cursors")[],
];

const rescued = ["Rescue", "rescued", "rescued"] as const;
const both = ["receipts", "cursors"] as const;
/** Nothing is rescued, and the cursor ends somewhere else. */
const moved = ["Rescue", "noop", "noop", ["cursors"]] as const;

const cases: readonly Case[] = [
  [
    "rescue-starvation: the current slot first",
    "rescue-window",
    pass(order, "reverse v_ring.generation .. ringproof.oldest_generation(v_ring)"),
    ...rescued,
    both,
  ],
  [
    "rescue-starvation: slots by their numbers",
    "rescue-window",
    pass(order, "0 .. v_ring.slot_count - 1"),
    ...rescued,
    both,
  ],
  [
    "rescue-starvation-deadline: the current slot first",
    "rescue-deadlines",
    pass(order, "reverse v_ring.generation .. ringproof.oldest_generation(v_ring)"),
    ...rescued,
    both,
  ],
  [
    "rescue-skip: the cursor passes a stale receipt that the budget left open",
    "rescue-window",
    visit(stop, "cardinality(v_window)"),
    ...rescued,
    ["cursors"],
  ],
  [
    "the cursor moves to the receipt before which it stops",
    "rescue-window",
    visit(stop, "coalesce(v_stop, cardinality(v_window))"),
    ...rescued,
    ["cursors"],
  ],
  [
    "the deadline cursor passes an open receipt whose deadline is in the future",
    "rescue-single",
    visit("case p_pass when 'stale' then p_at else 'infinity' end);", "p_at);"),
    ...moved,
  ],
  [
    "the stale cursor stops before a fresh receipt",
    "rescue-window",
    visit("case p_pass when 'stale' then p_at else 'infinity' end);", "'infinity');"),
    ...moved,
  ],
  [
    "rescue-kept-cursor: a truncate leaves the cursors where they are",
    "rescue-window",
    changedSql("rings", "prune", "where p_ring = 'claim' and slot", "where false and slot"),
    "PruneClaims",
    "pruned",
    "pruned",
    ["cursors"],
  ],
  [
    "rescue-kept-cursor: that of deadlines",
    "rescue-single",
    changedSql("rings", "prune", "null, deadline_cursor = null", "null"),
    "PruneClaims",
    "pruned",
    "pruned",
    ["cursors"],
  ],
  ["rescue-stranded: no turn", "rescue-window", noTurn, ...moved],
  ["rescue-stranded-deadline: no turn", "rescue-deadlines", noTurn, ...moved],
  [
    "rescue-double: lease-managed receipts are stale too",
    "rescue-leases",
    leaseManagedToo,
    "Rescue",
    "noop",
    "rescued",
    ["receipts"],
  ],
  [
    "rescue-double: in the order of deadlines the cursor stops before them too",
    "rescue-single",
    leaseManagedToo,
    ...moved,
  ],
  ["the budget is one slot's", "rescue-window", perSlot, ...rescued, both],
  [
    "one slot takes the whole budget, and the next one more",
    "rescue-window",
    pass("exit when cardinality(v_ends) >= p_budget;", "null;"),
    ...rescued,
    ["cursors"],
  ],
  [
    "no window",
    "rescue-leases",
    visit("p_slot, v_cursor, p_window)", "p_slot, v_cursor, 10000)"),
    ...moved,
  ],
  [
    "by number, and not by time",
    "rescue-window",
    change("try_lock_first", "order by place, lane_seq", "order by job_id"),
    ...rescued,
    both,
  ],
  [
    "the place of the cursor is in the window",
    "rescue-leases",
    change("receipts_between", "          > (", "          >= ("),
    ...moved,
  ],
  [
    "a pass moves the other's cursor",
    "rescue-window",
    visit("then deadline_cursor else v_cursor end", "then v_cursor else v_cursor end"),
    ...moved,
  ],
  [
    "stale at the cutoff",
    "rescue-window",
    changedSql("rescue", "receipts_due", "o.claimed_at) < p_at", "o.claimed_at) <= p_at"),
    "Rescue",
    "noop",
    "rescued",
    ["receipts"],
  ],
  [
    "not yet expired at the deadline",
    "rescue-single",
    changedSql("rescue", "receipts_due", "o.deadline_at <= p_at", "o.deadline_at < p_at"),
    "Rescue",
    "rescued",
    "noop",
    both,
  ],
  [
    "passed deadlines are closed as stale",
    "rescue-single",
    change("rescue_expired_deadlines_pass", "'deadlineExpired'", "'rescued'"),
    ...rescued,
    ["receipts"],
  ],
];

describe("planted in Postgres", () => {
  test.each(cases)("%s, on %s", async (_, name, amend, call, core, postgres, differs) => {
    const { found, ...heard } = await passes.finding(name, amend);
    expect(heard).toMatchObject({ call, core, postgres });
    expect(found.changes.map((line) => line.trim().split(":")[0])).toEqual(differs);
  });

  test("rescue-skip, as a person reads it", async () => {
    const skip = visit(stop, "cardinality(v_window)");
    const { found, graph } = await passes.walk("rescue-window", skip);
    const { title, lines, replay } = focusedFinding(found!, graph, "rescue-window");
    expect(title).toBe("Claim(1, 1) → Claim(2, 1) → Tick → Rescue");
    expect(lines.filter((l) => !l.startsWith("callers know:"))).toEqual([
      "configuration rescue-window, the last step on Postgres",
      "the core says:     rescued",
      "Postgres answers:  rescued",
      "afterwards, in the core → on Postgres:",
      "  cursors: [0:{[due:0,id:1]},1:{}] → [0:{[due:0,id:2]},1:{}]",
    ]);
    expect(replay).toBe(`ringproof conform rescue-window --database ${found!.index}`);
  });
});
