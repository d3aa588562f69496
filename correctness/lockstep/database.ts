/**
 * Postgres as one of the three: a connection with a schema of its own, on which every call is the
 * parameterised statement of a user of the queue, committed before anybody looks at the rows.
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import type { Db, Outcome, Scope } from "../../src/core/index.js";
import { UserError } from "../../src/errors.js";
import { packageRoot } from "../../src/package-root.js";
import { auditQuery } from "../../src/postgres/audit.js";
import { jobOf, newBinding, timeOf, type Binding } from "../../src/postgres/binding.js";
import { install, uninstall } from "../../src/postgres/install.js";
import { requalify } from "../../src/postgres/requalify.js";
import { connect, type PostgresServer } from "../../src/postgres/server.js";
import { statements } from "../../src/postgres/statements.js";
import { cutoffOf, type TwinContext } from "../../src/postgres/twin.js";
import { twinOf, type Attempt } from "../conform/attempts.js";
import { installHarness } from "../conform/conform.js";
import { countLabels, executions, type Executions } from "../coverage/labels.js";
import { readSnapshot, type Snapshot } from "../conform/snapshot.js";
import { wrongRows, wrongTimes } from "../conform/unmodelled.js";
import { sinceIn, type Point } from "./by-queue.js";
import { Bystander } from "./bystander.js";
import { describe, rowsOf } from "./calling.js";
import type { Health, Held } from "./health.js";
import { shownLines, type Shown } from "./health-shown.js";
import { newLanes, type Sessions } from "./lanes.js";
import type { OtherCall } from "./other-call.js";
import { heldBy } from "./presence.js";
import type { Manner, Seen } from "./seen.js";
import { keepUp, type Kept, type Upkeep } from "./upkeep.js";

interface Look {
  readonly snapshot: Snapshot;
  readonly jobs: readonly (readonly [id: number, state: string, lease: number])[] | null;
}

export interface DatabaseOptions {
  readonly schema: string;
  readonly scope: Scope;
  /** SQL that is run once the schema is installed, written for the schema `ringproof`. */
  readonly amend?: string;
  /** Whether executions of labelled statements are counted. */
  readonly labels?: boolean;
}

/** Postgres does not take the SQL that it is to be amended with. */
export class NotTaken extends Error {}

export class Database {
  private readonly client: pg.Client;
  private readonly bystander: Bystander;
  private readonly options: DatabaseOptions;
  private readonly context: TwinContext;
  private readonly look: string;
  private binding: Binding = newBinding(new Map());
  private last: Snapshot | null = null;
  private audit = "";

  private constructor(client: pg.Client, bystander: Bystander, options: DatabaseOptions) {
    const { schema, scope } = options;
    this.client = client;
    this.bystander = bystander;
    this.options = options;
    this.context = { sql: statements(schema), scope };
    this.look =
      `select "${schema}".snapshot() as snapshot, (select jsonb_agg(jsonb_build_array(` +
      `job_id, state, run_lease)) from "${schema}".jobs) as jobs`;
  }

  static async connect(server: PostgresServer, options: DatabaseOptions): Promise<Database> {
    const client = await connect(server);
    try {
      return new Database(client, await Bystander.connect(server, client), options);
    } catch (error) {
      await client.end();
      throw error;
    }
  }

  get schema(): string {
    return this.options.schema;
  }

  private get sessions(): Sessions {
    const { client, bystander, schema } = this;
    return { client, bystander, schema };
  }

  /** Installs the schema. */
  async prepare(): Promise<void> {
    const { schema, scope, amend, labels } = this.options;
    const { queueSlots, claimSlots, leaseSlots } = scope;
    await install(this.client, { schema, queueSlots, claimSlots, leaseSlots });
    if (labels) await countLabels(this.client, schema);
    await installHarness(this.client, schema);
    const path = join(packageRoot(), "correctness", "lockstep", "lockstep.sql");
    await this.client.query(requalify(await readFile(path, "utf8"), schema));
    this.audit = await auditQuery(schema);
    if (amend) await this.client.query(requalify(amend, schema)).catch(notTaken);
  }

  /** To the state before the first step, with new lanes; what is wrong with these. */
  async reset(): Promise<readonly string[]> {
    await this.client.query(`select "${this.schema}".reset()`);
    const { ids, faults } = await newLanes(this.sessions, this.options.scope);
    this.binding = newBinding(ids);
    this.last = null;
    return faults;
  }

  /** Puts the rows elsewhere, and has them read in the order in which they lie. */
  async scatter(): Promise<void> {
    await this.client.query(`select "${this.schema}".scatter()`);
  }

  /** Of labelled statements, where they are counted. */
  executions(): Promise<Executions> {
    return executions(this.client, this.schema);
  }

  /**
   * Removes the schema and hangs up. A server that is gone has nothing left to remove; a step that
   * was interrupted may have left a transaction, for which the bystander waits.
   */
  async close(): Promise<void> {
    const gone = (error: unknown) => {
      if (!(error instanceof UserError)) throw error;
    };
    await this.client.query("rollback").catch(gone);
    await this.bystander.close();
    await uninstall(this.client, { schema: this.schema })
      .catch(gone)
      .finally(() => this.client.end());
  }

  /** Where the run has come, for who chooses by what Postgres shows of these rows. */
  at(db: Db): Point {
    return { db, binding: this.binding, since: sinceIn(this.last, this.binding) };
  }

  /** Makes the attempt; for what happens outside the database, `known` says how it went. */
  async make(attempt: Attempt, known: readonly Outcome[], manner: Manner): Promise<Seen> {
    const answered = await this.answer(attempt, known, manner.by ?? null);
    const seen = await this.see(manner);
    const violations = manner.audited ? await this.violations() : [];
    return { ...answered, ...seen, faults: [...seen.faults, ...violations] };
  }

  private async answer(
    { action, list }: Attempt,
    known: readonly Outcome[],
    by: OtherCall | null,
  ): Promise<Pick<Seen, "outcomes" | "error">> {
    const twin = twinOf(action);
    const { binding, context } = this;
    const own = by ? null : twin.statement(list, binding, context);
    const statements = by?.statements(context.sql) ?? (own ? [own] : []);
    if (statements.length === 0) {
      if (known[0]!.result !== "noop") this.binding = twin.answer([], list, binding).binding;
      return { outcomes: known, error: null };
    }
    try {
      const rows = await rowsOf(this.sessions, statements, by);
      if (by?.answer) return { outcomes: by.answer(rows, binding), error: null };
      const answered = twin.answer(rows, list, binding);
      this.binding = answered.binding;
      return { outcomes: answered.outcomes, error: null };
    } catch (thrown) {
      return { outcomes: [], error: describe(thrown) };
    }
  }

  keepUp(upkeep: Upkeep): Promise<Kept> {
    const { sessions, context, binding } = this;
    return keepUp(sessions, upkeep, context.sql, timeOf(binding.tick));
  }

  private async violations(): Promise<readonly string[]> {
    const { rows } = await this.client.query<{ name: string; what: string }>({
      name: "audit",
      text: this.audit,
    });
    return rows.map(({ name, what }) => `the audit finds ${name} violated: ${what}`);
  }

  /** Looks, while whoever is to be there is there. */
  private async see({ asked = false, presence }: Manner): Promise<Pick<Seen, LookedAt>> {
    if (!presence) return this.lookAt(asked ? [] : null);
    const { client, bystander, schema } = this;
    const { own, other } = presence;
    if (own) await client.query(`begin; ${own}`);
    const { waits, end } = await bystander.send(other);
    try {
      return await this.lookAt(heldBy(presence, { pid: bystander.pid, waits, schema }));
    } finally {
      if (own) await client.query("rollback");
      await end;
      await bystander.end("rollback");
    }
  }

  private async lookAt(held: readonly Held[] | null): Promise<Pick<Seen, LookedAt>> {
    const { rows } = await this.client.query<Look>({ name: "look", text: this.look });
    const { snapshot, jobs } = rows[0]!;
    const { binding, last } = this;
    const { scope } = this.options;
    this.last = snapshot;
    const read = readSnapshot(snapshot, binding, scope);
    const db = { ...read, laneHeads: { ...headless(scope), ...read.laneHeads } };
    return {
      db,
      faults: [...wrongRows(snapshot, db, binding, scope), ...wrongTimes(last, snapshot, binding)],
      jobs: (jobs ?? []).map(([id, state, lease]) => ({ job: jobOf(binding, id), state, lease })),
      health: held && (await this.ask(held)),
    };
  }

  private async ask(held: readonly Held[]): Promise<Health> {
    const { binding, last } = this;
    const values = [cutoffOf(binding, this.options.scope), timeOf(binding.tick)];
    const shown = await this.client
      .query<{ health: Shown }>(`select "${this.schema}".health($1, $2) as health`, values)
      .then(
        ({ rows }) => shownLines(rows[0]!.health, binding),
        (thrown: unknown) => [`error ${describe(thrown)}`],
      );
    return { shown, binding, since: sinceIn(last, binding), held };
  }
}

type LookedAt = "db" | "faults" | "jobs" | "health";

/** What is shown of lanes that Postgres does not have. */
const headless = ({ lanes }: Scope): Db["laneHeads"] =>
  Object.fromEntries(lanes.map((lane) => [lane, { next: 0, cursor: 0 }]));

function notTaken(error: unknown): never {
  throw new NotTaken(describe(error));
}
