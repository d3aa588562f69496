/** Looks at a server while others use it: gives them databases, and sees what they cost it. */

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

export class Observer {
  readonly server: PostgresServer;
  /** Whose cost is not counted. */
  readonly client: pg.Client;
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
    // The slot keeps what was written until it has been read.
    await this.client.query("select pg_create_physical_replication_slot('bench', true, true)");
    try {
      const from = await this.written();
      const before = await this.cpu();
      const result = await body();
      const after = await this.cpu();
      const cpu = after === null ? null : after - before!;
      return [result, { cpu, ...(await this.walBetween(from, await this.written())) }];
    } finally {
      await this.client.query(
        "select pg_drop_replication_slot(slot_name) from pg_replication_slots",
      );
    }
  }

  private async walBetween(from: string, to: string): Promise<Omit<Cost, "cpu">> {
    if (from === to) return { wal: 0, walRecords: 0 };
    const { rows } = await this.client.query<{ size: string; count: string }>(
      `select sum(combined_size) as size, sum(count) as count from pg_get_wal_stats($1, $2)`,
      [from, to],
    );
    return { wal: Number(rows[0]!.size), walRecords: Number(rows[0]!.count) };
  }

  private cpu(): Promise<number | null> {
    return cpuOf(this.server.pid!, this.pid);
  }

  private async written(): Promise<string> {
    const { rows } = await this.client.query("select pg_current_wal_flush_lsn() as lsn");
    return rows[0].lsn as string;
  }
}
