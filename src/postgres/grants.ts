/** Which roles may do what in an installed schema. */

import pg from "pg";
import { UserError } from "../errors.js";
import { fieldsOf, list, shown } from "./arguments.js";
import { exclusively } from "./exclusively.js";
import { checkVersion } from "./installed.js";
import { checkSchemaName } from "./schema-name.js";
import { functionsOf, selectsOf, taskNames, type Task } from "./tasks.js";

export interface GrantOptions {
  readonly schema: string;
  /** The name of a role that is there. */
  readonly role: string;
  /** All that the role may do in this schema from now on; nothing takes everything back. */
  readonly may: readonly Task[];
}

/** The GRANTs of one task, to a role that is quoted already. */
export function grantsOf(task: Task, schema: string, role: string): readonly string[] {
  const s = `"${schema}"`;
  const functions = functionsOf(task).map((name) => `${s}.${name}`);
  const all = [`execute on function ${functions.join(", ")}`, ...selectsOf(task, s)];
  return [`usage on schema ${s}`, ...all].map((what) => `grant ${what} to ${role}`);
}

function revokes(schema: string, role: string): readonly string[] {
  const s = `schema "${schema}"`;
  return [s, ...["tables", "sequences", "routines"].map((kind) => `all ${kind} in ${s}`)].map(
    (what) => `revoke all on ${what} from ${role}`,
  );
}

/**
 * The role may do these tasks in this schema, and nothing else, from the next statement on: without
 * any right to its tables. It is for the schema's owner to say; a later install keeps it.
 */
export async function grant(client: pg.Client, options: GrantOptions): Promise<void> {
  const { schema, role, may } = fieldsOf("options", options, ["schema", "role", "may"]);
  checkSchemaName(schema);
  const tasks = list("may", may, taskOf);
  const granting = async () => {
    await checkVersion(client, schema);
    await checkRole(client, schema, role);
    const to = pg.escapeIdentifier(role);
    const given = tasks.flatMap((task) => grantsOf(task, schema, to));
    for (const statement of [...revokes(schema, to), ...given]) await client.query(statement);
    // Of what nobody has the right to pass on Postgres only warns.
    if (!(await has(client, schema, role, tasks))) throw await notOwner(client, schema);
  };
  await exclusively(client, schema, granting, (cause) => notOwner(client, schema, cause));
}

function taskOf(name: string, task: Task): Task {
  if (taskNames.includes(task)) return task;
  throw new UserError(`${name} is no task.`, `Pass some of ${taskNames.join(", ")}.`);
}

/** Longer names would be cut off, and PUBLIC is not a role even where it is quoted. */
async function checkRole(client: pg.Client, schema: string, role: string): Promise<void> {
  const { rows } = await client.query<{ owns: boolean }>(
    `select exists (
       select from pg_namespace n left join pg_proc p on p.pronamespace = n.oid
       where n.nspname = $1 and r.oid in (n.nspowner, p.proowner)) as owns
     from pg_roles r where r.rolname::text = $2`,
    [schema, typeof role === "string" && !role.includes("\0") ? role : ""],
  );
  if (!rows[0] || role === "public" || role === "none")
    throw new UserError(
      `There is no role ${shown(role)} to grant anything to.`,
      "Create it first, with: create role ... login, or name another one.",
    );
  if (rows[0].owns)
    throw new UserError(
      `${role} owns schema ${schema} or what is in it, and may do everything there.`,
      "Name a role of its own for each task, and keep the owner for installs.",
    );
}

async function has(
  client: pg.Client,
  schema: string,
  role: string,
  tasks: readonly Task[],
): Promise<boolean> {
  if (tasks.length === 0) return true;
  const { rows } = await client.query<{ has: boolean }>(
    `select has_schema_privilege($2::name, n.oid, 'usage')
       and bool_and(has_function_privilege($2::name, p.oid, 'execute')) as has
     from pg_namespace n join pg_proc p on p.pronamespace = n.oid
     where n.nspname = $1 and p.proname = any ($3) group by n.oid`,
    [schema, role, tasks.flatMap(functionsOf)],
  );
  return rows[0]!.has;
}

async function notOwner(client: pg.Client, schema: string, cause?: Error): Promise<UserError> {
  const { rows } = await client.query<{ me: string; owner: string }>(
    `select quote_ident(current_user) as me, quote_ident(pg_get_userbyid(nspowner)) as owner
     from pg_namespace where nspname = $1`,
    [schema],
  );
  const { me, owner } = rows[0] ?? { me: "This role", owner: "its owner" };
  return new UserError(
    `${me} may not grant anything in schema ${schema}.`,
    `Connect as ${owner}, or as a member of that role.`,
    { cause },
  );
}
