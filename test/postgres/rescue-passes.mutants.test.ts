/** Passes of rescue: batches, what a window reads, two passes at once, and workers in between. */

import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { audit } from "../../src/postgres/audit.js";
import { install, uninstall } from "../../src/postgres/install.js";
import { RescuePasses } from "../../src/postgres/rescue-passes.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { PostgresStorage, type ClaimedJob } from "../../src/postgres/storage.js";
import { changedSql } from "../../correctness/mutants/changed-sql.js";

let server: PostgresServer;
beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
});
afterAll(() => server.stop());

const schema = "ringproof";
const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + Math.round(seconds * 1000));
let one: pg.Client;
let two: pg.Client;
let storage: PostgresStorage;
let worker: PostgresStorage;
let first: RescuePasses;
let second: RescuePasses;
let lane: number;

beforeEach(async () => {
  [one, two] = [await connect(server), await connect(server)];
  await install(one, { schema, queueSlots: 2, claimSlots: 3, leaseSlots: 2 });
  // Who waits for a lock has failed the test.
  await two.query("set lock_timeout = '5s'");
  [storage, worker] = [new PostgresStorage(one, { schema }), new PostgresStorage(two, { schema })];
  [first, second] = [new RescuePasses(one, { schema }), new RescuePasses(two, { schema })];
  lane = await storage.ensureLane("mail", 1, 0);
});
afterEach(async () => {
  await two.end();
  await uninstall(one, { schema });
  await one.end();
});

/** One receipt of so many jobs. */
async function claimed(jobs: number, seconds: number, deadline?: number): Promise<ClaimedJob[]> {
  await storage.enqueue(lane, Array(jobs).fill({}), at(0), at(0));
  const due = deadline === undefined ? null : at(deadline);
  const batch = await storage.claim(lane, jobs, at(seconds), due);
  expect(batch).toHaveLength(jobs);
  return batch;
}

const ids = (jobs: readonly { jobId: string }[]) => jobs.map((j) => j.jobId);

/** The job at which the cursors of each slot are. */
async function cursors(of: "stale" | "deadline" = "stale"): Promise<(string | null)[]> {
  const { rows } = await one.query<{ job: string | null }>(
    `select (${of}_cursor).job_id as job from ${schema}.claim_slots order by slot`,
  );
  return rows.map((r) => r.job);
}

describe("a receipt of several attempts", () => {
  test("is ended by parts, and the cursor passes it whole", async () => {
    const batch = await claimed(5, 0);
    const [last] = await claimed(1, 1);
    const rescued = () => first.staleReceipts(at(10), at(10), { budget: 2, window: 10 });
    expect(ids(await rescued())).toEqual(ids(batch.slice(0, 2)));
    expect(await cursors()).toEqual([null, null, null]);
    expect(ids(await rescued())).toEqual(ids(batch.slice(2, 4)));
    expect(await cursors()).toEqual([null, null, null]);
    expect(ids(await rescued())).toEqual(ids([batch[4]!, last!]));
    expect(await cursors()).toEqual([last!.jobId, null, null]);
  });

  test("counts in a window by its attempts, and is looked at whole where it is first", async () => {
    const [three, two, more] = [await claimed(3, 0), await claimed(2, 1), await claimed(1, 2)];
    const rescued = (window: number) => first.staleReceipts(at(10), at(10), { window });
    expect(ids(await rescued(2))).toEqual(ids(three));
    expect(await cursors()).toEqual([three[0]!.jobId, null, null]);
    expect(ids(await rescued(2))).toEqual(ids(two));
    expect(ids(await rescued(4))).toEqual(ids(more));
    expect(await cursors()).toEqual([three[0]!.jobId, null, null]);
  });

  test("is passed where one of its attempts is fresh and the others are over", async () => {
    const [over, fresh, silent] = await claimed(3, 0);
    await storage.complete([over!], at(1));
    await storage.heartbeat([fresh!], at(9));
    expect(ids(await first.staleReceipts(at(5), at(10)))).toEqual([silent!.jobId]);
    expect(await cursors()).toEqual([over!.jobId, null, null]);
    expect(ids(await first.staleReceipts(at(10), at(10)))).toEqual([fresh!.jobId]);
  });
});

describe("the largest budget and window of all", () => {
  const limits = { budget: 2 ** 31 - 1, window: 2 ** 31 - 1 };

  test("end what is due", async () => {
    const batch = await claimed(2, 0, 5);
    const rescued = ids(await first.staleReceipts(at(10), at(10), limits));
    const expired = ids(await first.expiredDeadlines(at(10), limits));
    expect([rescued, expired]).toEqual([ids(batch), []]);
  });

  test("planted: counting beyond what is there is beyond what an int holds", async () => {
    const left = "least(p_limit - cardinality(v_tokens), cardinality(v_rest))";
    const all = "p_limit - cardinality(v_tokens)";
    await one.query(changedSql("rescue_pass", "try_lock_first", left, all));
    await claimed(2, 0);
    const pass = first.staleReceipts(at(10), at(10), limits);
    await expect(pass).rejects.toThrow("integer out of range");
  });
});

test("receipts without a deadline are not in the order of deadlines", async () => {
  await claimed(1, 0);
  const [due] = await claimed(1, 0, 5);
  expect(ids(await first.expiredDeadlines(at(5), { window: 1 }))).toEqual([due!.jobId]);
  expect(await cursors("deadline")).toEqual([due!.jobId, null, null]);
  expect(await cursors("stale")).toEqual([null, null, null]);
});

test("a job that comes back and is claimed in another slot is rescued there again", async () => {
  const [job] = await claimed(1, 0);
  await storage.rotateClaims(at(1));
  expect(await first.staleReceipts(at(2), at(2))).toEqual([{ jobId: job!.jobId, runLease: 1 }]);
  const [again] = await storage.claim(lane, 1, at(3));
  expect(again).toMatchObject({ jobId: job!.jobId, runLease: 2, claimSlot: 1 });
  expect(await first.staleReceipts(at(4), at(4))).toEqual([{ jobId: job!.jobId, runLease: 2 }]);
});

describe("what a pass reads", () => {
  /** Receipts of one job each, a millisecond apart. */
  async function receipts(from: number, to: number): Promise<void> {
    await storage.enqueue(lane, Array(to - from).fill({}), at(0), at(0));
    await one.query(
      `do $$ begin for i in ${from} .. ${to - 1} loop
         perform ${schema}.claim(${lane}, 1, t + interval '1 hour', t)
         from (values ('2026-01-01Z'::timestamptz + i * interval '1 ms')) v (t);
         if i % 10 = 0 then perform ${schema}.advance_claim_cursor(${lane}, '2026-01-01Z'); end if;
       end loop; end $$`,
    );
  }

  /** Rows of the receipts' partition that a statement reads, by an index or not. */
  async function reads(text: string): Promise<{ index: number; other: number }> {
    const counts = async () => {
      const { rows } = await one.query<{ index: string; other: string }>(
        `select idx_tup_fetch as index, seq_tup_read as other from pg_stat_xact_user_tables
         where relid = '${schema}.lease_claims_0'::regclass`,
      );
      return { index: Number(rows[0]!.index), other: Number(rows[0]!.other) };
    };
    await one.query("begin");
    const before = await counts();
    await one.query(text);
    const after = await counts();
    await one.query("commit");
    return { index: after.index - before.index, other: after.other - before.other };
  }

  const window = (pass: string, cursor: string) =>
    `select ${schema}.rescue_window('${pass}', 0, ${cursor}, 100)`;
  const middle = (time: string) => `row('2026-01-01Z'::timestamptz + ${time}, 0, 0)`;
  const cutoff = "'2025-12-31Z', 500, 100, '2026-01-01Z'";
  const pass = `select * from ${schema}.rescue_stale_receipts_pass(${cutoff})`;
  const stale = window("stale", middle("interval '200 ms'"));
  const deadline = window("deadline", middle("interval '1 hour 350 ms'"));
  const queries = [window("stale", "null"), stale, deadline];

  test("is its window, however many receipts there are, without statistics and with", async () => {
    await receipts(0, 400);
    for (const text of queries) expect(await reads(text)).toEqual({ index: 100, other: 0 });
    const few = await reads(pass);
    // Once for the window, and twice each time it looks at what is due there.
    expect(few).toEqual({ index: 500, other: 0 });
    await receipts(400, 4000);
    for (const text of queries) expect(await reads(text)).toEqual({ index: 100, other: 0 });
    expect(await reads(pass)).toEqual(few);
    await one.query("analyze");
    // Now the planner looks at the ends of the index, too.
    for (const text of [...queries, pass]) {
      const { index, other } = await reads(text);
      expect({ index: Math.floor(index / 10) * 10, other }).toEqual(
        text === pass ? few : { index: 100, other: 0 },
      );
    }
  });

  test("planted: without the index it is the slot", async () => {
    await receipts(0, 400);
    await one.query(`drop index ${schema}.lease_claims_claimed_at`);
    const { index, other } = await reads(stale);
    expect(index + other).toBeGreaterThanOrEqual(400);
  });
});

describe("two at once", () => {
  test("the second pass leaves the first one's slots alone, and does not wait", async () => {
    const [oldest, behind] = [await claimed(1, 0), await claimed(1, 1)];
    await storage.rotateClaims(at(2));
    // Of another lane: who appends to a lane waits for whoever is appending to it.
    lane = await storage.ensureLane("news", 1, 0);
    const newest = await claimed(1, 3);
    await one.query("begin");
    const limits = { budget: 1 };
    expect(ids(await first.staleReceipts(at(10), at(10), limits))).toEqual(ids(oldest));
    expect(ids(await second.staleReceipts(at(10), at(10), limits))).toEqual(ids(newest));
    expect(await second.staleReceipts(at(10), at(10))).toEqual([]);
    await one.query("commit");
    expect(ids(await second.staleReceipts(at(10), at(10)))).toEqual(ids(behind));
  });

  test("planted: a pass that waits for a slot fails here", async () => {
    await claimed(1, 0);
    await one.query(
      changedSql("rescue_pass", "visit_claim_slot", "for update skip locked", "for update"),
    );
    await one.query("begin");
    await first.staleReceipts(at(10), at(10));
    await two.query("set lock_timeout = '100ms'");
    await expect(second.staleReceipts(at(10), at(10))).rejects.toMatchObject({ code: "55P03" });
    await one.query("commit");
  });

  test("nor does prune wait for a pass, or a pass for prune", async () => {
    const [job] = await claimed(1, 0);
    await storage.complete([job!], at(1));
    await storage.rotateClaims(at(1));
    await one.query("begin");
    await first.staleReceipts(at(10), at(10));
    expect(await worker.pruneClaims(at(10))).toEqual({ result: "blocked" });
    await one.query("commit");
    expect(await cursors()).toEqual([job!.jobId, null, null]);
    await one.query("begin");
    expect(await storage.pruneClaims(at(10))).toEqual({ result: "pruned" });
    expect(await second.staleReceipts(at(10), at(10))).toEqual([]);
    await one.query("commit");
    expect(await cursors()).toEqual([null, null, null]);
  });

  test("an attempt that somebody holds costs no budget, and stops the cursor", async () => {
    const [[held], [other]] = [await claimed(1, 0), await claimed(1, 1)];
    await one.query("begin");
    await storage.complete([held!], at(10));
    const limits = { budget: 1 };
    expect(ids(await second.staleReceipts(at(10), at(10), limits))).toEqual([other!.jobId]);
    expect(await cursors()).toEqual([null, null, null]);
    await one.query("rollback");
    expect(ids(await second.staleReceipts(at(10), at(10), limits))).toEqual([held!.jobId]);
  });

  /** What is done to the attempt between a pass's look at it and its lock. */
  const meanwhile = {
    completed: (job: ClaimedJob) => worker.complete([job], at(10)),
    "heard of": (job: ClaimedJob) => worker.heartbeat([job], at(10)),
    parked: (job: ClaimedJob) => worker.parkForCallback([job], at(99), at(10)),
  };

  /** A pass that comes to its locks when the advisory lock is free again. */
  const late = changedSql(
    "rescue_pass",
    "try_lock_first",
    "  loop\n",
    "  perform pg_advisory_xact_lock(7);\n  loop\n",
  );

  async function passDuring(act: (job: ClaimedJob) => Promise<unknown>, amend = late) {
    await one.query(amend);
    const [job] = await claimed(1, 0);
    await two.query("select pg_advisory_lock(7)");
    const passing = first.staleReceipts(at(5), at(10));
    const waits = `select from pg_locks where locktype = 'advisory' and not granted`;
    await expect.poll(async () => (await two.query(waits)).rowCount).toBe(1);
    await act(job!);
    await two.query("select pg_advisory_unlock(7)");
    return { job: job!, rescued: await passing };
  }

  test.each(Object.entries(meanwhile))("what is %s meanwhile is not rescued", async (_, act) => {
    const { job, rescued } = await passDuring(act);
    expect(rescued).toEqual([]);
    expect(await cursors()).toEqual([job.jobId, null, null]);
    expect((await audit(one, { schema })).flatMap((r) => r.violations)).toEqual([]);
  });

  test("planted: a pass that decides on what it saw before its lock ends it twice", async () => {
    const again = `  v_due := ringproof.due_among(
    p_pass, p_slot, v_window, case p_pass when 'stale' then p_at else 'infinity' end);
`;
    const early = changedSql("rescue_pass", "visit_claim_slot", again, "");
    const { job, rescued } = await passDuring(meanwhile.completed, `${late};${early}`);
    expect(ids(rescued)).toEqual([job.jobId]);
    const violations = (await audit(one, { schema })).flatMap((r) => r.violations);
    expect(violations).toContainEqual(expect.stringContaining("was completed, and closed as res"));
  });
});

describe("two passes whose slots hold jobs of two lanes, the other way round", () => {
  /** The one stops before slot 1, the other before slot 2, until somebody lets them go on. */
  const stopping = changedSql(
    "rescue_pass",
    "visit_claim_slot",
    "  --@ lock_cursors\n",
    `  if p_slot = (case p_pass when 'stale' then 1 else 2 end) then
       perform pg_advisory_xact_lock_shared(p_slot);
     end if;\n`,
  );

  /** Stale attempts in slots 0 and 2, and passed deadlines in slots 1 and 3. */
  async function populate(): Promise<void> {
    const other = await storage.ensureLane("news", 1, 0);
    for (const [slot, from] of [other, lane, lane, other].entries()) {
      await storage.enqueue(from, [{}], at(0), at(0));
      const odd = slot % 2 === 1;
      await storage.claim(from, 1, at(odd ? 50 : 0), odd ? at(55) : null);
      await storage.rotateClaims(at(50));
    }
  }

  async function crossing(amend: string) {
    await uninstall(one, { schema });
    await install(one, { schema, queueSlots: 2, claimSlots: 5, leaseSlots: 2 });
    await one.query(amend);
    lane = await storage.ensureLane("mail", 1, 0);
    await populate();
    const control = await connect(server);
    const stopped = async (at: number) =>
      (
        await control.query(
          `select from pg_locks where locktype = 'advisory' and objid = $1 and not granted`,
          [at],
        )
      ).rowCount;
    try {
      await control.query("select pg_advisory_lock(1), pg_advisory_lock(2)");
      const stale = first.staleReceipts(at(10), at(60));
      await expect.poll(() => stopped(1)).toBe(1);
      const expired = second.expiredDeadlines(at(60));
      await expect.poll(() => stopped(2)).toBe(1);
      const settled = Promise.allSettled([stale, expired]);
      await control.query("select pg_advisory_unlock(1)");
      await control.query("select pg_sleep(0.2)");
      await control.query("select pg_advisory_unlock(2)");
      return await settled;
    } finally {
      await control.end();
    }
  }

  test("append them in one order, and both end", async () => {
    const ends = await crossing(stopping);
    expect(ends.map((e) => e.status === "fulfilled" && e.value.length)).toEqual([2, 2]);
  });

  test("planted: each slot's jobs at once, and one of them is a deadlock's victim", async () => {
    const atOnce = changedSql(
      "rescue_pass",
      "rescue_pass",
      "  end loop;\n  perform ringproof.reappend_attempts(v_ends, p_outcome, p_now);\n",
      "  perform ringproof.reappend_attempts(v_ends, p_outcome, p_now);\n" +
        "  v_ends := '{}';\n  end loop;\n",
    );
    const ends = await crossing(`${stopping};${atOnce}`);
    const errors = ends.flatMap((e) => (e.status === "rejected" ? [e.reason.code] : []));
    expect(errors).toEqual(["40P01"]);
  });
});

test("dozens of silent attempts in every slot: small passes end each of them once", async () => {
  const silent: string[] = [];
  const well: ClaimedJob[] = [];
  for (let slot = 0; slot < 3; slot++) {
    for (let n = 0; n < 8; n++) {
      const batch = await claimed(1 + (n % 4), slot * 10 + n, n % 3 === 0 ? 500 : undefined);
      well.push(batch.pop()!);
      silent.push(...ids(batch));
    }
    if (slot < 2) await storage.rotateClaims(at(slot * 10 + 9));
  }
  await storage.heartbeat(well, at(200));
  const limits = { budget: 3, window: 5 };
  const rescued: string[] = [];
  for (let quiet = 0; quiet < 30; quiet++) {
    const some = await first.staleReceipts(at(100), at(210), limits);
    expect(some.length).toBeLessThanOrEqual(3);
    if (some.length > 0) quiet = 0;
    rescued.push(...ids(some));
  }
  expect(rescued.sort()).toEqual(silent.sort());
  const late = well.filter((_, i) => (i % 8) % 3 === 0);
  const expired: string[] = [];
  for (let pass = 0; pass < 30; pass++)
    expired.push(...ids(await first.expiredDeadlines(at(500), limits)));
  expect(expired.sort()).toEqual(ids(late).sort());
  expect((await audit(one, { schema })).flatMap((r) => r.violations)).toEqual([]);
});
