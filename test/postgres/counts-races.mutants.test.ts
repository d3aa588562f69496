/**
 * Counts under two and three sessions: one transaction stays open while another goes on, and counts
 * are exact when it ends, one way or the other. The wrong variants are not.
 */

import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { audit } from "../../src/postgres/audit.js";
import { requalify } from "../../src/postgres/requalify.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { PostgresStorage, type ClaimedJob } from "../../src/postgres/storage.js";
import { changedSql } from "../../correctness/mutants/changed-sql.js";
import { fresh, history, now, schema, wrong, type World } from "./counts.js";

const ends = ["commit", "rollback"] as const;
const blocked = { result: "blocked" };
let server: PostgresServer;
let client: pg.Client;
let others: pg.Client[];
let world: World;
let held: ClaimedJob[];

beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" });
  client = await connect(server);
  others = await Promise.all([1, 2, 3].map(() => connect(server)));
});
afterAll(async () => {
  await Promise.all([client, ...others].map((c) => c.end()));
  await server.stop();
});

/** In slot 0, which is sealed: jobs 1 and 2 completed, 3 to 5 running, 6 cancelled. */
beforeEach(async () => {
  world = await fresh(client);
  const { storage, mail } = world;
  await storage.enqueue(mail, Array(6).fill({}), now, now);
  const claimed = await storage.claim(mail, 5, now);
  await storage.complete(claimed.slice(0, 2), now);
  held = claimed.slice(2);
  await storage.cancelReady(["6"], now);
  await storage.rotateQueue(now);
});

const amend = (sql: string) => client.query(requalify(sql, schema));
const as = (session: pg.Client) => new PostgresStorage(session, { schema });

/** Ends everything that pins slot 0, with receipts and all. */
async function unpin(): Promise<void> {
  const { storage } = world;
  await storage.complete(held, now);
  await storage.rotateClaims(now);
  await storage.pruneClaims(now);
}

/** The call in a transaction of its own, which is open until `end`. */
async function open<T>(session: pg.Client, call: (storage: PostgresStorage) => Promise<T>) {
  await session.query("begin");
  const answer = await call(as(session));
  return { answer, end: (how: "commit" | "rollback") => session.query(how) };
}

/** Whether somebody waits for a lock. */
async function waits(session: pg.Client): Promise<boolean> {
  const { processID } = session as unknown as { processID: number };
  for (let i = 0; i < 200; i++) {
    const { rows } = await client.query<{ waits: boolean }>(
      "select wait_event_type = 'Lock' as waits from pg_stat_activity where pid = $1",
      [processID],
    );
    if (rows[0]?.waits) return true;
    await new Promise((done) => setTimeout(done, 10));
  }
  return false;
}

describe.each(ends)("beside a completion, then %s", (how) => {
  test("rollup is blocked, and folds it afterwards", async () => {
    const { storage } = world;
    const writer = await open(others[0]!, (s) => s.complete([held[0]!], now));
    expect(await storage.rollupTerminalCounts(0, now)).toEqual(blocked);
    await writer.end(how);
    expect(await storage.rollupTerminalCounts(0, now)).toEqual({ result: "rolledUp" });
    expect(await wrong(client)).toEqual([]);
    expect(await storage.queueCounts()).toContainEqual({
      queue: "mail",
      state: "completed",
      jobs: how === "commit" ? 3 : 2,
    });
  });

  test("rebuild does not wait, and is exact", async () => {
    const writer = await open(others[0]!, (s) => s.complete([held[0]!], now));
    expect(await world.storage.rebuildTerminalCounts(now)).toEqual({ result: "rebuilt" });
    await writer.end(how);
    expect(await wrong(client)).toEqual([]);
  });
});

describe.each(ends)("beside a rebuild, then %s", (how) => {
  test("workers go on; rollup, prune and another rebuild are blocked", async () => {
    await unpin();
    const { storage, sms } = world;
    const rebuild = await open(others[0]!, (s) => s.rebuildTerminalCounts(now));
    expect(rebuild.answer).toEqual({ result: "rebuilt" });
    const [job] = await storage.enqueue(sms, [{}], now, now);
    expect(await storage.cancelReady([job!], now)).toEqual(["cancelled"]);
    expect(await storage.discardTerminal(["1"], now)).toEqual(["discarded"]);
    expect(await storage.rollupTerminalCounts(0, now)).toEqual(blocked);
    expect(await storage.pruneQueue(now)).toEqual(blocked);
    expect(await storage.rebuildTerminalCounts(now)).toEqual(blocked);
    await rebuild.end(how);
    expect(await wrong(client)).toEqual([]);
    expect(await storage.rollupTerminalCounts(0, now)).toEqual({ result: "rolledUp" });
    expect(await storage.pruneQueue(now)).toEqual({ result: "pruned" });
    expect(await wrong(client)).toEqual([]);
    expect(await history(client)).toBe(5);
  });
});

describe.each(ends)("beside a rollup, then %s", (how) => {
  test("rebuild, prune, another rollup are blocked; a worker and a reader wait", async () => {
    const { storage } = world;
    const rollup = await open(others[0]!, (s) => s.rollupTerminalCounts(0, now));
    expect(await storage.rebuildTerminalCounts(now)).toEqual(blocked);
    expect(await storage.rollupTerminalCounts(0, now)).toEqual(blocked);
    expect(await storage.pruneQueue(now)).toEqual(blocked);
    const reader = as(others[2]!).queueCounts();
    expect(await waits(others[2]!)).toBe(true);
    const worker = as(others[1]!).complete([held[0]!], now);
    expect(await waits(others[1]!)).toBe(true);
    await rollup.end(how);
    expect(await worker).toEqual(["completed"]);
    const ended = (await reader).filter((c) => /completed|cancelled/.test(c.state));
    expect(ended.map((c) => c.jobs)).toEqual([1, expect.toSatisfy((n) => n === 2 || n === 3)]);
    expect(await wrong(client)).toEqual([]);
  });
});

describe.each(ends)("beside a prune, then %s", (how) => {
  test("rollup and rebuild are blocked, and nothing is counted twice", async () => {
    await unpin();
    const { storage } = world;
    const prune = await open(others[0]!, (s) => s.pruneQueue(now));
    expect(prune.answer).toEqual({ result: "pruned" });
    expect(await storage.rollupTerminalCounts(0, now)).toEqual(blocked);
    expect(await storage.rebuildTerminalCounts(now)).toEqual(blocked);
    await prune.end(how);
    expect(await wrong(client)).toEqual([]);
    const again = how === "commit" ? "noop" : "pruned";
    expect(await storage.pruneQueue(now)).toEqual({ result: again });
    expect(await wrong(client)).toEqual([]);
    expect(await history(client)).toBe(6);
  });

  test("beside a discard, prune is blocked, and forgets what is left afterwards", async () => {
    await unpin();
    const { storage } = world;
    const discard = await open(others[0]!, (s) => s.discardTerminal(["1", "6"], now));
    expect(await storage.pruneQueue(now)).toEqual(blocked);
    await discard.end(how);
    expect(await wrong(client)).toEqual([]);
    expect(await storage.pruneQueue(now)).toEqual({ result: "pruned" });
    expect(await wrong(client)).toEqual([]);
    expect(await history(client)).toBe(how === "commit" ? 4 : 6);
  });
});

describe("a prune that finds a TOAST table locked at the last moment", () => {
  const moves = `    perform ringproof.fold_deltas(p_slot);
    perform ringproof.carry_forward(p_slot, p_since);
    perform ringproof.retire_facts(p_slot);
`;
  /** The counts are moved before the block that is undone where the truncation gives up. */
  const outside =
    changedSql("rings", "try_truncate_slot", moves, "    null;\n") +
    changedSql(
      "rings",
      "prune",
      "  if not ringproof.try_truncate_slot",
      `${moves.replaceAll("p_slot", "v_slot")}  if not ringproof.try_truncate_slot`,
    );

  const prunedBesideReindex = async (): Promise<string[]> => {
    await unpin();
    expect(await world.storage.rollupTerminalCounts(0, now)).toEqual({ result: "rolledUp" });
    const { rows } = await client.query<{ toast: string }>(
      `select reltoastrelid::regclass::text as toast from pg_class
       where oid = '${schema}.ready_entries_0'::regclass`,
    );
    await others[0]!.query(`begin; reindex table ${rows[0]!.toast}`);
    expect(await world.storage.pruneQueue(now)).toEqual(blocked);
    await others[0]!.query("rollback");
    return wrong(client);
  };

  test("leaves the counts as they were", async () => {
    expect(await prunedBesideReindex()).toEqual([]);
    expect(await history(client)).toBe(0);
  });

  test("planted: counts that are moved before it is sure", async () => {
    await amend(outside);
    const faults = await prunedBesideReindex();
    expect(faults).toContainEqual("queue mail counts 0 completed jobs in bucket 1, and has 1");
  });
});

describe("two discards of one job", () => {
  const discardedTwice = async (): Promise<string[]> => {
    await unpin();
    const first = await open(others[0]!, (s) => s.discardTerminal(["1"], now));
    const second = as(others[1]!).discardTerminal(["1"], now);
    expect(await waits(others[1]!)).toBe(true);
    await first.end("commit");
    expect([first.answer, await second]).toContainEqual(["discarded"]);
    return wrong(client);
  };

  test("take it back once", async () => {
    expect(await discardedTwice()).toEqual([]);
  });

  test("planted: what was found is taken back, not what was removed", async () => {
    await amend(
      changedSql(
        "terminal",
        "discard_terminal",
        "from compact join found using (slot, job_id, run_lease)",
        "from found",
      ),
    );
    expect((await discardedTwice()).join()).toMatch(/counts -1 completed jobs in bucket 1/);
  });
});

describe("a pass that is held up between reading and writing", () => {
  const pause = "perform pg_advisory_xact_lock_shared(7);";
  /** The branch that the union comes to between the facts and the deltas; it has no rows. */
  const pausing = changedSql(
    "counts",
    "rebuild_terminal_counts",
    "    union all\n    select l.queue, d.state",
    "    union all\n    select '', '', 0, 0\n" +
      "    from (select pg_advisory_xact_lock_shared(7) is null) p (never) where never\n" +
      "    union all\n    select l.queue, d.state",
  );
  const twoStatements = (table: string) =>
    changedSql(
      "counts",
      "rebuild_terminal_counts",
      "  --@ recount\n",
      `  create temp table seen on commit drop as table ringproof.${table};\n  ${pause}\n`,
    ).replace(new RegExp(`from ringproof.${table} (?=[fd]\\n)`), "from pg_temp.seen ");
  const unlockedRollup = changedSql(
    "counts",
    "rollup_terminal_counts",
    "ringproof.try_lock_deltas(p_slot, 'access exclusive')",
    "true",
  ).replace("--@ truncate", pause);

  /** What `meanwhile` answers, and what is wrong once both have come to their end. */
  async function paused(
    call: (storage: PostgresStorage) => Promise<unknown>,
    meanwhile: () => Promise<unknown>,
  ): Promise<{ answer: unknown; faults: string[] }> {
    await client.query("select pg_advisory_lock(7)");
    const pass = call(as(others[0]!));
    expect(await waits(others[0]!)).toBe(true);
    const answer = await meanwhile();
    await client.query("select pg_advisory_unlock(7)");
    await pass;
    return { answer, faults: await wrong(client) };
  }

  const rebuild = (s: PostgresStorage) => s.rebuildTerminalCounts(now);
  const complete = () => world.storage.complete([held[0]!], now);
  const rollup = () => world.storage.rollupTerminalCounts(0, now);

  test("a rebuild, by a writer: exact", async () => {
    await amend(pausing);
    expect(await paused(rebuild, complete)).toEqual({ answer: ["completed"], faults: [] });
  });

  test("a rebuild, by a rollup, which is blocked", async () => {
    await amend(pausing);
    expect(await paused(rebuild, rollup)).toEqual({ answer: blocked, faults: [] });
  });

  test("planted, rebuild-race: facts and deltas are read in two snapshots", async () => {
    await amend(twoStatements("terminal_facts"));
    const { faults } = await paused(rebuild, complete);
    expect(faults).toContainEqual("queue mail counts 0 completed jobs in bucket 3, and has 1");
  });

  test("rebuild-rollup: deltas that were read keep rollup away, lock or not", async () => {
    const deltasFirst = twoStatements("queue_terminal_count_deltas");
    expect(deltasFirst).toContain("from pg_temp.seen d\n");
    await amend(deltasFirst.replace("not ringproof.try_lock_counts()", "false"));
    expect(await paused(rebuild, rollup)).toEqual({ answer: blocked, faults: [] });
  });

  test("planted: a rollup that does not lock its deltas loses those of a writer", async () => {
    await amend(unlockedRollup);
    const { faults } = await paused((s) => s.rollupTerminalCounts(0, now), complete);
    expect(faults).toContainEqual("queue mail counts 0 completed jobs in bucket 3, and has 1");
  });

  test("planted: a rebuild that takes no lock waits for an open rollup", async () => {
    await amend(
      changedSql("counts", "rebuild_terminal_counts", "not ringproof.try_lock_counts()", "false"),
    );
    const open1 = await open(others[0]!, (s) => s.rollupTerminalCounts(0, now));
    const waiting = rebuild(as(others[1]!));
    expect(await waits(others[1]!)).toBe(true);
    await open1.end("commit");
    expect(await waiting).toEqual({ result: "rebuilt" });
  });
});

test("an audit keeps rollup and prune away, which its snapshot would not show", async () => {
  await unpin();
  const answers: unknown[] = [];
  const watched = new Proxy(others[0]!, {
    get: (session, name) => {
      if (name !== "query") return Reflect.get(session, name) as unknown;
      return async (text: string, values?: unknown[]) => {
        const result = await session.query(text, values);
        if (!/x \(what\)/.test(text)) return result;
        answers.push(await world.storage.rollupTerminalCounts(0, now));
        answers.push(await world.storage.pruneQueue(now));
        return result;
      };
    },
  });
  const results = await audit(watched, { schema });
  expect(results.flatMap((r) => r.violations)).toEqual([]);
  expect(answers.length).toBeGreaterThan(10);
  expect(new Set(answers.map((a) => JSON.stringify(a)))).toEqual(
    new Set([JSON.stringify(blocked)]),
  );
});
