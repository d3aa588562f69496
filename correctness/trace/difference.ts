/** Where what a transaction did to the rows is not what the core does to them. */

import { tableNames, type Db, type Scope, type TableName } from "../../src/core/index.js";
import { minus, rowText, type TableDiff } from "../report/diff.js";
import { rowAt, type Changed, type Delta, type Row } from "./rows.js";

interface Sides {
  readonly before: Db;
  readonly expected: Db;
  readonly did: Changed;
  /** At which the rows are read. */
  readonly tick: number;
}

/** As lines of text. */
interface Lines {
  readonly gone: readonly string[];
  readonly come: readonly string[];
}

export function differences({ before, expected, did, tick }: Sides, scope: Scope) {
  const { after, deltas } = did;
  const tables = tableNames.flatMap((table): TableDiff[] => {
    const delta = deltas.get(table);
    if (!delta && expected[table] === before[table]) return [];
    const core = coreLines(table, before, expected);
    const own = delta ? ownLines(table, delta, tick, scope) : { gone: [], come: [] };
    const stays = minus(core.gone, own.gone).map((row) => `${row}, removed`);
    const goes = minus(own.gone, core.gone).map((row) => `${row}, removed`);
    const missing = [...minus(core.come, own.come), ...stays];
    return [{ table, missing, extra: [...minus(own.come, core.come), ...goes] }];
  });
  const moved = (["rings", "laneHeads"] as const).map((table) => {
    const [core, own] = [cursors(expected[table]), cursors(after[table])];
    return { table, missing: minus(core, own), extra: minus(own, core) };
  });
  return [...tables, ...moved].filter((d) => d.missing.length + d.extra.length > 0);
}

/** A row that is taken away and comes back as it was did not change. */
const lines = (gone: readonly string[], come: readonly string[]): Lines => ({
  gone: minus(gone, come),
  come: minus(come, gone),
});

/** Rows that are the same objects did not change. */
function coreLines(table: TableName, before: Db, after: Db): Lines {
  const [was, is] = [new Set<object>(before[table]), new Set<object>(after[table])];
  const gone = before[table].filter((row) => !is.has(row));
  const come = after[table].filter((row) => !was.has(row));
  const text = (row: object) => rowText(table, row);
  return lines(gone.map(text), come.map(text));
}

function ownLines(table: TableName, { gone, come }: Delta, tick: number, scope: Scope): Lines {
  const text = (row: Row) => rowText(table, rowAt(table, row, tick, scope));
  return lines(gone.map(text), come.map(text));
}

const cursors = (of: object): readonly string[] =>
  Object.entries(of).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
