/** What is recorded on a site: the calls as their callers saw them, and as the log has them. */

import type pg from "pg";
import type { Scope } from "../../src/core/index.js";
import { connect } from "../../src/postgres/server.js";
import { statements } from "../../src/postgres/statements.js";
import { answered, Caller, Calls } from "./caller.js";
import { Commits } from "./commits.js";
import type { Event, Header } from "./history.js";
import { Log } from "./log.js";
import { Names } from "./names.js";
import { Rows } from "./recorded-rows.js";
import { scopeOf } from "./scope.js";
import type { Site } from "./site.js";

/** No call of a healthy storage waits that long. */
const PATIENCE = "30s";

export class Tape {
  readonly calls = new Calls();
  readonly rows: Rows;
  private readonly site: Site;
  private readonly scope: Scope;
  private readonly names: Names;
  private readonly log: Log;
  private readonly commits: Commits;
  private readonly sessions: pg.Client[] = [];
  private reading = Promise.resolve();

  private constructor(site: Site, scope: Scope, names: Names, log: Log) {
    this.site = site;
    this.scope = scope;
    this.names = names;
    this.log = log;
    this.rows = new Rows(scope);
    this.commits = new Commits(this.rows, names);
  }

  /** Everything that is committed from now on is on it. */
  static async start(site: Site, header: Header, amend?: string): Promise<Tape> {
    const scope = scopeOf(header);
    const names = new Names(await site.prepare(scope, amend));
    const log = await Log.open(site.server, site.schema);
    const tape = new Tape(site, scope, names, log);
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
    const { scope, names, calls, site } = this;
    const session = await connect(site.server);
    this.sessions.push(session);
    await session.query(`set statement_timeout = '${PATIENCE}'`);
    return new Caller(name, session, { sql: statements(site.schema), scope, names, calls });
  }

  /** Reads the log up to now, one reader after the other. */
  catchUp(): Promise<void> {
    return (this.reading = this.reading.then(async () => {
      for await (const transaction of this.log.rest()) this.commits.add(transaction);
    }));
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
      const { id, worker, tick, call, began, ended } = made;
      const { commit = null, changes = [] } = this.commits.of(id) ?? {};
      const outcome = made.rows && answered(made, this.names, "logged").outcomes[0]!;
      const told = { return: ended, outcome };
      return { id, worker, tick, ...call, call: began, ...told, commit, changes: [...changes] };
    });
  }

  async close(): Promise<void> {
    const gone = () => undefined;
    await Promise.all(this.sessions.map((session) => session.end().catch(gone)));
    await this.log.close();
  }
}
