/**
 * What the core says of an event, made on the rows that were there: the same answer and the same
 * changes explain it. A call that met a lock may also be turned away, or pass over what is locked,
 * as long as another call was there that could hold it.
 */

import { isDeepStrictEqual } from "node:util";
import {
  initialState,
  step,
  type ActionTable,
  type Call,
  type Db,
  type Job,
  type Lane,
  type Outcome,
  type Scope,
  type Step,
  type Token,
} from "../../src/core/index.js";
import { hinder } from "../interleave/hindrance.js";
import type { TableDiff } from "../report/diff.js";
import type { Event, Header } from "./history.js";
import { keysOf, sameKeyOf, scopeOf } from "./scope.js";
import { attemptsIn, jobsOf, type Meetings } from "./meetings.js";
import { differences } from "./difference.js";
import { changed, Reader, type Changed, type Stored } from "./rows.js";

/** Why an event does not fit: what the core says, and rows that only one of the two changes. */
export interface Misfit {
  readonly expected: Outcome;
  readonly rows: readonly TableDiff[];
}

export interface Fit {
  readonly outcome: Outcome;
  readonly after: Stored;
}

const NOWHERE = initialState({ lanes: [] } as unknown as Scope).env;

const sameToken = (a: Token, b: Token): boolean => a.job === b.job && a.lease === b.lease;

/** What a call has seen before: the cursors of rings, how far its lane went, and who had keys. */
interface Earlier {
  readonly rings: Db["rings"];
  readonly tail?: number;
  readonly holders?: readonly Job[];
}

export class Explainer {
  private readonly scope: Scope;
  private readonly reader: Reader;
  private readonly table: ActionTable | undefined;
  private readonly meetings: Meetings;
  private readonly keys: ReadonlyMap<Job, string>;

  constructor(
    header: Header,
    events: readonly Event[],
    meetings: Meetings,
    table: ActionTable | undefined,
  ) {
    this.scope = scopeOf(header);
    this.reader = new Reader(this.scope);
    this.table = table;
    this.meetings = meetings;
    this.keys = keysOf(events);
  }

  /** The event made on these rows: what comes of it, or why it does not fit. */
  explain(event: Event, stored: Stored): Fit | Misfit {
    const db = this.reader.at(stored, event.tick);
    const did = changed(stored, event.changes ?? []);
    const said = this.step(event, db);
    const misfit = this.compare(event, db, did, said);
    if (!misfit) return { outcome: said.outcome, after: did.after };
    const fits = (other: Step): boolean => !this.compare(event, db, did, other);
    const hindered = this.hindered(event, db, said.outcome);
    const other = hindered && fits(hindered) ? hindered : this.earlier(event, db).find(fits);
    return other ? { outcome: other.outcome, after: did.after } : misfit;
  }

  /** What the call does where it has looked at some things before it takes effect. */
  private earlier(event: Event, db: Db): readonly Step[] {
    const pins = this.meetings.pins(event);
    const tails = this.meetings.tails(event);
    const rings = { ...db.rings };
    for (const [ring, cur] of pins) rings[ring] = { ...db.rings[ring], cur };
    const pinned = pins.size > 0 ? [rings] : [];
    const holders = this.meetings.holders(event);
    const held = holders.length > 0 ? [db.rings, ...pinned] : [];
    return [
      ...pinned.map((seen) => this.stepFrom(event, db, { rings: seen })),
      ...held.map((seen) => this.stepFrom(event, db, { rings: seen, holders })),
      ...tails.flatMap((tail) =>
        [db.rings, ...pinned].map((seen) => this.stepFrom(event, db, { rings: seen, tail })),
      ),
    ];
  }

  private stepFrom(event: Event, db: Db, { rings, tail, holders = [] }: Earlier): Step {
    const { lane } = event.args as { readonly lane?: Lane };
    const readyEntries = db.readyEntries.filter(
      (row) => tail === undefined || row.lane !== lane || row.seq < tail,
    );
    const before = holders.filter((job) => !db.uniqueKeys.some((row) => row.job === job));
    const keyed = [...db.uniqueKeys, ...before.map((job) => ({ job }))];
    const { outcome, state } = this.step(event, { ...db, rings, readyEntries, uniqueKeys: keyed });
    const shown = tail === undefined ? state.db.readyEntries : db.readyEntries;
    const uniqueKeys = state.db.uniqueKeys.filter(({ job }) => !before.includes(job));
    const after = { ...state.db, rings: db.rings, readyEntries: shown, uniqueKeys };
    return { outcome, state: { ...state, db: after } };
  }

  private step(event: Event, db: Db): Step {
    return step({ db, env: NOWHERE }, callOf(event), this.scopeAt(event, db), this.table);
  }

  /** The jobs of the model carry keys by group: those that hold one now, and those of the call. */
  private scopeAt(event: Event, { uniqueKeys }: Db): Scope {
    if (this.keys.size === 0) return this.scope;
    const jobs = new Set([...uniqueKeys.map(({ job }) => job), ...jobsOf(event)]);
    return { ...this.scope, sameKey: sameKeyOf(jobs, this.keys) };
  }

  private compare(event: Event, before: Db, did: Changed, { outcome, state }: Step): Misfit | null {
    const told = event.outcome;
    const rows = differences({ before, expected: state.db, did, tick: event.tick }, this.scope);
    if (rows.length === 0 && (told === null || isDeepStrictEqual(told, outcome))) return null;
    return { expected: outcome, rows };
  }

  /** What the call may do instead, because of locks that others may hold. */
  private hindered(event: Event, db: Db, expected: Outcome): Step | null {
    const state = { db, env: NOWHERE };
    const word = this.meetings.turnedAway(event);
    if (word !== null) return { outcome: { result: word }, state };
    const found = expected.tokens;
    if (!event.action.startsWith("Rescue") || !found) return null;
    const got = event.outcome
      ? (event.outcome.tokens ?? [])
      : attemptsIn("leaseClaimClosures", event);
    const missed = found.filter((token) => !got.some((t) => sameToken(t, token)));
    const receipts = missed.map((token) => this.meetings.receiptOf(token));
    if (!receipts.every((receipt) => this.meetings.mayPassOver(event, receipt))) return null;
    const none = { locks: [], rings: [], claimSlots: [], claimHeads: [], enqueueHeads: [] };
    const met = { ...none, attempts: receipts.flat() };
    return hinder({ state, call: callOf(event), met, scope: this.scope, table: this.table });
  }
}

/** As the core knows the call. */
const callOf = ({ action, args }: Event): Call => ({ action, args }) as Call;
