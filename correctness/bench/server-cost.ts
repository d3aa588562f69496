/** What a server spends on what it is asked: CPU of all of its processes, and WAL. */

import { readdir, readFile } from "node:fs/promises";
import type pg from "pg";

export interface Cost {
  /** In milliseconds. */
  readonly cpu: number;
  /** In bytes, full-page images included. */
  readonly wal: number;
  readonly walRecords: number;
}

/** Of the kernel's clock that /proc counts in. */
const TICK_MS = 10;

interface Usage {
  readonly parent: number;
  /** Its own, and that of its children that have ended, in ticks. */
  readonly own: number;
  readonly ended: number;
}

async function usageOf(pid: string): Promise<Usage | null> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  if (text === null) return null;
  // The name of the program may hold anything, and ends with the last parenthesis.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ").map(Number);
  const [utime, stime, cutime, cstime] = fields.slice(11, 15) as [number, number, number, number];
  return { parent: fields[1]!, own: utime + stime, ended: cutime + cstime };
}

/** Of a server and all the processes that it has started, in milliseconds since it was started. */
async function cpuOf(server: number): Promise<number> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const usages = await Promise.all(pids.map(usageOf));
  const children = usages.filter((usage) => usage?.parent === server);
  const postmaster = await usageOf(String(server));
  const ticks = children.reduce((sum, child) => sum + child!.own, 0);
  return TICK_MS * (ticks + postmaster!.own + postmaster!.ended);
}

export class Meter {
  private readonly client: pg.Client;
  private readonly server: number;

  constructor(client: pg.Client, server: number) {
    this.client = client;
    this.server = server;
  }

  /** What the server spends while this goes on. */
  async during<T>(body: () => Promise<T>): Promise<readonly [T, Cost]> {
    const lsn = await this.lsn();
    const before = await cpuOf(this.server);
    const result = await body();
    const cpu = (await cpuOf(this.server)) - before;
    const { rows } = await this.client.query<{ count: string; size: string }>(
      `select sum(count) as count, sum(combined_size) as size
       from pg_get_wal_stats($1, $2)`,
      [lsn, await this.lsn()],
    );
    return [result, { cpu, wal: Number(rows[0]!.size), walRecords: Number(rows[0]!.count) }];
  }

  private async lsn(): Promise<string> {
    const { rows } = await this.client.query("select pg_current_wal_flush_lsn() as lsn");
    return rows[0].lsn as string;
  }
}
