/** Why an audit could not look, where that is no mistake of its own, and what to do. */

import type pg from "pg";
import { UserError } from "../errors.js";
import type { PgError } from "./pg-error.js";

/** What Postgres says of a relation, a column or a schema that is not there. */
const MISSING = ["42P01", "42703", "3F000"];

/** The connection must be outside a transaction; any other error comes back as it is. */
export async function auditProblem(
  client: pg.Client,
  schema: string,
  error: PgError,
): Promise<Error> {
  const { code = "", message } = error;
  const problem = (what: string, remedy: string) => new UserError(what, remedy, { cause: error });
  if (code === "42501") {
    const role = await currentRole(client);
    return problem(
      `${role} may not audit schema ${schema}: ${message}.`,
      `Run: grant usage on schema ${schema} to ${role}; ` +
        `grant select on all tables in schema ${schema} to ${role};`,
    );
  }
  if (MISSING.includes(code))
    return problem(
      `Schema ${schema} is damaged: ${message}.`,
      "Restore it from a backup, or install ringproof into another schema.",
    );
  if (code === "57014")
    return problem(
      `Postgres did not let the audit end: ${message}.`,
      "Run it again, with a statement_timeout that is long enough for your rows.",
    );
  if (code === "55P03") return problem(...(await whoIsInTheWay(client, schema)));
  return error;
}

async function currentRole(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ role: string }>("select quote_ident(current_user) as role");
  return rows[0]!.role;
}

/** Only an ACCESS EXCLUSIVE lock keeps a reader waiting. */
async function whoIsInTheWay(
  client: pg.Client,
  schema: string,
): Promise<[what: string, remedy: string]> {
  const { rows } = await client.query<{ pid: number; state: string; relation: string }>(
    `select l.pid, coalesce(a.state, 'unknown') as state, c.relname as relation
     from pg_locks l
     join pg_class c on c.oid = l.relation
     join pg_namespace n on n.oid = c.relnamespace
     left join pg_stat_activity a on a.pid = l.pid
     where n.nspname = $1 and l.granted and l.mode = 'AccessExclusiveLock'
       and l.database = (select oid from pg_database where datname = current_database())
     order by l.pid, c.relname limit 1`,
    [schema],
  );
  const [holder] = rows;
  if (!holder) return ["The audit waited too long for somebody's lock.", "Run it again."];
  const { pid, state, relation } = holder;
  return [
    `The audit waited too long: session ${pid} (${state}) has locked ${schema}.${relation}.`,
    `Wait until its transaction ends, or run: select pg_terminate_backend(${pid});`,
  ];
}
