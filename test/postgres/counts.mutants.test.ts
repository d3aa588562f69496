/** Counts are those of the facts, after every step; and each way to get them wrong is seen. */

import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { audit } from "../../src/postgres/audit.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { changedSql } from "../../correctness/mutants/changed-sql.js";
import { at, fresh, history, life, now, schema, wrong } from "./counts.js";

let server: PostgresServer;
let client: pg.Client;

beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
  client = await connect(server);
});
afterAll(async () => {
  await client.end();
  await server.stop();
});

/** What is wrong after the first step of a life after which anything is. */
async function firstWrong(amend: string): Promise<string | undefined> {
  for await (const step of life(await fresh(client, amend))) {
    const faults = await wrong(client);
    if (faults.length > 0) return [step, ...faults].join("\n");
  }
  return undefined;
}

test("counts are exact after every step of a life, and prune makes history of them", async () => {
  const seen: (readonly [string, number])[] = [];
  const world = await fresh(client);
  for await (const step of life(world)) {
    expect(await wrong(client), step).toEqual([]);
    const audited = await audit(client, { schema });
    expect(
      audited.flatMap((r) => r.violations),
      step,
    ).toEqual([]);
    seen.push([step, await history(client)]);
  }
  // Of twelve jobs and three, one is in the DLQ, and three were discarded; two were retried.
  expect(seen.slice(-3)).toEqual([
    ["rebuilt", 0],
    ["pruned", 9],
    ["pruned again", 11],
  ]);
  const left = { queue: "mail", state: "dead", jobs: 1 };
  expect(await world.storage.queueCounts()).toEqual([left]);
});

const fast = (from: string, to: string) => changedSql("finish", "complete_fast", from, to);
const appended = "ringproof.queue_terminal_count_deltas (slot, lane_id, state, bucket, delta)";

/** What is wrong with the SQL; the step after which it shows, and how. */
const planted: readonly (readonly [string, string, RegExp])[] = [
  [
    "the fast path counts in bucket 0",
    fast("ringproof.count_bucket(job_id)", "0"),
    /^completed, in a batch\n[^]*queue mail counts 4 completed jobs in bucket 0, and/,
  ],
  [
    "the fast path counts batches, not jobs",
    fast(
      "'completed', ringproof.count_bucket(job_id), count(*)",
      "'completed', min(job_id), 1",
    ).replace("group by 1, 2, 4", "group by 1, 2"),
    /^completed, in a batch\n[^]*queue (mail|sms) counts \d/,
  ],
  [
    "all of a receipt is counted in bucket 0",
    changedSql("finish", "complete_receipt", "ringproof.count_bucket(job_id)", "0"),
    /^completed, all of a receipt\n[^]*queue sms counts 1 completed jobs in bucket 0, and/,
  ],
  [
    "the fast path counts lease-managed attempts too",
    fast(
      "    from ended\n    group by 1, 2, 4",
      "    from unnest(v_attempts)\n    group by 1, 2, 4",
    ),
    /^completed, slowly\n[^]*queue mail counts 2 completed jobs in bu/,
  ],
  [
    "terminal rows of attempts are not counted",
    changedSql("finish", "conclude_attempts", "from done\n", "from done where false\n"),
    /^completed, slowly\n[^]*queue_counts: mail 5 listed, 4 counted of completed/,
  ],
  [
    "cancelled ready jobs are not counted",
    changedSql("admin", "cancel_ready", "    from cancelled\n", "    from cancelled where false\n"),
    /^cancelled while ready\n[^]*queue mail counts 0 cancelled jobs in bucket 10,/,
  ],
  [
    "what is discarded of a batch is not taken back",
    changedSql(
      "terminal",
      "discard_terminal",
      "-count(*)\n    from gone",
      "-count(*)\n    from gone where state <> 'completed'",
    ),
    /^discarded, of a batch\n[^]*queue mail counts 1 completed jobs in bucket 1, and/,
  ],
  [
    "what is discarded of terminal rows is not taken back",
    changedSql(
      "terminal",
      "discard_terminal",
      "state, job_id from explicit",
      "state, job_id from explicit where false",
    ),
    /^discarded, of terminal rows\n[^]*queue (mail|sms) counts \d/,
  ],
  [
    "what is discarded is taken back from bucket 0",
    changedSql(
      "terminal",
      "discard_terminal",
      "ringproof.count_bucket(job_id), -count(*)",
      "0, -count(*)",
    ),
    /^discarded, of a batch\n[^]*queue mail counts -1 completed jobs in bucket 0, and has 0/,
  ],
  [
    "what is put aside or retried is not taken back",
    changedSql("terminal", "remove_done", "-count(*)", "0"),
    /^put aside\n[^]*queue mail counts 1 failed jobs in bucket 7, and has 0/,
  ],
  [
    "rollup clamps what is taken back",
    changedSql(
      "counts",
      "fold_deltas",
      "c.jobs + excluded.jobs",
      "c.jobs + greatest(excluded.jobs, 0)",
    ),
    /^rolled up again\n[^]*queue mail counts 1 .*\n(.*\n)*queue_counts: mail/,
  ],
  [
    "rollup clamps sums",
    changedSql("counts", "fold_deltas", "sum(d.delta)\n", "greatest(sum(d.delta), 0)\n"),
    /^rolled up again\n[^]*queue mail counts 1 /,
  ],
  [
    "rollup folds and does not truncate",
    changedSql(
      "counts",
      "rollup_terminal_counts",
      "execute format('truncate table only ringproof.%I', ",
      "perform concat(",
    ),
    /^rolled up\n[^]*queue mail counts 2 /,
  ],
  [
    "rebuild does not look at the deltas",
    changedSql("counts", "rebuild_terminal_counts", "-d.delta", "0"),
    /^rebuilt\n[^]*queue mail counts 2 completed jobs in bucket/,
  ],
  [
    "prune folds nothing",
    changedSql("rings", "try_truncate_slot", "perform ringproof.fold_deltas(p_slot);", "null;"),
    /^pruned\n[^]*queue mail counts -1 completed jobs in bucket 1\d, and has 0/,
  ],
  [
    "prune leaves facts counted",
    changedSql("rings", "try_truncate_slot", "perform ringproof.retire_facts(p_slot);", "null;"),
    /^pruned\n[^]*queue mail counts 1 completed jobs in bucket 2, and has 0/,
  ],
];

describe("planted bugs", () => {
  test.each(planted)("%s", async (_, amend, told) => {
    expect(await firstWrong(amend)).toMatch(told);
  });

  test("every statement that appends deltas is among them", async () => {
    const functions = [
      "complete_fast",
      "complete_receipt",
      "conclude_attempts",
      "cancel_ready",
      "discard_terminal",
    ];
    const { rows } = await client.query<{ name: string }>(
      `select proname as name from pg_proc
       where pronamespace = $1::regnamespace and prosrc like '%' || $2 || '%' order by 1`,
      [schema, appended.replace("ringproof", `"${schema}"`)],
    );
    expect(rows.map((r) => r.name)).toEqual([...functions, "remove_done"].sort());
    const amended = planted.map(([, sql]) => sql).join("\n");
    for (const { name } of rows) expect(amended).toContain(`function ringproof.${name}(`);
  });
});

describe("rollup", () => {
  test("leaves the current slot alone, has nothing to do, and does it once", async () => {
    const { storage, mail } = await fresh(client);
    const [job] = await storage.enqueue(mail, [{}], now, now);
    await storage.cancelReady([job!], now);
    expect(await storage.rollupTerminalCounts(0, now)).toEqual({
      result: "skippedActive",
      reason: "queueCurrent",
    });
    await storage.rotateQueue(now);
    for (const slot of [2, 3])
      expect(await storage.rollupTerminalCounts(slot, now)).toEqual({ result: "noop" });
    expect(await storage.rollupTerminalCounts(0, now)).toEqual({ result: "rolledUp" });
    expect(await storage.rollupTerminalCounts(0, now)).toEqual({ result: "noop" });
    expect(await wrong(client)).toEqual([]);
  });

  test("passes on every error but a lock that is not to be had", async () => {
    const { storage, mail } = await fresh(client);
    const [job] = await storage.enqueue(mail, [{}], now, now);
    await storage.cancelReady([job!], now);
    await storage.rotateQueue(now);
    await client.query(`alter table ${schema}.queue_terminal_live_counts add check (jobs < 0)`);
    await expect(storage.rollupTerminalCounts(0, now)).rejects.toMatchObject({ code: "23514" });
    await client.query(`drop table ${schema}.queue_terminal_live_counts cascade`);
    await expect(storage.rebuildTerminalCounts(now)).rejects.toMatchObject({ code: "42P01" });
  });

  test("truncates no TOAST table, for which it would have to wait", async () => {
    await fresh(client);
    const { rows } = await client.query(
      `select relname, reltoastrelid, relhasindex from pg_class
       where relname ~ '^queue_terminal_count_deltas_' and relnamespace = $1::regnamespace`,
      [schema],
    );
    expect(rows).toHaveLength(3);
    for (const row of rows) expect(row).toMatchObject({ reltoastrelid: 0, relhasindex: false });
  });
});

test("rebuild mends what is wrong, whatever it is", async () => {
  const { storage, mail } = await fresh(client);
  await storage.enqueue(mail, Array(4).fill({}), now, now);
  await storage.complete(await storage.claim(mail, 3, now), now);
  await storage.rotateQueue(now);
  await storage.rollupTerminalCounts(0, now);
  await client.query(
    `update ${schema}.queue_terminal_live_counts set jobs = 7 where bucket = 1;
     delete from ${schema}.queue_terminal_live_counts where bucket = 2;
     insert into ${schema}.queue_terminal_live_counts values ('mail', 'failed', 9, 3);
     insert into ${schema}.queue_terminal_count_deltas values (0, 1, 'failed', 3, 5)`,
  );
  expect(await wrong(client)).not.toEqual([]);
  expect(await storage.rebuildTerminalCounts(at(1))).toEqual({ result: "rebuilt" });
  expect(await wrong(client)).toEqual([]);
  expect(await storage.rollupTerminalCounts(0, at(1))).toEqual({ result: "rolledUp" });
  expect(await wrong(client)).toEqual([]);
});
