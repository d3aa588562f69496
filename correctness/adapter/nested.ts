/**
 * Transactions inside of one that is never committed: what a storage begins and commits there are
 * savepoints, so that whatever it did can be taken back, and tried again in another way.
 */

import type pg from "pg";
import type { Situation } from "./storage.js";
import { wrapped } from "./wrapped.js";

type Control = "begin" | "commit" | "rollback";

/** What a statement does to the transaction that it is in. */
export function controlIn(text: string): Control | null {
  const [word = "", next = ""] = text
    .trim()
    .toLowerCase()
    .split(/[\s;]+/);
  if (word === "begin" || (word === "start" && next === "transaction")) return "begin";
  if (word === "commit" || word === "end") return "commit";
  return (word === "rollback" && next !== "to") || word === "abort" ? "rollback" : null;
}

const HERE = "ringproof_here";
/** In front of every transaction of the storage; a query of its own is one, too. */
const OWN = "ringproof_own";

const nothing = { rows: [], rowCount: null } as unknown as pg.QueryResult;

export class Nested {
  /** What the storage is given. */
  readonly client: Situation["client"];
  private readonly real: pg.Client;
  private readonly reset: () => Promise<void>;
  private within = false;
  private failed = false;

  private constructor(real: pg.Client, reset: () => Promise<void>) {
    this.real = real;
    this.reset = reset;
    this.client = wrapped(real, (text, send) => this.query(controlIn(text), send));
  }

  /** Everything that is there now is there to stay. */
  static async open(client: pg.Client, reset: () => Promise<void>): Promise<Nested> {
    const nested = new Nested(client, reset);
    await nested.begin();
    return nested;
  }

  private async begin(): Promise<void> {
    this.within = this.failed = false;
    await this.real.query(`begin; savepoint ${OWN}`);
  }

  /** To the beginning, where what was rolled back takes no room in the tables any more. */
  async restart(): Promise<void> {
    await this.close();
    await this.reset();
    await this.begin();
  }

  /** From now on this is the point to come back to. */
  mark(): Promise<unknown> {
    return this.real.query(`release ${OWN}; savepoint ${HERE}; savepoint ${OWN}`);
  }

  async back(): Promise<void> {
    this.within = this.failed = false;
    await this.real.query(`rollback to ${HERE}; savepoint ${OWN}`);
  }

  async close(): Promise<void> {
    await this.real.query("rollback");
  }

  private async query(
    control: Control | null,
    send: () => Promise<pg.QueryResult>,
  ): Promise<pg.QueryResult> {
    if (control === "begin") this.within = true;
    else if (control) await this.end(control === "commit" && !this.failed);
    else return this.statement(send);
    return nothing;
  }

  private async statement(send: () => Promise<pg.QueryResult>): Promise<pg.QueryResult> {
    try {
      const result = await send();
      if (!this.within) await this.end(true);
      return result;
    } catch (error) {
      if (this.within) this.failed = true;
      else await this.end(false);
      throw error;
    }
  }

  private async end(kept: boolean): Promise<void> {
    this.within = this.failed = false;
    await this.real.query(kept ? `release ${OWN}; savepoint ${OWN}` : `rollback to ${OWN}`);
  }
}
