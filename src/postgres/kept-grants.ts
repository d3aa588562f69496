/** What roles were granted on functions and views, which an upgrade makes anew. */

import type pg from "pg";
import { grantsOf } from "./grants.js";
import { functionsOf, taskNames, type Task } from "./tasks.js";

interface Granted {
  readonly kind: "function" | "table";
  readonly name: string;
  /** Quoted; null where nobody was granted this. */
  readonly role: string | null;
  readonly privilege: string | null;
  readonly grantable: boolean | null;
}

/** What there is to grant, and to whom it is; what is granted to PUBLIC does not count. */
async function granted(client: pg.Client, schema: string): Promise<readonly Granted[]> {
  const { rows } = await client.query<Granted>(
    `select o.kind, o.name, quote_ident(r.rolname) as role, a.privilege_type as privilege,
            a.is_grantable as grantable
     from (
       select 'function' as kind, proname::text as name, proowner as owner, proacl as acl
       from pg_proc where pronamespace = to_regnamespace($1)
       union all
       select 'table', relname, relowner, relacl
       from pg_class where relnamespace = to_regnamespace($1) and relkind = 'v') o
     left join lateral aclexplode(o.acl) a on a.grantee not in (0, o.owner)
     left join pg_roles r on r.oid = a.grantee`,
    [schema],
  );
  return rows;
}

/**
 * Looks, and returns what grants it again, once the functions and views are there: each by itself,
 * as far as there still is one of its name, and, to whoever had a whole task, all of that.
 */
export async function keptGrants(client: pg.Client, schema: string): Promise<() => Promise<void>> {
  const before = await granted(client, schema);
  const given = before.filter(({ role }) => role !== null);
  return async () => {
    if (given.length === 0) return;
    const now = new Set((await granted(client, schema)).map(({ kind, name }) => kind + name));
    for (const { kind, name, role, privilege, grantable } of given)
      if (now.has(kind + name))
        await client.query(
          `grant ${privilege} on ${kind} "${schema}"."${name}" to ${role}` +
            (grantable ? " with grant option" : ""),
        );
    for (const statement of wholeTasks(before, schema)) await client.query(statement);
  };
}

/** Of a task belongs what it calls, and of `read` every view. */
function wholeTasks(before: readonly Granted[], schema: string): readonly string[] {
  const views = before.filter(({ kind }) => kind === "table").map(({ name }) => name);
  const needs = (task: Task) => [...functionsOf(task), ...(task === "read" ? views : [])];
  const all = new Set(before.map(({ name }) => name));
  const roles = new Set(before.flatMap(({ role }) => role ?? []));
  return [...roles].flatMap((role) => {
    const own = new Set(before.filter((each) => each.role === role).map(({ name }) => name));
    return taskNames
      .filter((task) => needs(task).every((name) => own.has(name) || !all.has(name)))
      .flatMap((task) => grantsOf(task, schema, role));
  });
}
