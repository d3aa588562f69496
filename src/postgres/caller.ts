/** What calls the functions of one installed schema, one statement a call. */

import type pg from "pg";
import { UserError } from "../errors.js";
import { fieldsOf, flag } from "./arguments.js";
import type { ClaimedJob, RescuedAttempt } from "./answers.js";
import type { PgError } from "./pg-error.js";
import { statements, type ClaimRow, type Statement, type Statements } from "./statements.js";

/** A schema, a function, a type or a view. */
const MISSING = new Set(["3F000", "42883", "42704", "42P01"]);

/** Anything that runs queries: a client, a pooled client, a pool. */
export type Queryable = Pick<pg.Client, "query">;

/** What to do about what Postgres says of values and of the transaction, by class of SQLSTATE. */
const remedies: Readonly<Record<string, string>> = {
  22: "Pass values that the database can hold.",
  23: "Pass the id of a lane, as ensureLane returned it.",
  25: "Begin the transaction with: begin isolation level read committed.",
  54: "Pass less in one call, or ask for less.",
};

/** What a function says of data of its own is no matter of what was passed. */
function notTaken(cause: PgError): UserError | undefined {
  const { code = "", message, where } = cause;
  const unread = code.startsWith("22") && (where === undefined || where.includes("portal"));
  if (!unread && !/^(23503|25000|54...)$/.test(code)) return undefined;
  const what = `Postgres does not take this call: ${message}.`;
  return new UserError(what, remedies[code.slice(0, 2)]!, { cause });
}

export interface CallerOptions {
  readonly schema: string;
  /**
   * Each connection parses a statement once. Not behind a pooler that gives a connection to one
   * program after the other and knows nothing of prepared statements; false by default.
   */
  readonly prepared?: boolean;
}

/** What prepared statements are called: Postgres takes names of 63 bytes. */
const statementNames = new Map<string, string>();

function nameOf(text: string): string {
  const known = statementNames.get(text);
  if (known !== undefined) return known;
  const name = `ringproof ${statementNames.size}`;
  statementNames.set(text, name);
  return name;
}

export abstract class Caller {
  protected readonly client: Queryable;
  protected readonly schema: string;
  protected readonly sql: Statements;
  private readonly prepared: boolean;

  constructor(client: Queryable, options: CallerOptions) {
    const { schema, prepared = false } = fieldsOf("options", options, ["schema", "prepared"]);
    this.client = client;
    this.schema = schema;
    this.prepared = flag("options.prepared", prepared);
    this.sql = statements(schema);
  }

  protected async run<Row extends object>(statement: Statement): Promise<pg.QueryResult<Row>> {
    try {
      const { text } = statement;
      const values = [...statement.values];
      if (!this.prepared) return await this.client.query<Row>(text, values);
      const named = { name: nameOf(text), text, values };
      return await this.client.query<Row>(named);
    } catch (error) {
      throw this.notInstalled(error as PgError) ?? notTaken(error as PgError) ?? error;
    }
  }

  /** What our own statement names is not there; an error within a function says where it was. */
  private notInstalled(cause: PgError): UserError | undefined {
    const { schema } = this;
    if (!MISSING.has(cause.code ?? "") || cause.where !== undefined) return undefined;
    return new UserError(
      `There is no ringproof of this version in schema ${schema}: ${cause.message}.`,
      `Install it with: await install(client, { schema: "${schema}" }).`,
      { cause },
    );
  }

  protected async answer<T>(statement: Statement): Promise<T> {
    const { rows } = await this.run<{ answer: T }>(statement);
    return rows[0]!.answer;
  }

  /** The jobs that a claim handed out. */
  protected async handedOut<P>(statement: Statement): Promise<ClaimedJob<P>[]> {
    const { rows } = await this.run<ClaimRow>(statement);
    return rows.map((r) => ({
      jobId: r.job_id,
      runLease: r.run_lease,
      claimSlot: r.claim_slot,
      laneId: r.lane_id,
      receiptSeq: r.receipt_seq,
      payload: r.payload as P,
    }));
  }

  /** The attempts that a rescue ended. */
  protected async rescued(statement: Statement): Promise<RescuedAttempt[]> {
    const { rows } = await this.run<{ job_id: string; run_lease: number }>(statement);
    return rows.map((r) => ({ jobId: r.job_id, runLease: r.run_lease }));
  }
}
