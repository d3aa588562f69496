/** What calls the functions of one installed schema, one statement a call. */

import type pg from "pg";
import { UserError } from "../errors.js";
import type { ClaimedJob, RescuedAttempt } from "./answers.js";
import {
  statements,
  tokenOfRow,
  type ClaimRow,
  type Statement,
  type Statements,
} from "./statements.js";

/** A schema, a function, a type or a view. */
const MISSING = new Set(["3F000", "42883", "42704", "42P01"]);

type PgError = Error & { readonly code?: string; readonly where?: string };

/** Anything that runs queries: a client, a pooled client, a pool. */
export type Queryable = Pick<pg.Client, "query">;

export abstract class Caller {
  protected readonly client: Queryable;
  protected readonly schema: string;
  protected readonly sql: Statements;

  constructor(client: Queryable, { schema }: { schema: string }) {
    this.client = client;
    this.schema = schema;
    this.sql = statements(schema);
  }

  protected async run<Row extends object>(statement: Statement): Promise<pg.QueryResult<Row>> {
    try {
      return await this.client.query<Row>(statement.text, [...statement.values]);
    } catch (error) {
      throw this.notInstalled(error as PgError) ?? error;
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
    return rows.map((r) => ({ ...tokenOfRow(r), payload: r.payload as P }));
  }

  /** The attempts that a rescue ended. */
  protected async rescued(statement: Statement): Promise<RescuedAttempt[]> {
    const { rows } = await this.run<{ job_id: string; run_lease: number }>(statement);
    return rows.map((r) => ({ jobId: r.job_id, runLease: r.run_lease }));
  }
}
