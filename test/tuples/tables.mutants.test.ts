/**
 * The contract of `src/postgres/tables.ts` is what functions say and what Postgres counts in long
 * runs, and dead tuples beside a reader are bounded as in DeadTupleContract; changes are found.
 */

import fc from "fast-check";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConstants } from "../../correctness/explore/scope.js";
import { lockstepScope } from "../../correctness/lockstep/claim.js";
import { Runs } from "../../correctness/lockstep/choices.js";
import { readManifest } from "../../correctness/tlc/manifest.js";
import { manifestFile } from "../../correctness/tlc/suite.js";
import { compareWithCounts, compareWithText, uncalled } from "../../correctness/tuples/contract.js";
import { run } from "../../correctness/tuples/run.js";
import { readSchema } from "../../correctness/tuples/schema.js";
import { Statistics, type Counted, type Counts } from "../../correctness/tuples/statistics.js";
import { install, uninstall } from "../../src/postgres/install.js";
import { requalify } from "../../src/postgres/requalify.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { PostgresStorage } from "../../src/postgres/storage.js";
import { commandsOf, INSTALL, reclaimedBy, tables } from "../../src/postgres/tables.js";
import { changedSql } from "../../correctness/mutants/changed-sql.js";

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

const slots = { queueSlots: 4, claimSlots: 4, leaseSlots: 4 };
const scope = { ...lockstepScope, jobs: Array.from({ length: 400 }, (_, i) => `j${i + 1}`) };

let schemas = 0;

/** A schema of its own, with a change if one is given. */
async function installed(amend?: string): Promise<string> {
  const schema = `tables_${++schemas}`;
  await install(client, { schema, ...slots });
  if (amend) await client.query(requalify(amend, schema));
  return schema;
}

/** What the functions of the schema say, against the contract. */
async function byText(amend?: string, contract = tables): Promise<string[]> {
  const schema = await installed(amend);
  const found = compareWithText(contract, await readSchema(client, schema));
  await uninstall(client, { schema });
  return found;
}

/** What Postgres counts in one random run. */
async function counting(amend?: string, seed = 3, steps = 400) {
  const schema = await installed(amend);
  const statistics = new Statistics(client, schema);
  await statistics.start();
  const [choices] = fc.sample(new Runs(steps), { numRuns: 1, seed });
  await run(client, schema, choices!, scope);
  const seen = { counted: await statistics.counted(), called: await statistics.called() };
  await uninstall(client, { schema });
  return seen;
}

async function byCounts(amend: string): Promise<string[]> {
  const { counted } = await counting(amend);
  return compareWithCounts(tables, counted).filter((line) => !/ saw no /.test(line));
}

function sum(one: Counted, other: Counted): Counted {
  const add = (a: Counts, b: Counts) =>
    Object.fromEntries(Object.entries(a).map(([key, n]) => [key, n + b[key as keyof Counts]]));
  return new Map([...one].map(([name, c]) => [name, add(c, other.get(name)!) as Counts]));
}

describe("as shipped", () => {
  test("every function writes what its lines say, and no more", async () => {
    expect(await byText()).toEqual([]);
  });

  // A run may neglect an action; several together do everything.
  test("Postgres counts what the lines allow, all of it, and calls every writer", async () => {
    const seen = [];
    for (const seed of [1, 2, 3, 4]) seen.push(await counting(undefined, seed, 800));
    const counted = seen.map((s) => s.counted).reduce(sum);
    expect(compareWithCounts(tables, counted)).toEqual([]);
    const called = new Set(seen.flatMap((s) => [...s.called]));
    expect(uncalled(tables, called)).toEqual([]);
  });

  test("the install writes the rows that no function writes, and no others", async () => {
    const schema = await installed();
    const counted = await new Statistics(client, schema).counted();
    await uninstall(client, { schema });
    for (const [name, counts] of counted)
      for (const command of ["insert", "update", "delete"] as const) {
        const own = tables[name]![command]?.includes(INSTALL) ?? false;
        expect([name, command, counts[command] > 0]).toEqual([name, command, own]);
      }
  });

  test("every kind of table has a configuration of DeadTupleContract", async () => {
    const entries = await readManifest(manifestFile());
    const covered = new Set<string>();
    for (const { cfg, module } of entries) {
      if (module !== "DeadTupleContract") continue;
      covered.add([...((await readConstants(cfg))["Commands"] as string[])].sort().join(", "));
    }
    const kinds = Object.values(tables).map((line) => [...commandsOf(line)].sort().join(", "));
    expect([...new Set(kinds)].sort()).toEqual([...covered].sort());
  });

  test("claims and fast completions neither update nor delete rows of a ring", async () => {
    const schema = await installed();
    const { functions } = await readSchema(client, schema);
    await uninstall(client, { schema });
    const reached = (name: string, seen: Set<string>): Set<string> => {
      if (seen.has(name) || !functions.has(name)) return seen;
      seen.add(name);
      functions.get(name)!.calls.forEach((called) => reached(called, seen));
      return seen;
    };
    for (const operation of ["enqueue", "claim", "advance_claim_cursor", "complete_fast"]) {
      const writes = [...reached(operation, new Set())].flatMap((f) => functions.get(f)!.writes);
      expect(writes.length).toBeGreaterThan(0);
      for (const { command, table } of writes)
        if (command !== "insert") expect(reclaimedBy(tables[table!]!)).toBe("vacuum");
    }
  });
});

describe("beside a reader", () => {
  const TURNS = 12;
  /** A lease dies when it is resumed and when its attempt ends. */
  const PER_TURN = 2;

  /** Pins the horizon, and holds no lock on any table of the schema. */
  async function beginReader(): Promise<pg.Client> {
    const reader = await connect(server);
    await reader.query("begin isolation level repeatable read");
    await reader.query("select count(*) from pg_class");
    return reader;
  }

  async function vacuumed(schema: string, statistics: Statistics): Promise<Counted> {
    await statistics.flush();
    for (const name of Object.keys(tables)) await client.query(`vacuum "${schema}"."${name}"`);
    return statistics.counted();
  }

  /** One attempt is parked, resumed and ended, and the lease ring turns. */
  async function turn(storage: PostgresStorage, lane: number): Promise<void> {
    const now = new Date(0);
    await storage.enqueue(lane, [{}], now, now);
    const jobs = await storage.claim(lane, 1, now);
    expect(await storage.parkForCallback(jobs, now, now)).toEqual(["parked"]);
    expect(await storage.resumeCallback(jobs, now)).toEqual(["resumed"]);
    expect(await storage.complete(jobs, now)).toEqual(["completed"]);
    if ((await storage.rotateLeases(now)).result === "rotated") return;
    expect(await storage.pruneLeases(now)).toEqual({ result: "pruned" });
    expect(await storage.rotateLeases(now)).toEqual({ result: "rotated" });
  }

  /** What is dead after each turn, and at the end once the reader is gone. */
  async function turns(amend?: string) {
    const schema = await installed(amend);
    const storage = new PostgresStorage(client, { schema });
    const lane = await storage.ensureLane("mail", 1, 0);
    const statistics = new Statistics(client, schema);
    const reader = await beginReader();
    const vacuum = () => vacuumed(schema, statistics);
    const beside: Counted[] = [];
    for (let i = 0; i < TURNS; i++) {
      await turn(storage, lane);
      beside.push(await vacuum());
    }
    await reader.query("commit");
    await reader.end();
    const after = await vacuum();
    await uninstall(client, { schema });
    return { beside, after };
  }

  const dead = (name: string, seen: readonly Counted[]) => seen.map((c) => c.get(name)!.dead);
  const appended = Object.keys(tables).filter((name) =>
    commandsOf(tables[name]!).every((command) => ["insert", "truncate"].includes(command)),
  );

  test("a ring is bounded by its slots, a small table by turns, others are clean", async () => {
    const { beside, after } = await turns();
    expect(appended.length).toBeGreaterThan(5);
    for (const name of appended) expect(Math.max(...dead(name, beside))).toBe(0);
    expect(Math.max(...dead("leases", beside))).toBeLessThanOrEqual(PER_TURN * slots.leaseSlots);
    expect(dead("leases", beside).at(-1)).toBeGreaterThan(0);
    expect(dead("attempt_state", beside)).toEqual(beside.map((_, i) => i + 1));
    expect([...after].filter(([, counts]) => counts.dead > 0)).toEqual([]);
  });

  test("what was rolled back is dead for every snapshot, and vacuum has it at once", async () => {
    const schema = await installed();
    const storage = new PostgresStorage(client, { schema });
    const lane = await storage.ensureLane("mail", 1, 0);
    const statistics = new Statistics(client, schema);
    const reader = await beginReader();
    await client.query("begin");
    await storage.enqueue(lane, [{}, {}], new Date(0), new Date(0));
    await client.query("rollback");
    expect(dead("ready_entries", [await statistics.counted()])).toEqual([2]);
    expect(dead("ready_entries", [await vacuumed(schema, statistics)])).toEqual([0]);
    await reader.query("commit");
    await reader.end();
    await uninstall(client, { schema });
  });

  test("a rotate that looks for rows where only dead ones are", async () => {
    const probes = changedSql(
      "rings",
      "rotate",
      "when v_ring.tail_generation is null then",
      "when true then",
    );
    const { beside } = await turns(probes);
    expect(dead("leases", beside)).toEqual(beside.map((_, i) => PER_TURN * (i + 1)));
  });
});

const marksRows = changedSql(
  "claim",
  "hand_out",
  "  return query\n",
  "  update ringproof.ready_entries r set run_lease = r.run_lease where r.slot = v_ready_slot;\n" +
    "  return query\n",
);

const prunesByDelete = changedSql(
  "rings",
  "try_truncate_slot",
  "execute 'truncate table only ' || v_tables;",
  "for v_tables in select unnest(ringproof.ring_tables(p_ring)) loop\n" +
    "    execute format('delete from ringproof.%I', v_tables || '_' || p_slot);\n  end loop;",
);

const without = (name: string) =>
  Object.fromEntries(Object.entries(tables).filter(([table]) => table !== name));

describe("planted", () => {
  test("a claim that marks the row it hands out", async () => {
    expect(await byText(marksRows)).toEqual([
      "hand_out: update of ready_entries is not in src/postgres/tables.ts",
    ]);
    expect(await byCounts(marksRows)).toEqual([
      expect.stringMatching(/^ready_entries saw \d+ × update, which \S+ does not allow$/),
      expect.stringMatching(/^ready_entries is append-only, and holds \d+ dead tuples$/),
    ]);
  });

  test("a prune by DELETE", async () => {
    const said = await byText(prunesByDelete);
    expect(said).toContain(
      "try_truncate_slot: delete of ready_entries is not in src/postgres/tables.ts",
    );
    expect(said).toContain(
      "try_truncate_slot: truncate of leases is in src/postgres/tables.ts, " +
        "and the function does not do it",
    );
    expect((await byCounts(prunesByDelete)).join("\n")).toMatch(/^lease_claims saw \d+ × delete/m);
  });

  test("a table without a line", async () => {
    const message = "extra has no line in src/postgres/tables.ts: say which function may write it";
    const amend = "create table ringproof.extra (id int)";
    expect(await byText(amend)).toEqual([message]);
    expect(await byCounts(amend)).toEqual([message]);
    expect(await byText(undefined, without("dlq_entries"))).toContain(
      "dlq_entries has no line in src/postgres/tables.ts: say which function may write it",
    );
  });

  test("a line that nothing uses", async () => {
    const lanes = { ...tables["lanes"], update: ["ensure_lane"] };
    const contract = { ...tables, lanes };
    expect(await byText(undefined, contract)).toEqual([
      "ensure_lane: update of lanes is in src/postgres/tables.ts, and the function does not do it",
    ]);
    const { counted, called } = await counting();
    const found = compareWithCounts(contract, counted);
    expect(found).toContain("lanes saw no update, which src/postgres/tables.ts allows");
    expect(uncalled({ lanes: { insert: ["ensure_lane", "nobody"] } }, called)).toEqual(["nobody"]);
    expect(await byText(undefined, { ...tables, jobs_of_before: {} })).toEqual([
      "src/postgres/tables.ts has a line for jobs_of_before, and there is no such table",
    ]);
  });

  test("a trigger, which no function calls", async () => {
    const amend =
      "create function ringproof.touch() returns trigger language plpgsql as $$\n" +
      "begin update ringproof.lanes set priority = priority; return null; end $$;\n" +
      "create trigger touched after insert on ringproof.lease_claims\n" +
      "for each statement execute function ringproof.touch();";
    expect(await byText(amend)).toEqual([
      expect.stringContaining("a trigger on lease_claims: touched"),
      "touch: update of lanes is not in src/postgres/tables.ts",
    ]);
    expect((await byCounts(amend)).join("\n")).toMatch(/^lanes saw \d+ × update/m);
  });

  test.each([
    [
      "a rule on lanes: also",
      "create rule also as on update to ringproof.lanes do also delete from ringproof.meta",
    ],
    [
      "a foreign key that writes: deferred_jobs_lane_id_fkey1",
      "alter table ringproof.deferred_jobs " +
        "add foreign key (lane_id) references ringproof.lanes on delete cascade",
    ],
  ])("%s", async (what, amend) => {
    expect(await byText(amend)).toEqual([`${what}; nobody can tell from functions what it writes`]);
  });

  test.each([
    [
      "a partition by its name",
      "language sql as $$ delete from ringproof.leases_1 $$",
      "planted: delete of leases is not in src/postgres/tables.ts",
    ],
    [
      "a partition by its number",
      "language plpgsql as $$ begin execute 'truncate ringproof.leases_' || 1; end $$",
      "planted: truncate of leases is not in src/postgres/tables.ts",
    ],
    [
      "a table that is computed",
      "language plpgsql as $$ begin execute format('delete from %s', 1); end $$",
      "planted: delete of a table it computes is not in src/postgres/tables.ts",
    ],
    [
      "a body that is no text",
      "begin atomic delete from ringproof.lanes; end",
      "nobody can tell what planted writes: a body in sql",
    ],
  ])("%s", async (_, body, what) => {
    const amend = `create function ringproof.planted() returns void ${body}`;
    expect(await byText(amend)).toEqual([what]);
  });

  test("a text that is put together", async () => {
    const hides = changedSql(
      "claim",
      "hand_out",
      "  return query\n",
      "  execute concat('del', 'ete from ringproof.ready_tombstones');\n  return query\n",
    );
    expect(await byText(hides)).toEqual([
      "nobody can tell what hand_out writes: EXECUTE of a text that is computed",
    ]);
  });
});
