/** What calls of one operation have in common, for a situation to stand for all of them. */

import {
  actions,
  type ActionName,
  type Call,
  type Job,
  type State,
  type Token,
} from "../../src/core/index.js";
import { changedTables } from "../explore/changed.js";
import { jobsIn } from "../interleave/places.js";

export interface Tried {
  readonly list: readonly Call["args"][];
  /** Those that the call names, and those that it is told of. */
  readonly jobs: readonly Job[];
  readonly words: readonly string[];
  readonly changed: string;
}

/** What an element of a call is told if the call succeeds. */
export const wordOf = (action: ActionName): string => actions[action].answers[0]!.split(" ")[0]!;

/** Tables whose rows change; and whether prune carries any of them forward. */
export function changes({ db: a }: State, { db: b }: State): string {
  const moved = b.readyEntries.some((row) => !a.readyEntries.includes(row));
  return `${changedTables(a, b).join()}${moved ? "+" : ""}`;
}

/** What there is to lock: a lease of the attempt, its receipt, a row of the job. */
function known({ db }: State, list: Tried["list"]): string {
  const tokens = list.flatMap((args) =>
    "tokens" in args ? args.tokens : "token" in args ? [args.token] : [],
  );
  const named = (row: Token) => tokens.some((t) => t.job === row.job && t.lease === row.lease);
  if (db.leases.some(named)) return "lease";
  if (db.leaseClaims.some(named)) return "receipt";
  return db.readyEntries.some(({ job }) => jobsIn(list).includes(job)) ? "job" : "";
}

const lanesOf = ({ db }: State, jobs: readonly Job[]): number => {
  const rows = [...db.readyEntries, ...db.deferredJobs].filter(({ job }) => jobs.includes(job));
  return new Set(rows.map(({ lane }) => lane)).size;
};

/** Claim slots that come out of a hash the other way round. */
const FAR_APART = [0, 3];

/** Receipts in several claim slots, with others there for other queue slots; or far apart. */
function receiptKinds({ db }: State, jobs: readonly Job[]): readonly string[] {
  const own = db.leaseClaims.filter(({ job }) => jobs.includes(job));
  const slots = new Set(own.map(({ slot }) => slot));
  const others = db.leaseClaims.filter(
    (other) =>
      !own.includes(other) &&
      own.some((mine) => mine.slot === other.slot && mine.ready !== other.ready),
  );
  return [
    ...(slots.size > 1 && others.length > 0 ? ["several slots, in a crowd"] : []),
    ...(FAR_APART.every((slot) => slots.has(slot)) ? ["slots far apart"] : []),
  ];
}

/** Whether a call on a claim slot tells of some of its receipts, and not of others. */
function accompanied({ db }: State, { list, jobs }: Tried): boolean {
  if (jobs.length === 0 || !list.some((args) => "slot" in args)) return false;
  const mine = db.leaseClaims.find(({ job }) => jobs.includes(job));
  return db.leaseClaims.some(({ job, slot }) => slot === mine?.slot && !jobs.includes(job));
}

/** Calls of one operation that have this in common are one situation; empty for none at all. */
export function kindsOf(state: State, action: ActionName, one: Tried): readonly string[] {
  const { list, jobs, words, changed } = one;
  if (jobs.length < 2) {
    const some = accompanied(state, one) ? " among others" : "";
    return [`${words} ${changed} ${known(state, list)}${some}`];
  }
  if (words.join() !== wordOf(action)) return [];
  return [
    `several ${changed} ${known(state, list)}`,
    ...(lanesOf(state, jobs) > 1 ? ["several lanes"] : []),
    ...receiptKinds(state, jobs),
  ];
}
