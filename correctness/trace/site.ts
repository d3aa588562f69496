/**
 * Where a recording takes place: a schema of its own, sessions for those who call, and the log of
 * what they do. Nothing of it is left behind.
 */

import { randomBytes } from "node:crypto";
import type pg from "pg";
import type { Scope } from "../../src/core/index.js";
import { UserError } from "../../src/errors.js";
import { install, uninstall } from "../../src/postgres/install.js";
import { requalify } from "../../src/postgres/requalify.js";
import { connect, type PostgresServer } from "../../src/postgres/server.js";
import { statements } from "../../src/postgres/statements.js";
import { PostgresStorage } from "../../src/postgres/storage.js";
import { ensureLanes, installHarness } from "../conform/conform.js";
import type { Snapshot } from "../conform/snapshot.js";
import { NotTaken } from "../lockstep/database.js";
import { describe } from "../lockstep/calling.js";
import { answered, Caller, Calls, keyNames } from "./caller.js";
import { Commits } from "./commits.js";
import type { Event, Header, Recorded } from "./history.js";
import { Log } from "./log.js";
import { Names } from "./names.js";
import { Rows } from "./rows.js";

/** The storage model of a history; jobs and run leases have no bounds. */
export function scopeOf({ lanes, limits, slots }: Header): Scope {
  const { queue, claim, lease } = slots!;
  const unbounded = { jobs: [], leases: [], deadlines: [], enabled: [] };
  const sizes = { queueSlots: queue, claimSlots: claim, leaseSlots: lease };
  const most = { maxBatch: Infinity, maxWait: Infinity, maxSeq: Infinity };
  return { lanes, ...limits, ...unbounded, ...sizes, ...most, sameKey: keyNames.map(() => []) };
}

/** So that the log has the whole of each row that goes. */
const wholeRows = (schema: string): string =>
  `do $$
   declare
     v_table regclass;
   begin
     for v_table in
       select oid from pg_class where relnamespace = '${schema}'::regnamespace and relkind = 'r'
     loop
       execute format('alter table %s replica identity full', v_table);
     end loop;
   end
   $$`;

export class Site {
  readonly calls = new Calls();
  private readonly server: PostgresServer;
  private readonly schema = `trace_${randomBytes(4).toString("hex")}`;
  private readonly scope: Scope;
  private readonly client: pg.Client;
  private readonly sessions: pg.Client[] = [];
  private readonly callers = new Map<string, Caller>();
  private log: Log | undefined;
  private names = new Names(new Map());
  private commits: Commits;
  private reading = Promise.resolve();

  private constructor(server: PostgresServer, client: pg.Client, header: Header) {
    this.server = server;
    this.client = client;
    this.scope = scopeOf(header);
    this.commits = new Commits(new Rows(this.scope), this.names);
  }

  static async open(server: PostgresServer, header: Header): Promise<Site> {
    return new Site(server, await connect(server), header);
  }

  /** Everything up to the first call; what comes after that is in the log. */
  async prepare(amend?: string): Promise<void> {
    const { client, schema, scope, server } = this;
    const { queueSlots, claimSlots, leaseSlots } = scope;
    await install(client, { schema, queueSlots, claimSlots, leaseSlots });
    this.names = new Names(await ensureLanes(new PostgresStorage(client, { schema }), scope));
    this.commits = new Commits(new Rows(scope), this.names);
    if (amend) await client.query(requalify(amend, schema)).catch(notTaken);
    await client.query(wholeRows(schema));
    await this.compare("the rows before the first call are not those of the model");
    this.log = await Log.open(server, schema);
  }

  /** The session of this name. */
  async caller(name: string): Promise<Caller> {
    const known = this.callers.get(name);
    if (known) return known;
    const session = await connect(this.server);
    this.sessions.push(session);
    const { scope, names, calls, schema } = this;
    const caller = new Caller(name, session, { sql: statements(schema), scope, names, calls });
    this.callers.set(name, caller);
    return caller;
  }

  get rows(): Rows {
    return this.commits.rows;
  }

  /** Reads the log up to now, one reader after the other. */
  catchUp(): Promise<void> {
    return (this.reading = this.reading.then(async () => {
      for await (const transaction of this.log!.rest()) this.commits.add(transaction);
    }));
  }

  /** Whether the log was read as it was meant: its changes add up to the rows that there are. */
  async check(): Promise<void> {
    await this.catchUp();
    await this.compare("the log was not read as it was meant: its changes add up to other rows");
  }

  /** The harness that shows the rows changes how calls are planned: it is there for a look only. */
  private async compare(what: string): Promise<void> {
    const { client, schema, names } = this;
    await client.query("begin");
    await installHarness(client, schema);
    const { rows } = await client.query<{ snapshot: Snapshot }>(
      `select "${schema}".snapshot() as snapshot`,
    );
    await client.query("rollback");
    const differences = this.rows.differences(rows[0]!.snapshot, names);
    if (differences.length > 0) throw new Error([`${what}:`, ...differences].join("\n"));
  }

  /** Everything that was called, as a history has it. */
  events(): Event[] {
    return this.calls.made.map((made) => {
      const { id, worker, tick, call, began, ended } = made;
      const { commit = null, changes = [] } = this.commits.of(id) ?? {};
      const outcome = made.rows && answered(made, this.names, "logged").outcomes[0]!;
      const told = { return: ended, outcome: outcome as Recorded | null };
      return { id, worker, tick, ...call, call: began, ...told, commit, changes: [...changes] };
    });
  }

  /** A server that is gone has nothing left to remove. */
  async close(): Promise<void> {
    const gone = (error: unknown) => {
      if (!(error instanceof UserError)) throw error;
    };
    await Promise.all(this.sessions.map((session) => session.end().catch(gone)));
    await this.log?.close();
    await this.client.query("rollback").catch(gone);
    await uninstall(this.client, { schema: this.schema })
      .catch(gone)
      .finally(() => this.client.end());
  }
}

function notTaken(error: unknown): never {
  throw new NotTaken(describe(error));
}
