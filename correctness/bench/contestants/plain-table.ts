/** What people write who need no more than a queue: one table and FOR UPDATE SKIP LOCKED. */

import pg from "pg";
import { Bell } from "./bell.js";
import type { Body, Contestant, Terms, Workers } from "./contestant.js";
import { loops } from "./loops.js";

const TABLE = `
  create table jobs (
    id bigint generated always as identity primary key,
    state text not null default 'available',
    attempts int not null default 0,
    attempted_at timestamptz,
    completed_at timestamptz,
    payload jsonb not null);
  create index jobs_available on jobs (id) where state = 'available'`;

const CLAIM = `
  update jobs set state = 'running', attempts = attempts + 1, attempted_at = now()
  where id = any (array(
    select id from jobs where state = 'available' order by id limit $1 for update skip locked))
  returning id, payload`;

/** Which keeps the jobs that are completed. */
export class PlainTable implements Contestant {
  protected readonly complete: string = `
    update jobs set state = 'completed', completed_at = now() where id = any ($1::bigint[])`;
  private readonly terms: Terms;
  private readonly pool: pg.Pool;
  private bell!: Bell;

  constructor(terms: Terms) {
    this.terms = terms;
    this.pool = new pg.Pool({ connectionString: terms.url, max: terms.workers + 2 });
  }

  async install(): Promise<void> {
    await this.pool.query(TABLE);
    this.bell = await Bell.at(this.terms.url);
  }

  async enqueue(bodies: readonly Body[]): Promise<void> {
    await this.pool.query({
      name: "enqueue",
      text: "insert into jobs (payload) select unnest($1::jsonb[])",
      values: [bodies.map((body) => JSON.stringify(body))],
    });
    await this.bell.ring();
  }

  work(completed: (bodies: readonly Body[]) => void): Workers {
    return loops(this.terms.workers, this.bell, async () => {
      const values = [this.terms.batch];
      const { rows } = await this.pool.query({ name: "claim", text: CLAIM, values });
      if (rows.length === 0) return false;
      const ids = rows.map(({ id }) => id as string);
      await this.pool.query({ name: "complete", text: this.complete, values: [ids] });
      completed(rows.map(({ payload }) => payload as Body));
      return true;
    });
  }

  async close(): Promise<void> {
    await this.bell.close();
    await this.pool.end();
  }
}

/** Which forgets them. */
export class DeletingTable extends PlainTable {
  protected override readonly complete = "delete from jobs where id = any ($1::bigint[])";
}
