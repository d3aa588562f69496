/** Where calls are made: a schema of its own, of which nothing is left behind. */

import { randomBytes } from "node:crypto";
import type pg from "pg";
import type { Lane, Scope } from "../../src/core/index.js";
import { UserError } from "../../src/errors.js";
import { install, uninstall, type InstallOptions } from "../../src/postgres/install.js";
import { requalify } from "../../src/postgres/requalify.js";
import { connect, type PostgresServer } from "../../src/postgres/server.js";
import { PostgresStorage } from "../../src/postgres/storage.js";
import { ensureLanes, installHarness } from "../conform/conform.js";
import type { Snapshot } from "../conform/snapshot.js";
import { describe } from "../lockstep/calling.js";
import { NotTaken } from "../lockstep/database.js";
import { faulty, installFaults } from "./fault-places.js";

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

/** How many slots the rings have; as many as they have usually, unless given. */
export type Slots = Omit<InstallOptions, "schema" | "sql">;

export interface SiteOptions {
  /** SQL that is run in the end. */
  readonly amend?: string | undefined;
  readonly faults: boolean;
}

export class Site {
  readonly server: PostgresServer;
  readonly schema: string;
  private client: pg.Client;

  private constructor(server: PostgresServer, client: pg.Client, prefix: string) {
    this.server = server;
    this.client = client;
    this.schema = `${prefix}_${randomBytes(4).toString("hex")}`;
  }

  /** Its schema will have a name that begins like this. */
  static async open(server: PostgresServer, prefix = "trace"): Promise<Site> {
    return new Site(server, await connect(server), prefix);
  }

  /** After the server was killed. */
  async reconnect(): Promise<void> {
    this.client = await connect(this.server);
  }

  /** Installs the schema so that its log can be read; the ids of its lanes. */
  async prepare(scope: Scope, options: SiteOptions): Promise<ReadonlyMap<Lane, number>> {
    const { client, schema } = this;
    const { queueSlots, claimSlots, leaseSlots } = scope;
    await this.install({ queueSlots, claimSlots, leaseSlots });
    const lanes = await ensureLanes(new PostgresStorage(client, { schema }), scope);
    await this.amend(options);
    await client.query(wholeRows(schema));
    return lanes;
  }

  async install(slots: Slots): Promise<void> {
    await install(this.client, { schema: this.schema, ...slots });
  }

  /** Puts places into the SQL at which calls may be lost, if so, and amends it. */
  async amend({ amend, faults }: SiteOptions): Promise<void> {
    const { client, schema } = this;
    if (faults) await installFaults(client, schema);
    const amendment = faults ? faulty(amend ?? "") : amend;
    if (amendment) await client.query(requalify(amendment, schema)).catch(notTaken);
  }

  /** The harness that shows the rows changes how calls are planned: it is there for a look only. */
  async look(): Promise<Snapshot> {
    const { client, schema } = this;
    await client.query("begin");
    await installHarness(client, schema);
    const text = `select "${schema}".snapshot() as snapshot`;
    const { rows } = await client.query<{ snapshot: Snapshot }>(text);
    await client.query("rollback");
    return rows[0]!.snapshot;
  }

  /** A server that is gone has nothing left to remove. */
  async close(): Promise<void> {
    const gone = (error: unknown) => {
      if (!(error instanceof UserError)) throw error;
    };
    await this.client.query("rollback").catch(gone);
    await uninstall(this.client, { schema: this.schema })
      .catch(gone)
      .finally(() => this.client.end());
  }
}

function notTaken(error: unknown): never {
  throw new NotTaken(describe(error));
}
