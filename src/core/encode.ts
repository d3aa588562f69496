/**
 * Canonical code of a state: equal for two states exactly if they are the same sets of rows, or,
 * under symmetry, the same up to a renaming of jobs. It is one word per table, and means something
 * in this process only. Tables are immutable and shared between states, so most are known already.
 */

import type { Scope } from "./scope.js";
import { columns, tableNames, type Db, type Job, type State } from "./state.js";

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

/** Short for a text: one or two characters, and none begins another. */
const words = new Map<string, string>();

/** The first so many words are of one character; the others begin with a later one. */
const SHORT = 0x8000;

function wordFor(text: string): string {
  const known = words.get(text);
  if (known !== undefined) return known;
  const n = words.size;
  const word =
    n < SHORT ? String.fromCharCode(n) : String.fromCharCode(SHORT + n / SHORT, n % SHORT);
  words.set(text, word);
  return word;
}

/** The words of the two objects last seen: a state shares most tables with its neighbours. */
class Recent {
  private last: object | undefined;
  private before: object | undefined;
  private lastWord = "";
  private beforeWord = "";

  word(seen: object, text: () => string): string {
    if (seen === this.last) return this.lastWord;
    const word = seen === this.before ? this.beforeWord : wordFor(text());
    [this.before, this.beforeWord] = [this.last, this.lastWord];
    [this.last, this.lastWord] = [seen, word];
    return word;
  }
}

/** What a state consists of, and what was seen last of each, per renaming. */
const parts = [
  ...(["rings", "laneHeads", "env"] as const),
  ...tableNames,
  ...envFields.map(([field]) => field),
];
type Part = (typeof parts)[number];
const recent = new WeakMap<Renaming, Readonly<Record<Part, Recent>>>();

function recentOf(renaming: Renaming): Readonly<Record<Part, Recent>> {
  let known = recent.get(renaming);
  if (!known) {
    known = Object.fromEntries(parts.map((p) => [p, new Recent()])) as Record<Part, Recent>;
    recent.set(renaming, known);
  }
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

/** The canonical code of the database alone. */
export function encodeDb(db: Db, scope: Scope, renaming: Renaming = identity): string {
  const known = recentOf(renaming);
  let code = known.rings.word(db.rings, () => ringsText(db.rings));
  code += known.laneHeads.word(db.laneHeads, () => headsText(db.laneHeads, scope));
  for (const t of tableNames)
    code += known[t].word(db[t], () => tableText(db[t], columns[t], renaming));
  return code;
}

/** The canonical code of one state under one renaming of its jobs. */
export function encode({ db, env }: State, scope: Scope, renaming: Renaming = identity): string {
  const word = recentOf(renaming).env.word(env, () => encodeEnv(env, renaming));
  return encodeDb(db, scope, renaming) + word;
}

function encodeEnv(env: State["env"], renaming: Renaming): string {
  const known = recentOf(renaming);
  let code = "";
  for (const [field, names] of envFields)
    code += known[field].word(env[field], () =>
      names
        ? tableText(env[field] as readonly object[], names, renaming)
        : jobsText(env.enqueued, renaming),
    );
  return code;
}

const jobsText = (jobs: readonly Job[], renaming: Renaming): string =>
  jobs
    .map((j) => renaming[j] ?? j)
    .sort()
    .join(" ");

/** The canonical code of a state: the least over the given renamings. */
export function fingerprint(state: State, scope: Scope, all: readonly Renaming[]): string {
  let least = encode(state, scope, all[0]);
  for (let i = 1; i < all.length; i++) {
    const code = encode(state, scope, all[i]);
    if (code < least) least = code;
  }
  return least;
}
