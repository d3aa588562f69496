/** A server on which all belongs to a plain role, and another may do what it is granted. */

import type pg from "pg";
import { grant } from "../../src/postgres/grants.js";
import { install, uninstall } from "../../src/postgres/install.js";
import { requalify } from "../../src/postgres/requalify.js";
import { connect, openPostgres, type PostgresServer } from "../../src/postgres/server.js";
import type { Task } from "../../src/postgres/tasks.js";
import { makeRoom } from "./hijack.js";
import { callerOf, schema, type Caller } from "./life.js";

/** Owns the schema, and is no superuser. */
export const OWNER = "keeper";
/** Who is granted one task or another. */
export const ROLE = "guest";

export class Ground {
  readonly server: PostgresServer;
  readonly superuser: pg.Client;
  readonly client: pg.Client;
  readonly owner: Caller;

  private constructor(server: PostgresServer, superuser: pg.Client, client: pg.Client) {
    this.server = server;
    this.superuser = superuser;
    this.client = client;
    this.owner = callerOf(client);
  }

  static async open(): Promise<Ground> {
    const server = await openPostgres({ kind: "embedded" });
    const superuser = await connect(server);
    await superuser.query(`create role ${OWNER} login; create role ${ROLE} login`);
    await superuser.query(`grant create on database postgres to ${OWNER}`);
    return new Ground(server, superuser, await connect(as(server, OWNER)));
  }

  /** A new schema, in which the role may do this; SQL for the schema `ringproof` may change it. */
  async fresh(may: readonly Task[], change = ""): Promise<void> {
    await makeRoom(this.superuser, ROLE);
    await uninstall(this.client, { schema });
    await install(this.client, { schema, queueSlots: 2, claimSlots: 2, leaseSlots: 2 });
    await grant(this.client, { schema, role: ROLE, may });
    await this.client.query(requalify(change, schema));
  }

  /** A new session of the role. */
  async session<T>(work: (client: pg.Client) => Promise<T>, role = ROLE): Promise<T> {
    const client = await connect(as(this.server, role));
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  async close(): Promise<void> {
    await this.client.end();
    await this.superuser.end();
    await this.server.stop();
  }
}

/** The same server, for another role. */
export const as = ({ url }: PostgresServer, role: string): { readonly url: string } => ({
  url: url.replace("//postgres@", `//${role}@`),
});
