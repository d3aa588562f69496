/** What came of a call: an answer, or one clear error after which everything is as it was. */

import type pg from "pg";
import { expect } from "vitest";
import { UserError } from "../../src/errors.js";
import { schema } from "./life.js";
import { INSIDES } from "./values.js";

/** One query for all rows: how many each table has, and what they are in short. */
export async function rowsQuery(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ text: string }>(
    `select string_agg(format('select %L as t, hashtextextended(x::text, 0) as h from %s x',
              relname, oid::regclass), ' union all ') as text
     from pg_class where relnamespace = $1::text::regnamespace
       and relkind in ('r', 'p') and not relispartition`,
    [schema],
  );
  const all = rows[0]!.text;
  return `select t, count(*) as rows, sum(h) as hash from (${all}) x group by t order by t`;
}

export class Watch {
  private readonly client: pg.Client;
  private readonly rows: string;

  private constructor(client: pg.Client, rows: string) {
    this.client = client;
    this.rows = rows;
  }

  static async on(client: pg.Client): Promise<Watch> {
    return new Watch(client, await rowsQuery(client));
  }

  private async snapshot(): Promise<unknown> {
    return (await this.client.query(this.rows)).rows;
  }

  async outcome(call: () => Promise<unknown>): Promise<{ answer: unknown } | { message: string }> {
    const before = await this.snapshot();
    try {
      return { answer: await call() };
    } catch (error) {
      expect(await this.snapshot(), "it threw, and left something").toEqual(before);
      if (!(error instanceof UserError)) throw error;
      const { message, remedy } = error;
      expect(`${message} ${remedy}`).not.toMatch(INSIDES);
      expect(message).toMatch(/^[\w.[\]]+ (is|are|has|have|holds|up to|cannot be) |^Postgres /);
      return { message };
    } finally {
      expect((await this.client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    }
  }
}
