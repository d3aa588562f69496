/**
 * The order of commits and the rows they changed, as the write-ahead log of Postgres has them. Each
 * call says in its transaction which event it is. The order is that of the log: two transactions
 * that commit at the same moment may for an instant have been visible the other way round.
 */

import { randomBytes } from "node:crypto";
import type pg from "pg";
import { UserError } from "../../src/errors.js";
import type { PgError } from "../../src/postgres/pg-error.js";
import { connect, type PostgresServer } from "../../src/postgres/server.js";
import { transactions, type Transaction } from "./decode.js";

const MARK = "read up to here";
/** At most one transaction more than so many changes are read at once. */
const PORTION = 5_000;
const LIMIT_MS = 20_000;

/** Says, behind BEGIN, to which event of the recording in this schema a transaction belongs. */
export const markEvent = (schema: string, id: number): string =>
  `; select pg_logical_emit_message(true, '${schema}', '${id}')`;

/** What Postgres says where it cannot make a slot, and what to do then. */
const remedies: Readonly<Record<string, string>> = {
  "42501": "As a superuser, run: alter role <yours> replication; or connect as a superuser.",
  "53400": "Raise max_replication_slots, or drop a replication slot that nobody needs.",
  "55000": "Set wal_level = logical and max_replication_slots above 0, and start it again.",
  "57014": "Other transactions have been open for too long: end them, and try again.",
  "58P01": "Install the contrib modules of Postgres: test_decoding is one of them.",
};

export interface LogOptions {
  readonly schema: string;
  /** Whether it must be there still when the server was killed, and is to be removed then. */
  readonly lasting?: boolean;
}

export class Log {
  private client: pg.Client;
  private readonly options: LogOptions;
  private readonly slot = `ringproof_${randomBytes(4).toString("hex")}`;
  /** The transactions that were read. */
  private readonly seen = new Set<string>();
  private marks = 0;

  private constructor(client: pg.Client, options: LogOptions) {
    this.client = client;
    this.options = options;
  }

  /** Everything that commits from now on is in it. */
  static async open(server: PostgresServer, options: LogOptions): Promise<Log> {
    const client = await reader(server);
    const log = new Log(client, options);
    try {
      await log.createSlot(server);
      return log;
    } catch (error) {
      await client.end();
      throw error;
    }
  }

  /** After the server was killed. */
  async reconnect(server: PostgresServer): Promise<void> {
    this.client = await reader(server);
  }

  /** Unless it is to last, it goes with the session, even if this process is killed. */
  private async createSlot({ description }: PostgresServer): Promise<void> {
    const { client, slot } = this;
    const { lasting = false } = this.options;
    await client.query(`set statement_timeout = ${LIMIT_MS}`);
    try {
      const text = "select pg_create_logical_replication_slot($1, 'test_decoding', $2)";
      await client.query(text, [slot, !lasting]);
    } catch (error) {
      const { code = "", message } = error as PgError;
      const remedy = remedies[code];
      if (remedy === undefined) throw error;
      const told = `${description} has no log to record from: ${message}.`;
      throw new UserError(told, remedy, { cause: error });
    }
    await client.query("set statement_timeout = 0");
  }

  /** A portion of the transactions that were not read yet: none when it has no more of them. */
  async read(): Promise<readonly Transaction[]> {
    const { rows } = await this.client.query<{ data: string }>(
      "select data from pg_logical_slot_get_changes($1, null, $2)",
      [this.slot, PORTION],
    );
    const lines = rows.map(({ data }) => data);
    const { schema, lasting } = this.options;
    const read = [...transactions(lines, { schema, prefix: schema })];
    return lasting ? read.filter(({ xid }) => this.isNew(xid)) : read;
  }

  /** A server that was killed may have forgotten how far the log was read. */
  private isNew(xid: string): boolean {
    return this.seen.size < this.seen.add(xid).size;
  }

  /** Everything that has committed up to now. */
  async *rest(): AsyncGenerator<Transaction> {
    const mark = `${MARK} ${this.marks++}`;
    // A transaction that waits for its commit to be written has those before it written too.
    await this.client.query("select pg_logical_emit_message(true, $1, $2)", [
      this.options.schema,
      mark,
    ]);
    for (;;) {
      const some = await this.read();
      const marked = some.some(({ messages }) => messages.includes(mark));
      yield* some.filter(({ messages }) => !messages.some((text) => text.startsWith(MARK)));
      if (marked) return;
    }
  }

  async close(): Promise<void> {
    const gone = () => undefined;
    await this.client.query("select pg_drop_replication_slot($1)", [this.slot]).catch(gone);
    await this.client.end().catch(gone);
  }
}

async function reader(server: PostgresServer): Promise<pg.Client> {
  const client = await connect(server);
  await client.query("set timezone = 'UTC'; set datestyle = 'ISO'; set synchronous_commit = on");
  return client;
}

/** Before anything is made on a server: whether there is a log to be had from it at all. */
export async function checkLog(server: PostgresServer): Promise<void> {
  const log = await Log.open(server, { schema: "" });
  await log.close();
}
