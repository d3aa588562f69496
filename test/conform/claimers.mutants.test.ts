/** C3 on the claimer leases: green as shipped, and red for each planted bug. */

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

const leases = new FocusedTest("ClaimerLease", () => server);

test.each(["claimer-lease", "claimer-expiry"])(
  "%s, as shipped: every state, and every answer occurs",
  async (name) => {
    const { found, tally, graph } = await leases.walk(name);
    expect(found).toBeNull();
    const entry = (await readManifest(manifestFile())).find((e) => e.name === name)!;
    expect(graph.states.length).toBe(entry.expect.verdict === "holds" && entry.expect.distinct);
    expect(tally.checks).toBe(tally.enabled + tally.refused);
    expect(new Set(tally.results.keys())).toEqual(new Set(focusedAnswers([entry])));
  },
);

const says = (from: string, to: string) => changedSql("claimers", "claimer_says", from, to);
const choice = (from: string, to: string) => changedSql("claimers", "claimer_choice", from, to);
const acquire = (from: string, to: string) => changedSql("claimers", "acquire_claimer", from, to);
const claimed = (from: string, to: string) => changedSql("claimers", "claimer_claimed", from, to);

/** What is planted and on which configuration; the call that is named; core and Postgres say. */
type Case = readonly [
  about: string,
  configuration: "claimer-lease" | "claimer-expiry" | "claimer-slots",
  amend: string,
  call: string,
  core: string,
  postgres: string,
];

const cases: readonly Case[] = [
  [
    "claimer-steal: refreshes only when a peer may take the slot",
    "claimer-lease",
    says("p_idle / 2", "p_idle"),
    "Claimed(x)",
    "refreshed",
    "fresh",
  ],
  [
    "claimer-half: looks at idleness only",
    "claimer-expiry",
    says(" or expires_at <= p_now + p_ttl / 2\n", "\n"),
    "Claimed(x)",
    "refreshed",
    "fresh",
  ],
  [
    "the other half: looks at the expiry only",
    "claimer-lease",
    says("last_claimed_at <= p_now - p_idle / 2 or ", ""),
    "Claimed(x)",
    "refreshed",
    "fresh",
  ],
  [
    "half idle: < for <=",
    "claimer-lease",
    says("last_claimed_at <= ", "last_claimed_at < "),
    "Claimed(x)",
    "refreshed",
    "fresh",
  ],
  [
    "half the time to live: < for <=",
    "claimer-expiry",
    says("expires_at <= ", "expires_at < "),
    "Claimed(x)",
    "refreshed",
    "fresh",
  ],
  [
    "half the time to live: a tick early",
    "claimer-expiry",
    says("p_now + p_ttl / 2", "p_now + p_ttl / 2 + interval '1 h'"),
    "Claimed(x)",
    "fresh",
    "refreshed",
  ],
  [
    "idle: < for <=",
    "claimer-lease",
    choice("last_claimed_at <= ", "last_claimed_at < "),
    "Acquire(y)",
    "acquired",
    "full",
  ],
  [
    "expired: < for <=",
    "claimer-expiry",
    choice("l.expires_at <= p_now", "l.expires_at < p_now"),
    "Acquire(x)",
    "acquired",
    "full",
  ],
  [
    "its own slot: >= for >",
    "claimer-expiry",
    choice("l.expires_at > p_now", "l.expires_at >= p_now"),
    "Acquire(x)",
    "acquired",
    "kept",
  ],
  [
    "the epoch is not raised",
    "claimer-lease",
    choice("else lease_epoch + 1", "else lease_epoch"),
    "Acquire(y)",
    "acquired",
    "acquired",
  ],
  [
    "the epoch is raised for the same owner",
    "claimer-expiry",
    choice("when owner = p_owner then lease_epoch\n", ""),
    "Acquire(x)",
    "kept",
    "kept",
  ],
  [
    "a superseded owner refreshes",
    "claimer-lease",
    says(" and owner = p_owner and lease_epoch = p_epoch", ""),
    "Claimed(x)",
    "superseded",
    "fresh",
  ],
  [
    "an owner with an epoch of before refreshes",
    "claimer-lease",
    says(" and lease_epoch = p_epoch", ""),
    "Claimed(x)",
    "superseded",
    "fresh",
  ],
  [
    "an owner refreshes with a peer's epoch",
    "claimer-lease",
    says(" and owner = p_owner", ""),
    "Claimed(y)",
    "superseded",
    "fresh",
  ],
  [
    "a superseded owner hears it, and refreshes",
    "claimer-lease",
    claimed(
      "if v_word = 'refreshed' then\n    --@ refresh",
      "if v_word <> 'fresh' then\n    --@ r",
    ),
    "Claimed(x)",
    "superseded",
    "superseded",
  ],
  [
    "every claim writes",
    "claimer-lease",
    claimed("if v_word = 'refreshed' then\n    --@ refresh", "if true then\n    --@ r"),
    "Claimed(x)",
    "fresh",
    "fresh",
  ],
  [
    "a refresh does not move the expiry",
    "claimer-lease",
    claimed(", expires_at = p_now + p_ttl", ""),
    "Claimed(x)",
    "refreshed",
    "refreshed",
  ],
  [
    "a taken slot does not count as just used",
    "claimer-lease",
    acquire("last_claimed_at = excluded.last_claimed_at", "last_claimed_at = l.last_claimed_at"),
    "Acquire(y)",
    "acquired",
    "acquired",
  ],
  [
    "expired before free",
    "claimer-slots",
    choice("'free', 'expired', 'idle'", "'expired', 'free', 'idle'"),
    "Acquire(x)",
    "acquired",
    "acquired",
  ],
  [
    "idle before expired",
    "claimer-slots",
    choice("'free', 'expired', 'idle'", "'free', 'idle', 'expired'"),
    "Acquire(x)",
    "acquired",
    "acquired",
  ],
  [
    "the highest slot first",
    "claimer-slots",
    choice("choice), i\n", "choice), i desc\n"),
    "Acquire(x)",
    "acquired",
    "acquired",
  ],
];

describe.concurrent("planted in Postgres", () => {
  test.each(cases)("%s, on %s", async (_, name, amend, call, core, postgres) => {
    const { changes, ...heard } = await leases.finding(name, amend);
    expect(heard).toMatchObject({ call, core, postgres });
    if (core === postgres) expect(changes).toMatch(/^ {2}(leases|holds): \S+ → \S+/m);
  });

  test("claimer-steal, as a person reads it", async () => {
    const { found, graph } = await leases.walk("claimer-lease", says("p_idle / 2", "p_idle"));
    const { title, lines, replay } = focusedFinding(found!, graph, "claimer-lease");
    expect(title).toBe("Acquire(x) → Tick → Tick → Claimed(x)");
    const states = lines.filter((l) => !l.startsWith("callers know:"));
    expect(states).toEqual([
      "configuration claimer-lease, the last step on Postgres",
      "the core says:     refreshed",
      "Postgres answers:  fresh",
      "afterwards, in the core → on Postgres:",
      '  leases: {[epoch:1,idle:0,left:10,owner:"x",slot:0]} → ' +
        '{[epoch:1,idle:2,left:8,owner:"x",slot:0]}',
    ]);
    expect(replay).toBe(`ringproof conform claimer-lease --database ${found!.index}`);
  });

  test("an error has its SQLSTATE, and its call", async () => {
    const failing = claimed("--@ refresh_lease", "perform 1 / 0;");
    const { call, core, postgres } = await leases.finding("claimer-lease", failing);
    expect({ call, core }).toEqual({ call: "Claimed(x)", core: "refreshed" });
    expect(postgres).toBe("22012 division by zero");
  });

  test("an epoch that the caller is not told", async () => {
    const silent = acquire("else to_jsonb(v_choice) end", "else to_jsonb(v_choice) - 'epoch' end");
    const { call, changes } = await leases.finding("claimer-lease", silent);
    expect(call).toBe("Acquire(x)");
    expect(changes).toMatch(/^ {2}holds: /);
  });
});
