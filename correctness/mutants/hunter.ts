/** A check that looks for mutants of the SQL: one definition is exchanged, and put back. */

import type pg from "pg";
import { errorText } from "../conform/divergence.js";
import { isOfPostgres } from "../../src/postgres/pg-error.js";
import { requalify } from "../../src/postgres/requalify.js";
import type { SqlChange, SqlMutant } from "./sql-mutant.js";

/** The checks, as the columns of the matrix. */
export const checkNames = [
  "TLC",
  "graph",
  "conform",
  "lockstep",
  "interleave",
  "locks",
  "trace",
] as const;
export type CheckName = (typeof checkNames)[number];

/** How a check found a mutant. */
export interface Kill {
  readonly check: CheckName;
  /** The shortest way to it that the check knows: calls, or steps of a schedule. */
  readonly steps: number;
  /** The calls, and what is wrong with the last one, on one line. */
  readonly how: string;
}

/** How hard a hunter looks, and at how much: pieces of a walk, operations, meetings, runs. */
export class Effort {
  /** What was looked at. */
  taken = 0;
  /** A first look is for what is found at once. */
  readonly thorough: boolean;
  private readonly most: number;

  constructor({ thorough = false, most = Infinity } = {}) {
    this.thorough = thorough;
    this.most = most;
  }

  /** Whether to look at one more. */
  take(): boolean {
    if (this.taken === this.most) return false;
    this.taken++;
    return true;
  }
}

export interface Hunter {
  readonly check: CheckName;
  /** Null if the check does not see the difference. */
  hunt(mutant: SqlMutant, effort?: Effort): Promise<Kill | null>;
  close(): Promise<void>;
}

/** Postgres does not take the definition: it is no mutant. */
export class Stillborn extends Error {}

/** Some of these from all over. */
export const spread = <T>(items: readonly T[], most: number): readonly T[] =>
  items.length <= most
    ? items
    : Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)]!);

/** Where a mutant is part of most operations, so many of them are looked at first. */
const OPERATIONS = 5;

export const someOf = <T>(actions: readonly T[], { thorough }: Effort): readonly T[] =>
  thorough ? actions : spread(actions, OPERATIONS);

/** What Postgres says instead of going on, as where a call never ends, is a kill too. */
export async function orError(
  check: CheckName,
  look: () => Promise<Kill | null>,
  where = "",
): Promise<Kill | null> {
  try {
    return await look();
  } catch (error) {
    if (!isOfPostgres(error)) throw error;
    return { check, steps: 1, how: `${where}${errorText(error)}` };
  }
}

/** Does something while the mutant is installed, written by `written` for this schema. */
export async function exchanged<T>(
  client: pg.Client,
  schema: string,
  { changes }: SqlMutant,
  work: () => Promise<T>,
  written: (sql: string) => string = (text) => text,
): Promise<T> {
  const define = (some: readonly SqlChange[]) =>
    client.query(requalify(some.map((c) => written(c.sql) + settingOf(c)).join("\n"), schema));
  try {
    await define(changes);
  } catch (error) {
    throw isOfPostgres(error) ? new Stillborn(error.message) : error;
  }
  try {
    return await work();
  } finally {
    await define(changes.map(({ definition }) => ({ definition, sql: definition.sql })));
  }
}

/** Its statements are not written out for each slot: it is planned for each call. */
const settingOf = ({ definition: { name, sql } }: SqlChange): string =>
  sql.includes("language plpgsql")
    ? `alter function ringproof.${name} set plan_cache_mode = force_custom_plan;`
    : "";
