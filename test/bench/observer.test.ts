/** What a server spends, and who waits on it: each is provoked, and seen for what it is. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { settings } from "../../correctness/bench/bench.js";
import { cpuOf } from "../../correctness/bench/cpu.js";
import { deadTuplesLeft, total } from "../../correctness/bench/dead-tuples.js";
import { lockWaits } from "../../correctness/bench/lock-waits.js";
import { Observer } from "../../correctness/bench/observer.js";
import { connected, pinning } from "../../correctness/bench/sessions.js";
import { openPostgres, type PostgresServer } from "../../src/postgres/server.js";

const linux = process.platform === "linux";
let server: PostgresServer;

beforeAll(async () => {
  server = await openPostgres({ kind: "embedded" }, { settings: { ...settings, fsync: "off" } });
});
afterAll(() => server.stop());

const observing = <T>(body: (observer: Observer, url: string) => Promise<T>): Promise<T> =>
  Observer.with(server, (observer) => observer.database("observed", (url) => body(observer, url)));

describe.runIf(linux)("how long processes have computed", () => {
  const BUSY_MS = 400;
  const busy = `const end = Date.now() + 1e4; while (process.cpuUsage().user < ${BUSY_MS}e3);`;

  test("a child counts while it is there, and once it has ended", async () => {
    const parent = spawn("/bin/sh", [
      "-c",
      '"$0" -e "$1"; echo done; read -r stop',
      process.execPath,
      busy,
    ]);
    try {
      await once(parent.stdout, "data");
      const ended = (await cpuOf(parent.pid!))!;
      expect(ended).toBeGreaterThanOrEqual(BUSY_MS);
      expect(ended).toBeLessThan(10 * BUSY_MS);
    } finally {
      parent.kill();
    }
  });

  test("a child that is left out does not count", async () => {
    const child = spawn(process.execPath, [
      "-e",
      `${busy} console.log(1); setInterval(() => 0, 1e3)`,
    ]);
    try {
      await once(child.stdout, "data");
      const all = (await cpuOf(process.pid))!;
      expect(all - (await cpuOf(process.pid, child.pid))!).toBeGreaterThanOrEqual(BUSY_MS - 20);
    } finally {
      child.kill();
    }
  });
});

describe("what a server spends", () => {
  const insert = (rows: number, bytes: number) => (client: pg.Client) =>
    client.query("insert into items select repeat('x', $2) from generate_series(1, $1)", [
      rows,
      bytes,
    ]);

  test("WAL of what is written meanwhile, in bytes and in records", () =>
    observing(async (observer, url) => {
      await connected(url, (client) => client.query("create table items (body text)"));
      const [, cost] = await observer.cost(() => connected(url, insert(1_000, 100)));
      expect(cost.walRecords).toBeGreaterThanOrEqual(1_000);
      expect(cost.walRecords).toBeLessThan(1_200);
      expect(cost.wal).toBeGreaterThan(100_000);
      expect(cost.wal).toBeLessThan(300_000);
      const [answer, twice] = await observer.cost(async () => {
        await connected(url, insert(2_000, 100));
        return "done";
      });
      expect(answer).toBe("done");
      expect(twice.wal / cost.wal).toBeCloseTo(2, 0);
    }));

  test("next to nothing of an idle one", () =>
    observing(async (observer) => {
      const [, { wal, cpu }] = await observer.cost(() => sleep(100));
      expect(wal).toBeLessThan(10_000);
      if (linux) expect(cpu).toBeLessThan(100);
    }));

  test.runIf(linux)("the CPU of sessions, those that have ended included; not its own", () =>
    observing(async (observer, url) => {
      const count = (client: pg.Client) =>
        client.query("select count(*) from generate_series(1, 3000000) n where sqrt(n) > 1");
      const [, others] = await observer.cost(() => connected(url, count));
      const [, own] = await observer.cost(() => count(observer.client));
      expect(others.cpu).toBeGreaterThan(100);
      expect(own.cpu).toBeLessThan(others.cpu! / 2);
    }),
  );

  test("what was written is kept until it is read, whatever is recycled meanwhile", () =>
    observing(async (observer, url) => {
      const [, { wal }] = await observer.cost(() =>
        connected(url, async (client) => {
          await client.query("create table items (body text)");
          for (let i = 0; i < 3; i++) {
            await insert(1_000, 100)(client);
            await client.query("select pg_switch_wal()");
            await client.query("checkpoint");
          }
        }),
      );
      expect(wal).toBeGreaterThan(300_000);
      const slots = await observer.client.query("select from pg_replication_slots");
      expect(slots.rowCount).toBe(0);
    }));
});

describe("who waits for the lock of a relation", () => {
  /** One session has the lock while the other asks. */
  const meeting = (url: string, lock: string, ask: string) =>
    connected(url, (holder) =>
      connected(url, async (waiter) => {
        await holder.query(`begin; ${lock}`);
        const asking = waiter.query(ask);
        await sleep(350);
        await holder.query("commit");
        await asking;
      }),
    );
  const create = (url: string) =>
    connected(url, (client) => client.query("create table items as select 1 as id"));

  test("is logged, sampled, and told with what is waited for, and who has it", () =>
    observing(async (observer, url) => {
      await create(url);
      const [, waits] = await lockWaits(observer, url, () =>
        meeting(url, "lock table items in access exclusive mode", "select from items"),
      );
      expect(waits.logged).toBe(1);
      expect(waits.sampled).toBeGreaterThan(0);
      const wait = "AccessShareLock of items";
      expect(waits.told).toEqual([
        `in the log: ${wait}`,
        expect.stringMatching(
          `^select from items waits for ${wait}, held by begin; lock table items in`,
        ),
      ]);
    }));

  test.each([
    ["nobody", "select from items", "select from items"],
    ["a row", "update items set id = 2", "update items set id = 3"],
    ["an advisory lock", "select pg_advisory_xact_lock(1)", "select pg_advisory_xact_lock(1)"],
  ])("%s is none", (_, lock, ask) =>
    observing(async (observer, url) => {
      await create(url);
      const [, waits] = await lockWaits(observer, url, () => meeting(url, lock, ask));
      expect(waits).toEqual({ logged: 0, sampled: 0, told: [] });
    }),
  );

  test("somebody in another database, or before, is none", () =>
    observing(async (observer, url) => {
      const lock = ["lock table items in access exclusive mode", "select from items"] as const;
      await create(url);
      await meeting(url, ...lock);
      await create(server.url);
      const [, waits] = await lockWaits(observer, url, () => meeting(server.url, ...lock));
      await connected(server.url, (client) => client.query("drop table items"));
      expect(waits).toEqual({ logged: 0, sampled: 0, told: [] });
    }));
});

test("dead tuples are there for as long as somebody may see them, and count by table", () =>
  observing(async (_, url) => {
    const write = async (client: pg.Client) => {
      await client.query("set application_name to somebody");
      await client.query("create table parts (id int) partition by list (id)");
      for (const id of [1, 2]) {
        await client.query(`create table parts_${id} partition of parts for values in (${id})`);
        await client.query(`insert into parts select ${id} from generate_series(1, 10)`);
      }
      await client.query("delete from parts");
      await client.query("create table rows as select 1");
    };
    const dead = await pinning(url, async () => {
      await connected(url, write);
      return connected(url, deadTuplesLeft);
    });
    expect(dead).toEqual({ parts: 20, rows: 0 });
    expect([total(dead), total(dead, ["rows", "others"])]).toEqual([20, 0]);
  }));
