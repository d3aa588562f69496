/**
 * Canonical code of a state: equal for two states exactly if they are the same sets of rows. It is
 * one word per table, and means something in this process only. Tables are immutable and shared
 * between states, so most are known already.
 */

import type { Scope } from "./scope.js";
import { columns, tableNames, type Db, type Env, type State } from "./state.js";

const tokenColumns = ["job", "lease"] as const;

/** The fields of `env`, in order, with the columns of their rows; `null` for bare job names. */
export const envColumns = {
  enqueued: null,
  held: tokenColumns,
  handed: tokenColumns,
  rehanded: tokenColumns,
  acked: tokenColumns,
  reacked: tokenColumns,
  finished: tokenColumns,
  removed: ["job", "by"],
} as const satisfies Record<keyof State["env"], readonly string[] | null>;

type Row = Readonly<Record<string, string | number>>;
export const envFields = Object.entries(envColumns) as [
  keyof State["env"],
  readonly string[] | null,
][];

/** A number for each text. */
const words = new Map<string, number>();

export function wordFor(text: string): number {
  const known = words.get(text);
  if (known !== undefined) return known;
  words.set(text, words.size);
  return words.size - 1;
}

/** What is known of the two objects last seen: a state shares most tables with its neighbours. */
export class Recent<Known> {
  private last: object | null = null;
  private before: object | null = null;
  private ofLast: Known | undefined;
  private ofBefore: Known | undefined;

  /** Undefined of what was not seen lately. */
  known(seen: object): Known | undefined {
    if (seen === this.last) return this.ofLast;
    return seen === this.before ? this.keep(seen, this.ofBefore!) : undefined;
  }

  keep(seen: object, known: Known): Known {
    this.before = this.last;
    this.ofBefore = this.ofLast;
    this.last = seen;
    this.ofLast = known;
    return known;
  }
}

/** The words of what was seen last of each part of a state. */
const seen = {
  rings: new Recent<number>(),
  heads: new Recent<number>(),
  tables: tableNames.map(() => new Recent<number>()),
  fields: envFields.map(() => new Recent<number>()),
};

function rowText(row: Row, names: readonly string[]): string {
  let text = "";
  for (const name of names) text += `${row[name]!},`;
  return text;
}

export const tableText = (rows: readonly object[], names: readonly string[]) =>
  rows
    .map((row) => rowText(row as Row, names))
    .sort()
    .join(" ");

const ringsText = ({ queue, claim, lease }: Db["rings"]): string =>
  `${queue.cur},${queue.init} ${claim.cur},${claim.init} ${lease.cur},${lease.init}`;

const headsText = (heads: Db["laneHeads"], { lanes }: Scope): string =>
  lanes.map((lane) => `${heads[lane]!.next},${heads[lane]!.cursor}`).join(" ");

/** So many words are written as one character; the others as two, the first of them a later one. */
const SHORT = 0x8000;

export const write = (word: number): string =>
  word < SHORT
    ? String.fromCharCode(word)
    : String.fromCharCode(SHORT + word / SHORT, word % SHORT);

/** The code of its rings and heads, which speak of no job. */
export function codeOfHeads(db: Db, scope: Scope): string {
  const { rings, heads } = seen;
  return (
    write(rings.known(db.rings) ?? rings.keep(db.rings, wordFor(ringsText(db.rings)))) +
    write(
      heads.known(db.laneHeads) ??
        heads.keep(db.laneHeads, wordFor(headsText(db.laneHeads, scope))),
    )
  );
}

export function tableWord(db: Db, i: number): number {
  const name = tableNames[i]!;
  const rows = db[name];
  const table = seen.tables[i]!;
  return table.known(rows) ?? table.keep(rows, wordFor(tableText(rows, columns[name])));
}

/** The canonical code of a database. */
export function encodeDb(db: Db, scope: Scope): string {
  let code = codeOfHeads(db, scope);
  for (let i = 0; i < tableNames.length; i++) code += write(tableWord(db, i));
  return code;
}

/** The canonical code of what is not in the database. */
export function encodeEnv(env: Env): string {
  let code = "";
  for (let i = 0; i < envFields.length; i++) {
    const rows = env[envFields[i]![0]];
    const field = seen.fields[i]!;
    code += write(field.known(rows) ?? field.keep(rows, wordFor(fieldText(env, i))));
  }
  return code;
}

/** The canonical code of one state. */
export const encode = ({ db, env }: State, scope: Scope): string =>
  encodeDb(db, scope) + encodeEnv(env);

function fieldText(env: Env, i: number): string {
  const [name, names] = envFields[i]!;
  return names
    ? tableText(env[name] as readonly object[], names)
    : env.enqueued.toSorted().join(" ");
}
