/** Accounts of a soak, proven by bugs that are planted in the SQL, and by lies of the ledger. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { bugs } from "../../correctness/mutants/bugs.js";
import { changedSql } from "../../correctness/mutants/changed-sql.js";
import { changedText } from "../../correctness/mutants/sql-mutant.js";
import type { Batch } from "../../correctness/soak/enqueues.js";
import { Ledger } from "../../correctness/soak/ledger.js";
import { settingsFor } from "../../correctness/soak/settings.js";
import { soak, type SoakOptions } from "../../correctness/soak/soak.js";
import type { Account } from "../../correctness/soak/wrongs.js";
import { openPostgres, type PostgresServer } from "../../src/postgres/server.js";

const WORKERS = 8;
const SECONDS = 40;
let server: PostgresServer;

beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" }, { settings: settingsFor(WORKERS) });
});
afterAll(() => server.stop());

/** The accounts in which anything is wrong: the first ends the soak, and others may add to it. */
async function wrongIn(options: Partial<SoakOptions>): Promise<readonly Account[]> {
  const sizes = { seconds: SECONDS, rate: 250, workers: WORKERS, seed: 1 };
  const { wrongs } = await soak({ source: server, ...sizes, ...options });
  return [...new Set(wrongs.map(({ account }) => account))];
}

const known = bugs();
const bug = (name: string): string => changedText(known.find((each) => each.name === name)!.sql!);

/** Rings that turn often. */
const small = { queue: 4, claim: 2, lease: 2 };

interface Plant {
  readonly sql: string;
  /** Any of these tells of it. */
  readonly accounts: readonly Account[];
  readonly options?: Partial<SoakOptions>;
}

const plants: Readonly<Record<string, Plant>> = {
  "shard-join": {
    sql: bug("shard-join"),
    accounts: ["jobs"],
    options: { rings: small, rate: 150 },
  },
  "a batch loses its tenth job": {
    sql: changedSql(
      "producers",
      "append_ready",
      "from unnest(v_arrivals) with ordinality as a",
      "from (select * from unnest(v_arrivals) with ordinality limit 9) as a",
    ),
    accounts: ["jobs"],
  },
  "one key for several jobs": {
    sql: changedSql("keys", "take_keys", "return v_welcome;", "return p_job_ids;"),
    accounts: ["keys"],
  },
  "key-leak": {
    sql: bug("key-leak"),
    accounts: ["audit", "rings"],
    options: { seconds: 8, often: {} },
  },
  "stale-candidate": { sql: bug("stale-candidate"), accounts: ["attempts", "answers"] },
  "spent-after-purge": {
    sql: bug("spent-after-purge"),
    accounts: ["attempts", "facts", "jobs"],
    // With more it finds no row in time, right or wrong.
    options: { rings: small, rate: 120 },
  },
  "lease-reset": { sql: bug("lease-reset"), accounts: ["attempts", "jobs"] },
  "fused-finish": { sql: bug("fused-finish"), accounts: ["effects", "audit", "answers"] },
  "rescue-double": {
    sql: bug("rescue-double"),
    accounts: ["effects", "audit"],
    options: { seconds: 8 },
  },
  "orphan-terminal": { sql: bug("orphan-terminal"), accounts: ["effects", "facts"] },
  "prune-evidence": { sql: bug("prune-evidence"), accounts: ["effects", "facts"] },
  "spent-battery": { sql: bug("spent-battery"), accounts: ["attempts", "facts"] },
  "observer-drift": { sql: bug("observer-drift"), accounts: ["facts"] },
  "what was pruned is not counted": {
    sql: changedSql(
      "counts",
      "retire_facts",
      "set jobs = c.jobs + excluded.jobs)",
      "set jobs = excluded.jobs)",
    ),
    accounts: ["facts"],
    options: { rings: small },
  },
  "old-stripes": { sql: bug("old-stripes"), accounts: ["answers"] },
  "rescue comes to nobody": {
    sql: changedSql("rescue", "receipts_due", "a.lease_slot is null and", "false and"),
    accounts: ["recovery"],
    options: { patience: 6 },
  },
  "a journal that nobody reclaims": {
    sql: [
      "create table ringproof.journal (what text);",
      changedSql(
        "finish",
        "complete_fast",
        "  if ringproof.complete_receipt",
        `  insert into ringproof.journal
  select repeat(md5(random()::text), 50) from unnest(p_tokens), generate_series(1, 12);
  if ringproof.complete_receipt`,
      ),
    ].join("\n"),
    accounts: ["size"],
    options: { seconds: 14 },
  },
  "an epoch for several owners": {
    sql: changedSql(
      "claimers",
      "claimer_choice",
      "else lease_epoch + 1 end",
      "else lease_epoch end",
    ),
    accounts: ["slots"],
  },
  "rescue-stranded": { sql: bug("rescue-stranded"), accounts: ["drain"], options: { seconds: 8 } },
  "count-bucket": { sql: bug("count-bucket"), accounts: ["audit"], options: { seconds: 3 } },
};

/** What callers are inclined to do may miss a bug once, and a slow machine makes few calls. */
const SEEDS = [1, 2, 3];
const LIMIT_MS = 600_000;

test.each(Object.entries(plants))(
  "%s",
  async (_, { sql, accounts, options }) => {
    let found: readonly Account[] = [];
    for (const seed of SEEDS) {
      const seconds = seed * (options?.seconds ?? SECONDS);
      if (found.length === 0) found = await wrongIn({ amend: sql, ...options, seconds, seed });
    }
    const telling = found.filter((account) => accounts.includes(account));
    expect(telling, `told by ${found.join(", ")}`).not.toEqual([]);
  },
  LIMIT_MS,
);

/** A ledger that forgets a job that was acknowledged. */
class Forgetful extends Ledger {
  private batches = 100;

  override acknowledged(batch: Batch, ids: readonly (string | null)[]): void {
    super.acknowledged(batch, ids);
    const job = this.jobs.get(ids[0] ?? "");
    if (job && --this.batches === 0) this.jobs.delete(job.id);
  }
}

/** One that believes in a job that Postgres never had. */
class Credulous extends Ledger {
  private batches = 100;

  override acknowledged(batch: Batch, ids: readonly (string | null)[]): void {
    super.acknowledged(batch, ids);
    if (--this.batches > 0) return;
    this.batches = Infinity;
    const call = this.call("p1", "enqueue", 0);
    super.acknowledged(this.enqueues.offer(call, [-1], [null]), ["999999"]);
  }
}

test.each([
  ["forgets a job", Forgetful],
  ["has a job too many", Credulous],
])("the ledger %s", async (_, Lying) => {
  const ledger = (...args: ConstructorParameters<typeof Ledger>) => new Lying(...args);
  expect(await wrongIn({ ledger, seconds: 6, often: {} })).toContain("jobs");
});
