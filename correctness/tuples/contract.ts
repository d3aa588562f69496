/** The lines of `src/postgres/tables.ts` against what functions say and what Postgres counted. */

import type { Command } from "../../src/core/index.js";
import {
  commandsOf,
  INSTALL,
  type TableContract,
  type TablesContract,
} from "../../src/postgres/tables.js";
import type { WritingSchema } from "./schema.js";
import type { Counted } from "./statistics.js";

const FILE = "src/postgres/tables.ts";
const RING_TABLES = "ring_tables";

/** Everything in which the functions of a schema and the contract differ, as sentences. */
export function compareWithText(contract: TablesContract, schema: WritingSchema): string[] {
  return [
    ...compareTables(contract, schema.tables),
    ...schema.hidden.map((what) => `${what}; nobody can tell from functions what it writes`),
    ...[...schema.functions].flatMap(([name, { unclear }]) =>
      unclear.map((what) => `nobody can tell what ${name} writes: ${what}`),
    ),
    ...undeclared(contract, schema),
    ...unused(contract, schema),
  ];
}

/** A table without a line, or a line without a table. */
function compareTables(contract: TablesContract, tables: readonly string[]): string[] {
  const missing = tables.filter((name) => !contract[name]);
  const gone = Object.keys(contract).filter((name) => !tables.includes(name));
  return [
    ...missing.map((name) => `${name} has no line in ${FILE}: say which function may write it`),
    ...gone.map((name) => `${FILE} has a line for ${name}, and there is no such table`),
  ];
}

interface Deed {
  readonly name: string;
  readonly command: Command;
  readonly table: string;
}

const said = ({ name, command, table }: Deed): string => `${name}: ${command} of ${table}`;

/** What the functions do, by the tables that partitions belong to. */
function deedsOf({ functions, parents, ringTables }: WritingSchema): Deed[] {
  return [...functions].flatMap(([name, { writes, calls }]) =>
    writes.flatMap(({ command, table }) => {
      const ringed = calls.includes(RING_TABLES) ? ringTables : ["a table it computes"];
      const named = table === null ? ringed : [parents.get(table) ?? table];
      return named.map((one) => ({ name, command, table: one }));
    }),
  );
}

function undeclared(contract: TablesContract, schema: WritingSchema): string[] {
  const forbidden = deedsOf(schema).filter(
    ({ name, command, table }) => !contract[table]?.[command]?.includes(name),
  );
  return [...new Set(forbidden.map(said))].map((deed) => `${deed} is not in ${FILE}`);
}

function unused(contract: TablesContract, schema: WritingSchema): string[] {
  const done = new Set(deedsOf(schema).map(said));
  const declared = Object.entries(contract).flatMap(([table, line]) =>
    commandsOf(line).flatMap((command) =>
      line[command]!.filter((name) => name !== INSTALL).map((name) => ({ name, command, table })),
    ),
  );
  return declared
    .map(said)
    .filter((deed) => !done.has(deed))
    .map((deed) => `${deed} is in ${FILE}, and the function does not do it`);
}

/** Everything in which what was counted and the contract differ, as sentences. */
export function compareWithCounts(contract: TablesContract, counted: Counted): string[] {
  return [
    ...compareTables(contract, [...counted.keys()]),
    ...[...counted].flatMap(([table, counts]) => {
      const line: TableContract = contract[table] ?? {};
      const allowed = commandsOf(line);
      const seen = (["insert", "update", "delete", "truncate"] as const).filter(
        (command) => counts[command] > 0,
      );
      const more = seen.filter((command) => !allowed.includes(command));
      const less = allowed.filter((command) => !seen.includes(command));
      const appended = !line.update && !line.delete;
      const dead = appended && counts.dead > 0 ? [counts.dead] : [];
      return [
        ...more.map((c) => `${table} saw ${counts[c]} × ${c}, which ${FILE} does not allow`),
        ...less.map((c) => `${table} saw no ${c}, which ${FILE} allows`),
        ...dead.map((n) => `${table} is append-only, and holds ${n} dead tuples`),
      ];
    }),
  ];
}

/** Functions that write, by the contract, and that were not called. */
export function uncalled(contract: TablesContract, called: ReadonlySet<string>): string[] {
  const writers = Object.values(contract).flatMap((line) =>
    commandsOf(line).flatMap((command) => line[command]!),
  );
  const known = [...new Set(writers)].filter((name) => name !== INSTALL).sort();
  return known.filter((name) => !called.has(name));
}
