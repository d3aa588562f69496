/**
 * Canonical text of a state: equal for two states exactly if they are the same sets of rows, or,
 * under symmetry, the same up to a renaming of jobs. Rows are immutable and shared between
 * states, so the text of each row is computed once per renaming.
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

/** Texts of rows, per renaming; rows themselves are the keys. */
const texts = new WeakMap<Renaming, WeakMap<object, string>>();

function textsFor(renaming: Renaming): WeakMap<object, string> {
  let known = texts.get(renaming);
  if (!known) texts.set(renaming, (known = new WeakMap()));
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

function tableText(
  rows: readonly object[],
  names: readonly string[],
  renaming: Renaming,
  known: WeakMap<object, string>,
): string {
  if (rows.length === 0) return "";
  const out: string[] = [];
  for (const row of rows) {
    let text = known.get(row);
    if (text === undefined) known.set(row, (text = rowText(row as Row, names, renaming)));
    out.push(text);
  }
  return out.length === 1 ? out[0]! : out.sort().join(" ");
}

/** The canonical text of the database alone. */
export function encodeDb(db: Db, scope: Scope, renaming: Renaming = identity): string {
  const known = textsFor(renaming);
  const { queue, claim, lease } = db.rings;
  let text = `${queue.cur},${queue.init} ${claim.cur},${claim.init} ${lease.cur},${lease.init}`;
  for (const lane of scope.lanes) {
    const head = db.laneHeads[lane]!;
    text += ` ${head.next},${head.cursor}`;
  }
  for (const t of tableNames) text += `|${tableText(db[t], columns[t], renaming, known)}`;
  return text;
}

/** The canonical text of one state under one renaming of its jobs. */
export function encode({ db, env }: State, scope: Scope, renaming: Renaming = identity): string {
  const known = textsFor(renaming);
  let text = encodeDb(db, scope, renaming);
  for (const [field, names] of envFields) {
    text += names
      ? `|${tableText(env[field] as readonly object[], names, renaming, known)}`
      : `|${jobsText(env.enqueued, renaming)}`;
  }
  return text;
}

const jobsText = (jobs: readonly Job[], renaming: Renaming): string =>
  jobs
    .map((j) => renaming[j] ?? j)
    .sort()
    .join(" ");

/** The canonical text of a state: the least over the given renamings. */
export function fingerprint(state: State, scope: Scope, all: readonly Renaming[]): string {
  let least = encode(state, scope, all[0]);
  for (let i = 1; i < all.length; i++) {
    const text = encode(state, scope, all[i]);
    if (text < least) least = text;
  }
  return least;
}
