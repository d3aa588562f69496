/**
 * Another session of the same database, beside the one that makes the calls: it has locks or waits
 * for them while that one asks for health or claims, and ensures a lane at the same time.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { connect, type PostgresServer } from "../../src/postgres/server.js";

/** Something that was sent, and has ended or waits for a lock of the other session. */
export interface Sent<T> {
  readonly waits: boolean;
  readonly end: Promise<T>;
}

/** So that who is waited for gets a processor. */
const PAUSE_MS = 1;

const pidOf = async (client: pg.Client): Promise<number> =>
  (await client.query<{ pid: number }>("select pg_backend_pid() as pid")).rows[0]!.pid;

/** Asks until what this session sent has ended, or waits. */
async function settled<T>(end: Promise<T>, pid: number, client: pg.Client): Promise<Sent<T>> {
  let ended = false;
  const done = () => void (ended = true);
  end.then(done, done);
  const text = "select exists (select from pg_locks where pid = $1 and not granted) as waits";
  for (;;) {
    const { rows } = await client.query<{ waits: boolean }>(text, [pid]);
    if (ended) return { waits: false, end };
    if (rows[0]!.waits) return { waits: true, end };
    await sleep(PAUSE_MS);
  }
}

export class Bystander {
  readonly pid: number;
  private readonly client: pg.Client;
  private readonly caller: pg.Client;
  private readonly callerPid: number;

  private constructor(client: pg.Client, pid: number, caller: pg.Client, callerPid: number) {
    this.client = client;
    this.pid = pid;
    this.caller = caller;
    this.callerPid = callerPid;
  }

  static async connect(server: PostgresServer, caller: pg.Client): Promise<Bystander> {
    const client = await connect(server);
    return new Bystander(client, await pidOf(client), caller, await pidOf(caller));
  }

  /** In a transaction, to where it has ended or waits for a lock of the caller. */
  send(text: string): Promise<Sent<unknown>> {
    return settled(this.client.query(`begin; ${text}`), this.pid, this.caller);
  }

  /** To where what the caller sent has ended, or waits for a lock of this session. */
  watch<T>(call: Promise<T>): Promise<Sent<T>> {
    return settled(call, this.callerPid, this.client);
  }

  /** In a transaction, what one statement returns. */
  async ask<Row extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<Row> {
    await this.client.query("begin");
    return (await this.client.query<Row>(text, values)).rows[0]!;
  }

  async end(how: "commit" | "rollback"): Promise<void> {
    await this.client.query(how);
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}
