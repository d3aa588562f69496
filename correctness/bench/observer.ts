/** Looks at a server while others use it: what they cost it, and whether they wait for a table. */

import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { withCleanup } from "../../src/cleanup.js";
import { connect, type PostgresServer } from "../../src/postgres/server.js";
import { cpuOf } from "./cpu.js";

export interface Cost {
  /** Of all of its processes, in milliseconds; null where nobody can tell. */
  readonly cpu: number | null;
  /** In bytes, full-page images included. */
  readonly wal: number;
  readonly walRecords: number;
}

/** Sessions that waited for the lock of a relation. */
export interface Waits {
  /** For longer than `deadlock_timeout`: so says the server's log. */
  readonly logged: number;
  /** As often as somebody looked. */
  readonly sampled: number;
}

const SAMPLE_MS = 100;

/** In the log; a tuple of a relation, or its extension, is another thing to wait for. */
const WAIT = /process \d+ still waiting for \w+ on relation \d+ of database (\d+) /g;

export class Observer {
  private readonly server: PostgresServer;
  private readonly client: pg.Client;
  private readonly pid: number;

  private constructor(server: PostgresServer, client: pg.Client, pid: number) {
    this.server = server;
    this.client = client;
    this.pid = pid;
  }

  /** Of a server that was started here, with `log_lock_waits`. */
  static async with<T>(
    server: PostgresServer,
    body: (observer: Observer) => Promise<T>,
  ): Promise<T> {
    const client = await connect(server);
    return withCleanup(
      () => client.end(),
      async () => {
        await client.query("create extension if not exists pg_walinspect");
        const { rows } = await client.query("select pg_backend_pid() as pid");
        return body(new Observer(server, client, Number(rows[0].pid)));
      },
    );
  }

  /** A database of this name, for as long as the body takes. */
  async database<T>(name: string, body: (url: string) => Promise<T>): Promise<T> {
    const { client, server } = this;
    await client.query(`create database ${name}`);
    return withCleanup(
      async () => void (await client.query(`drop database ${name} with (force)`)),
      async () => {
        await client.query("checkpoint");
        const url = new URL(server.url);
        url.pathname = `/${name}`;
        return body(url.href);
      },
    );
  }

  /** What the server spends meanwhile, on anything but this observer. */
  async cost<T>(body: () => Promise<T>): Promise<readonly [T, Cost]> {
    const { client } = this;
    // The slot keeps what was written until it has been read.
    await client.query("select pg_create_physical_replication_slot('bench', true, true)");
    try {
      const from = await this.written();
      const before = await this.cpu();
      const result = await body();
      const after = await this.cpu();
      const { rows } = await client.query(
        `select coalesce(sum(count), 0) as count, coalesce(sum(combined_size), 0) as size
         from pg_get_wal_stats($1, $2)`,
        [from, await this.written()],
      );
      const cpu = after === null ? null : after - before!;
      const { size, count } = rows[0] as { size: string; count: string };
      return [result, { cpu, wal: Number(size), walRecords: Number(count) }];
    } finally {
      await client.query("select pg_drop_replication_slot('bench')");
    }
  }

  private cpu(): Promise<number | null> {
    return cpuOf(this.server.pid!, this.pid);
  }

  private async written(): Promise<string> {
    const { rows } = await this.client.query("select pg_current_wal_flush_lsn() as lsn");
    return rows[0].lsn as string;
  }

  /** Who waits meanwhile, in this database. */
  async waits<T>(database: string, body: () => Promise<T>): Promise<readonly [T, Waits]> {
    const { rows } = await this.client.query(
      "select oid::text from pg_database where datname = $1",
      [database],
    );
    const oid = rows[0].oid as string;
    const log = join(this.server.socketDir!, "log");
    const { size } = await stat(log);
    const over = new AbortController();
    const sampling = this.sample(oid, over.signal);
    sampling.catch(() => undefined);
    const result = await body().finally(() => over.abort());
    const sampled = await sampling;
    const text = await since(log, size);
    const logged = [...text.matchAll(WAIT)].filter(([, where]) => where === oid).length;
    return [result, { logged, sampled }];
  }

  private async sample(oid: string, signal: AbortSignal): Promise<number> {
    let sampled = 0;
    while (!signal.aborted) {
      const { rowCount } = await this.client.query(
        "select from pg_locks where locktype = 'relation' and not granted and database = $1",
        [oid],
      );
      sampled += rowCount ?? 0;
      await sleep(SAMPLE_MS, undefined, { signal }).catch(() => undefined);
    }
    return sampled;
  }
}

/** What was appended to a file since it had this size. */
async function since(file: string, size: number): Promise<string> {
  const handle = await open(file);
  try {
    const { size: end } = await handle.stat();
    const { buffer } = await handle.read(Buffer.alloc(end - size), 0, end - size, size);
    return buffer.toString("utf8");
  } finally {
    await handle.close();
  }
}
