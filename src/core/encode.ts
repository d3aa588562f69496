/**
 * Canonical code of a state: equal for two states exactly if they are the same sets of rows, or,
 * under symmetry, the same up to a renaming of jobs. It is one word per table, and means something
 * in this process only. Tables are immutable and shared between states, so most are known already.
 */

import type { Scope } from "./scope.js";
import { columns, tableNames, type Db, type Env, type Job, type State } from "./state.js";

export type Renaming = Readonly<Record<Job, Job>>;

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
const envFields = Object.entries(envColumns) as [keyof State["env"], readonly string[] | null][];
const identity: Renaming = {};

/** All renamings of the scope's jobs, the identity first. */
export function renamings(scope: Scope): readonly Renaming[] {
  const permute = (jobs: readonly Job[]): Job[][] =>
    jobs.length === 0
      ? [[]]
      : jobs.flatMap((j) => permute(jobs.filter((k) => k !== j)).map((rest) => [j, ...rest]));
  return permute(scope.jobs).map((images) =>
    Object.fromEntries(scope.jobs.map((job, i) => [job, images[i]!])),
  );
}

/** A number for each text. */
const words = new Map<string, number>();

function wordFor(text: string): number {
  const known = words.get(text);
  if (known !== undefined) return known;
  words.set(text, words.size);
  return words.size - 1;
}

/** The words of the two objects last seen: a state shares most tables with its neighbours. */
class Recent {
  private last: object | null = null;
  private before: object | null = null;
  private lastWord = 0;
  private beforeWord = 0;

  /** Undefined of what was not seen lately. */
  word(seen: object): number | undefined {
    if (seen === this.last) return this.lastWord;
    return seen === this.before ? this.put(seen, this.beforeWord) : undefined;
  }

  keep(seen: object, text: string): number {
    return this.put(seen, wordFor(text));
  }

  private put(seen: object, word: number): number {
    this.before = this.last;
    this.beforeWord = this.lastWord;
    this.last = seen;
    this.lastWord = word;
    return word;
  }
}

/** What was seen last of each part of a state, per renaming: rings, heads, tables, and fields. */
class Seen {
  readonly rings = new Recent();
  readonly heads = new Recent();
  readonly tables = tableNames.map(() => new Recent());
  readonly fields = envFields.map(() => new Recent());
}

const seen = new WeakMap<Renaming, Seen>();

function seenUnder(renaming: Renaming): Seen {
  let known = seen.get(renaming);
  if (!known) seen.set(renaming, (known = new Seen()));
  return known;
}

function rowText(row: Row, names: readonly string[], renaming: Renaming): string {
  let text = "";
  for (const name of names) {
    const value = row[name]!;
    text += name === "job" ? `${renaming[value] ?? value},` : `${value},`;
  }
  return text;
}

const tableText = (rows: readonly object[], names: readonly string[], renaming: Renaming) =>
  rows
    .map((row) => rowText(row as Row, names, renaming))
    .sort()
    .join(" ");

const ringsText = ({ queue, claim, lease }: Db["rings"]): string =>
  `${queue.cur},${queue.init} ${claim.cur},${claim.init} ${lease.cur},${lease.init}`;

const headsText = (heads: Db["laneHeads"], { lanes }: Scope): string =>
  lanes.map((lane) => `${heads[lane]!.next},${heads[lane]!.cursor}`).join(" ");

/** So many words are written as one character; the others as two, the first of them a later one. */
const SHORT = 0x8000;

const write = (word: number): string =>
  word < SHORT
    ? String.fromCharCode(word)
    : String.fromCharCode(SHORT + word / SHORT, word % SHORT);

/** The canonical code of a database. */
export function encodeDb(db: Db, scope: Scope, renaming: Renaming = identity): string {
  const { rings, heads, tables } = seenUnder(renaming);
  let code =
    write(rings.word(db.rings) ?? rings.keep(db.rings, ringsText(db.rings))) +
    write(heads.word(db.laneHeads) ?? heads.keep(db.laneHeads, headsText(db.laneHeads, scope)));
  for (let i = 0; i < tables.length; i++) {
    const name = tableNames[i]!;
    const rows = db[name];
    const table = tables[i]!;
    const word = table.word(rows) ?? table.keep(rows, tableText(rows, columns[name], renaming));
    code += write(word);
  }
  return code;
}

/** The canonical code of what is not in the database. */
export function encodeEnv(env: Env, renaming: Renaming = identity): string {
  const { fields } = seenUnder(renaming);
  let code = "";
  for (let i = 0; i < fields.length; i++) {
    const rows = env[envFields[i]![0]];
    const field = fields[i]!;
    code += write(field.word(rows) ?? field.keep(rows, fieldText(env, i, renaming)));
  }
  return code;
}

/** The canonical code of one state under one renaming of its jobs. */
export const encode = ({ db, env }: State, scope: Scope, renaming: Renaming = identity): string =>
  encodeDb(db, scope, renaming) + encodeEnv(env, renaming);

function fieldText(env: Env, i: number, renaming: Renaming): string {
  const [name, names] = envFields[i]!;
  return names
    ? tableText(env[name] as readonly object[], names, renaming)
    : jobsText(env.enqueued, renaming);
}

const jobsText = (jobs: readonly Job[], renaming: Renaming): string =>
  jobs
    .map((j) => renaming[j] ?? j)
    .sort()
    .join(" ");
