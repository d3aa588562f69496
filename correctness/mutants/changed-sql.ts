/** The shipped SQL with one text replaced: how bugs are planted in Postgres. */

import { definitionsOf } from "../definitions.js";
import type { SqlChange } from "./sql-mutant.js";

/** One definition of a family with a change; a change that no longer applies is an error. */
export function changed(family: string, name: string, from: string, to: string): SqlChange {
  const found = definitionsOf(family).find((definition) => definition.name === name);
  if (found?.sql.split(from).length !== 2) throw new Error(`${name}: no single ${from}`);
  return { definition: found, sql: found.sql.replace(from, () => to) };
}

export const changedSql = (...change: Parameters<typeof changed>): string => changed(...change).sql;
