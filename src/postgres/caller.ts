/** What calls the functions of one installed schema, one statement a call. */

import type pg from "pg";
import type { ClaimedJob, RescuedAttempt } from "./answers.js";
import {
  statements,
  tokenOfRow,
  type ClaimRow,
  type Statement,
  type Statements,
} from "./statements.js";

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

  protected run<Row extends object>({ text, values }: Statement): Promise<pg.QueryResult<Row>> {
    return this.client.query<Row>(text, [...values]);
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
