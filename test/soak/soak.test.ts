/** A soak of some seconds: every kind of fault, and nothing is lost; what it says, and leaves. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kinds } from "../../correctness/soak/recovery.js";
import { soakSection } from "../../correctness/soak/section.js";
import { settingsFor } from "../../correctness/soak/settings.js";
import { soak, type SoakOptions } from "../../correctness/soak/soak.js";
import type { Soaked } from "../../correctness/soak/soaked.js";
import type { Often } from "../../correctness/soak/timetable.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import { ran } from "../cli/fixture.js";

const WORKERS = 6;
const often: Often = {
  ...{ terminate: 0.3, cutBefore: 0.4, cutAfter: 0.3 },
  ...{ kill: 2, clock: 1, death: 0.7, zombie: 0.7 },
};
let server: PostgresServer;

beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" }, { settings: settingsFor(WORKERS) });
});
afterAll(() => server.stop());

const options = (some: Partial<SoakOptions> = {}): SoakOptions => ({
  ...{ source: server, seconds: 2, rate: 150, workers: WORKERS, seed: 3 },
  ...some,
});

/** Schemas that are there now, and sessions beside our own. */
async function leftBehind(): Promise<readonly unknown[]> {
  const client = await connect(server);
  const { rows } = await client.query(
    `select nspname from pg_namespace where nspname like 'soak%'
     union all
     select pid::text from pg_stat_activity
     where backend_type = 'client backend' and pid <> pg_backend_pid()`,
  );
  await client.end();
  return rows;
}

describe("some seconds", () => {
  let soaked: Soaked;
  beforeAll(async () => {
    soaked = await soak(options({ seconds: 6, often }));
  });

  test("in which everything fails, and nothing is lost", () => {
    expect(soaked.wrongs).toEqual([]);
    expect([soaked.closed === null, soaked.spared]).toEqual([false, null]);
    for (const kind of kinds) expect(soaked.recoveries.of(kind).count, kind).toBeGreaterThan(0);
  });

  test("in which jobs come to every place, and all are accounted for", () => {
    const { ledger, handOuts, unclear } = soaked;
    const { acknowledged, turnedAway } = ledger.enqueues;
    expect(acknowledged).toBeGreaterThan(200);
    expect(turnedAway).toBeGreaterThan(0);
    const ended = (["completed", "failed", "cancelled", "gone", "unclear"] as const).map((p) =>
      ledger.count(p),
    );
    const all = ended.reduce((sum, jobs) => sum + jobs, 0);
    expect(all).toBeGreaterThanOrEqual(acknowledged);
    expect(all).toBeLessThanOrEqual(acknowledged + ledger.enqueues.unheard);
    expect([ledger.count("alive"), ledger.count("dead"), ledger.jobs.size]).toEqual([0, 0, 0]);
    expect(ledger.count("unclear")).toBe(unclear);
    for (const place of ["completed", "failed", "cancelled", "dead", "gone"] as const)
      expect(ledger.entered[place], place).toBeGreaterThan(0);
    expect(handOuts.told).toBeGreaterThan(acknowledged);
    expect(soaked.turned.pruned).toBeGreaterThan(0);
  });

  test("of which nothing is left behind", async () => {
    expect(await leftBehind()).toEqual([]);
  });
});

test("an interruption ends it, and nothing is left behind", async () => {
  const stop = new AbortController();
  const soaking = soak(options({ seconds: 60, signal: stop.signal }));
  setTimeout(() => stop.abort(), 1_500);
  await expect(soaking).rejects.toThrow(/abort/);
  expect(await leftBehind()).toEqual([]);
});

test("what is wrong is told with what callers and Postgres say of it", async () => {
  const amend = `
    create or replace function ringproof.append_ready(
      p_arrivals ringproof.arrival[], p_now timestamptz)
    returns int language plpgsql as $$ begin return 0; end $$`;
  const section = await soakSection(options({ seconds: 30, amend }));
  expect(section.verdict).toBe("violated");
  const [finding] = section.findings;
  expect(finding!.title).toMatch(
    /^jobs accounted for: job \d+: it is alive, and Postgres has nothing of it$/,
  );
  const told = [
    /^the ledger: job \d+ \(\d+\) is alive$/,
    /^Postgres has no row of it$/,
    /^the last that callers were told of it:$/,
    /^ {2}[\d:.]+ p\d: enqueue: enqueued$/,
  ];
  expect(finding!.lines.slice(0, told.length)).toEqual(
    told.map((line) => expect.stringMatching(line)),
  );
  expect(finding!.replay).toBe("ringproof soak --minutes 0.5 --rate 150 --workers 6 --seed 3");
  expect(section.rows.find(({ name }) => name === "jobs accounted for")!.verdict).toBe("violated");
  expect(section.rows.find(({ name }) => name === "rings prune to empty")!.verdict).toBe("not-run");
});

describe("on the command line", () => {
  test("a role that may do little: all but the kills, and it says so", async () => {
    const client = await connect(server);
    await client.query("create role guest login password 'secret'");
    await client.query("grant create on database postgres to guest");
    const url = new URL(server.tcpUrl!);
    [url.username, url.password] = ["guest", "secret"];
    const args = ["--minutes", "0.05", "--workers", "2", "--pg", url.href, "--json"];
    const { code, out, err } = await ran(["soak", ...args]);
    await client.query("drop owned by guest; drop role guest");
    await client.end();
    expect(code, err).toBe(0);
    expect(err).toMatch(/No server was killed: Postgres \S+ \(--pg\) was not started here\./);
    const [claim] = JSON.parse(out).claims;
    expect(claim).toMatchObject({ id: "soak", verdict: "holds", covered: { wrong: 0 } });
    expect(claim.covered.jobs).toBeGreaterThan(0);
    expect(claim.numbers.terminate.count).toBeGreaterThan(0);
    expect(claim.numbers.kill.count).toBe(0);
  });

  test.each([
    ["--minutes", "0", "Give a number above 0, such as 0.5."],
    ["--minutes", "long", "Give a number above 0, such as 0.5."],
    ["--rate", "0.5", "Give a whole number."],
    ["--workers", "0", "Give a number from 1."],
  ])("%s %s is wrong usage", async (flag, value, why) => {
    const { code, err } = await ran(["soak", flag, value]);
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining(why) });
  });
});
