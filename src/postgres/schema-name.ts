/** The name of a schema of ringproof: the one text of a caller that becomes part of a statement. */

import { UserError } from "../errors.js";
import { shown } from "./arguments.js";

const NAME = /^[a-z_][a-z0-9_]{0,47}$/;
const RESERVED = /^pg_|^(information_schema|public)$/;

export function checkSchemaName(schema: string): void {
  if (typeof schema === "string" && NAME.test(schema) && !RESERVED.test(schema)) return;
  const name = typeof schema === "string" ? JSON.stringify(schema) : shown(schema);
  throw new UserError(
    `${name} cannot be the name of ringproof's schema.`,
    "Use up to 48 lower-case letters, digits and underscores, and not a schema of Postgres itself.",
  );
}
