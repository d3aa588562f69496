/** What is recorded on a site: the calls as their callers saw them, and as the log has them. */

import type { Scope } from "../../src/core/index.js";
import { statements } from "../../src/postgres/statements.js";
import { answered, Caller, Calls } from "./caller.js";
import { Commits } from "./commits.js";
import type { Faults } from "./faults.js";
import type { Event, Header } from "./history.js";
import { Log } from "./log.js";
import { Names } from "./names.js";
import { Outages } from "./outages.js";
import { Rows } from "./recorded-rows.js";
import { scopeOf } from "./scope.js";
import type { Site } from "./site.js";

export interface TapeOptions {
  readonly amend?: string | undefined;
  readonly faults: Faults;
}

export class Tape {
  readonly calls = new Calls();
  readonly rows: Rows;
  private readonly site: Site;
  private readonly scope: Scope;
  private readonly names: Names;
  private readonly log: Log;
  private readonly faults: Faults;
  private readonly commits: Commits;
  private readonly outages: Outages;
  private readonly callers: Caller[] = [];
  private reading = Promise.resolve();

  private constructor(site: Site, scope: Scope, names: Names, log: Log, faults: Faults) {
    this.site = site;
    this.scope = scope;
    this.names = names;
    this.log = log;
    this.faults = faults;
    this.rows = new Rows(scope);
    this.commits = new Commits(this.rows, names);
    this.outages = new Outages(site.server);
  }

  /** Everything that is committed from now on is on it. */
  static async start(site: Site, header: Header, { amend, faults }: TapeOptions): Promise<Tape> {
    const scope = scopeOf(header);
    const names = new Names(await site.prepare(scope, { amend, faults: faults.inside }));
    const lasting = faults.kinds.includes("kill");
    const log = await Log.open(site.server, { schema: site.schema, lasting });
    const tape = new Tape(site, scope, names, log, faults);
    try {
      await tape.compare("the rows before the first call are not those of the model");
      return tape;
    } catch (error) {
      await tape.close();
      throw error;
    }
  }

  /** A caller in a session of its own. */
  async caller(name: string): Promise<Caller> {
    const { scope, names, calls, site, outages, faults } = this;
    const { schema } = site;
    const around = { outages, faults, kill: () => this.kill() };
    const options = { sql: statements(schema), schema, scope, names, calls, around };
    const caller = await Caller.open(name, options);
    this.callers.push(caller);
    return caller;
  }

  private kill(): Promise<void> {
    return this.outages.begin(() =>
      this.next(async () => {
        this.faults.count("kill");
        await this.site.server.crash!();
        await this.site.reconnect();
        await this.log.reconnect(this.site.server);
      }),
    );
  }

  /** Nobody reads the log while the server is killed. */
  private next(what: () => Promise<void>): Promise<void> {
    return (this.reading = this.reading.then(what));
  }

  /** Reads the log up to now, one reader after the other. */
  catchUp(): Promise<void> {
    return this.next(async () => {
      for await (const transaction of this.log.rest()) this.commits.add(transaction);
    });
  }

  /** Whether the log was read as it was meant: its changes add up to the rows that there are. */
  async check(): Promise<void> {
    await this.catchUp();
    await this.compare("the log was not read as it was meant: its changes add up to other rows");
  }

  private async compare(what: string): Promise<void> {
    const differences = this.rows.differences(await this.site.look(), this.names);
    if (differences.length > 0) throw new Error([`${what}:`, ...differences].join("\n"));
  }

  /** Everything that was called, as far as the log was read. */
  events(): Event[] {
    return this.calls.made.map((made) => {
      const { id, worker, tick, call, began, ended, fault, gone } = made;
      const { commit = null, changes = [] } = this.commits.of(id) ?? {};
      const outcome = made.rows && answered(made, this.names, "logged").outcomes[0]!;
      const told = { return: ended, outcome, commit, changes: [...changes] };
      const lost = { ...(fault !== null && { fault }), ...(gone !== null && { gone }) };
      return { id, worker, tick, ...call, call: began, ...told, ...lost };
    });
  }

  async close(): Promise<void> {
    await this.reading.catch(() => undefined);
    await Promise.all(this.callers.map((caller) => caller.close()));
    await this.log.close();
  }
}
