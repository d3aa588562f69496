/** A server that is killed now and then, and comes back: whoever is connected loses its session. */

import type pg from "pg";
import { connect, type PostgresServer } from "../../src/postgres/server.js";

export class Outages {
  /** How many there were, the present one included. */
  count = 0;
  private readonly server: PostgresServer;
  private present: Promise<void> | null = null;

  constructor(server: PostgresServer) {
    this.server = server;
  }

  /** Begins one, unless there is one; `crash` ends it. */
  begin(crash: () => Promise<void>): Promise<void> {
    if (this.present) return this.present;
    this.count++;
    this.present = crash().then(() => void (this.present = null));
    return this.present;
  }

  /** What is made of a session with a server that is there, and of the outages before it. */
  async connect<T>(open: (client: pg.Client, after: number) => Promise<T>): Promise<T> {
    for (;;) {
      await this.present;
      const after = this.count;
      try {
        return await open(await connect(this.server), after);
      } catch (error) {
        if (after === this.count) throw error;
      }
    }
  }
}
