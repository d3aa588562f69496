/**
 * Postgres as one of the three: a connection with a schema of its own, on which every call is the
 * parameterised statement of a user of the queue, committed before anybody looks at the rows.
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import type { Db, Job, Outcome, Scope } from "../../src/core/index.js";
import { UserError } from "../../src/errors.js";
import { packageRoot } from "../../src/package-root.js";
import { auditQuery } from "../../src/postgres/audit.js";
import { jobOf, newBinding, timeOf, type Binding } from "../../src/postgres/binding.js";
import { install, uninstall } from "../../src/postgres/install.js";
import { requalify } from "../../src/postgres/requalify.js";
import { connect, type PostgresServer } from "../../src/postgres/server.js";
import { statements } from "../../src/postgres/statements.js";
import { PostgresStorage } from "../../src/postgres/storage.js";
import type { TwinContext } from "../../src/postgres/twin.js";
import { twinOf, type Attempt } from "../conform/attempts.js";
import { ensureLanes, installHarness } from "../conform/conform.js";
import { countLabels, executions, type Executions } from "../coverage/labels.js";
import { readSnapshot, type Snapshot } from "../conform/snapshot.js";
import { wrongRows, wrongTimes } from "../conform/unmodelled.js";
import type { Upkeep } from "./upkeep.js";

/** What Postgres answered to one attempt, and what it looks like afterwards. */
export interface Seen {
  readonly outcomes: readonly Outcome[];
  /** What it said instead of answering. */
  readonly error: string | null;
  readonly db: Db;
  /** What is wrong with the rows beyond what the model says of them. */
  readonly faults: readonly string[];
  /** The public view. */
  readonly jobs: readonly JobPlace[];
}

/** One row of the view `jobs`. */
export interface JobPlace {
  readonly job: Job;
  readonly state: string;
  readonly lease: number;
}

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

export class Database {
  private readonly client: pg.Client;
  private readonly options: DatabaseOptions;
  private readonly context: TwinContext;
  private readonly look: string;
  private start: Binding = newBinding(new Map());
  private binding: Binding = this.start;
  private last: Snapshot | null = null;
  private audit = "";

  private constructor(client: pg.Client, options: DatabaseOptions) {
    const { schema, scope } = options;
    this.client = client;
    this.options = options;
    this.context = { sql: statements(schema), scope };
    this.look =
      `select "${schema}".snapshot() as snapshot, (select jsonb_agg(jsonb_build_array(` +
      `job_id, state, run_lease)) from "${schema}".jobs) as jobs`;
  }

  static async connect(server: PostgresServer, options: DatabaseOptions): Promise<Database> {
    return new Database(await connect(server), options);
  }

  /** Installs the schema with the lanes of the scope. */
  async prepare(): Promise<void> {
    const { schema, scope, amend, labels } = this.options;
    const { queueSlots, claimSlots, leaseSlots } = scope;
    await install(this.client, { schema, queueSlots, claimSlots, leaseSlots });
    if (labels) await countLabels(this.client, schema);
    await installHarness(this.client, schema);
    const path = join(packageRoot(), "correctness", "lockstep", "reset.sql");
    await this.client.query(requalify(await readFile(path, "utf8"), schema));
    if (amend) await this.client.query(requalify(amend, schema));
    this.audit = await auditQuery(schema);
    const storage = new PostgresStorage(this.client, { schema });
    this.start = newBinding(await ensureLanes(storage, scope));
  }

  /** Back to the state before the first step. */
  async reset(): Promise<void> {
    await this.client.query(`select "${this.options.schema}".reset()`);
    this.binding = this.start;
    this.last = null;
  }

  /** Of labelled statements, where they are counted. */
  executions(): Promise<Executions> {
    return executions(this.client, this.options.schema);
  }

  /** Removes the schema and hangs up. A server that is gone has nothing left to remove. */
  async close(): Promise<void> {
    const { schema } = this.options;
    await uninstall(this.client, { schema })
      .catch((error: unknown) => {
        if (!(error instanceof UserError)) throw error;
      })
      .finally(() => this.client.end());
  }

  /**
   * Makes the attempt; for what happens outside the database, `known` says how it went. If
   * `audited`, the rows that it leaves go through `ringproof audit` as well.
   */
  async make(attempt: Attempt, known: readonly Outcome[], audited: boolean): Promise<Seen> {
    const twin = twinOf(attempt.action);
    const statement = twin.statement(attempt.list, this.binding, this.context);
    let outcomes = known;
    let error: string | null = null;
    if (!statement) {
      if (known[0]!.result !== "noop") {
        this.binding = twin.answer([], attempt.list, this.binding).binding;
      }
    } else {
      try {
        const { rows } = await this.client.query(statement.text, [...statement.values]);
        const answered = twin.answer(rows, attempt.list, this.binding);
        outcomes = answered.outcomes;
        this.binding = answered.binding;
      } catch (thrown) {
        if (thrown instanceof UserError) throw thrown;
        error = describe(thrown);
        outcomes = [];
      }
    }
    const seen = await this.see();
    const violations = audited ? await this.violations() : [];
    return { outcomes, error, ...seen, faults: [...seen.faults, ...violations] };
  }

  /** What maintenance says that no action of the model is. */
  async keepUp({ statement }: Upkeep): Promise<string> {
    const { text, values } = statement(this.context.sql, timeOf(this.binding.tick));
    try {
      const { rows } = await this.client.query<{ answer: Outcome }>(text, [...values]);
      return rows[0]!.answer.result;
    } catch (thrown) {
      return `error ${describe(thrown)}`;
    }
  }

  private async violations(): Promise<readonly string[]> {
    const { rows } = await this.client.query<{ name: string; what: string }>({
      name: "audit",
      text: this.audit,
    });
    return rows.map(({ name, what }) => `the audit finds ${name} violated: ${what}`);
  }

  private async see(): Promise<Pick<Seen, "db" | "faults" | "jobs">> {
    const { rows } = await this.client.query<Look>({ name: "look", text: this.look });
    const { snapshot, jobs } = rows[0]!;
    const { binding, last } = this;
    const { scope } = this.options;
    this.last = snapshot;
    const db = readSnapshot(snapshot, binding, scope);
    return {
      db,
      faults: [...wrongRows(snapshot, db, binding, scope), ...wrongTimes(last, snapshot, binding)],
      jobs: (jobs ?? []).map(([id, state, lease]) => ({ job: jobOf(binding, id), state, lease })),
    };
  }
}

/** An error of Postgres with its SQLSTATE. */
function describe(error: unknown): string {
  const { code, message } = error as Error & { readonly code?: string };
  return code ? `${code} ${message}` : message;
}
