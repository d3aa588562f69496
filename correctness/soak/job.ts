/** What the ledger has of one job: where it is, its attempts, and what nobody knows of it yet. */

import type { Move, Place } from "./moves.js";

export interface Call {
  readonly who: string;
  readonly action: string;
  /** An instant of the ledger. */
  readonly began: number;
  /** What it says that the time is, in milliseconds. */
  readonly now: number;
}

export interface Attempt {
  readonly lease: number;
  /** Null: the claim that handed it out was lost, and nobody was told. */
  readonly holder: string | null;
  /** What the claim said that the time is; with the lane's rows, it names the receipt. */
  readonly claimedAt: number;
  /** When it became known: an instant of the ledger. */
  readonly told: number;
  /** Who was told first that it is over, and when. */
  over: { readonly by: string; readonly at: number } | null;
}

/** A call that may change the job, and of which nobody knows what came of it. */
export interface Open {
  readonly call: Call;
  readonly move: Move;
  /** Of the attempt that it names. */
  readonly lease: number | null;
  /** Its session has come to an end, and its caller was told nothing. */
  lost: boolean;
  /** It was done, by what others were told since. */
  taken: boolean;
}

/** Something that somebody was told of a job. */
export interface Said {
  /** Milliseconds of the machine's clock. */
  readonly at: number;
  readonly who: string;
  readonly action: string;
  readonly lease: number | null;
  readonly answer: string;
}

/** So much is remembered of each job. */
const MEMORY = 10;

export class Job {
  readonly id: string;
  /** What its producer calls it, in its payload. */
  readonly name: number;
  readonly key: string | null;
  place: Place = "alive";
  /** Since when it is there. */
  since: number;
  /** When anything was last heard of it. */
  changed: number;
  /** What the call that put it there said that the time is. */
  putAt = 0;
  open: Open[] = [];
  newest: Attempt | null = null;
  /** It is known not to be where it should be. */
  refused = false;
  /** What is called when nobody waits any more for the attempt that somebody has in hand. */
  private awaited: (() => void)[] = [];
  readonly said: Said[] = [];
  private readonly attempts = new Map<number, Attempt>();

  constructor(id: string, name: number, key: string | null, now: number) {
    this.id = id;
    this.name = name;
    this.key = key;
    this.since = this.changed = now;
  }

  attempt(lease: number): Attempt | undefined {
    return this.attempts.get(lease);
  }

  add(attempt: Attempt): void {
    this.attempts.set(attempt.lease, attempt);
    if (attempt.lease > (this.newest?.lease ?? 0)) this.newest = attempt;
    this.open = this.open.filter((o) => !this.isPast(o) || !o.lost);
  }

  /** Of an attempt that must have ended in another way, since a later one is known. */
  private isPast({ lease }: Open): boolean {
    return lease !== null && lease < (this.newest?.lease ?? 0);
  }

  whenOn(done: () => void): void {
    this.awaited.push(done);
  }

  /** Its attempt goes on or was rescued, somebody else has the next one, or it has ended. */
  goesOn(): void {
    for (const done of this.awaited.splice(0)) done();
  }

  remember(said: Said): void {
    this.said.push(said);
    if (this.said.length > MEMORY) this.said.shift();
  }

  /** Whether everything that was ever asked about it was answered, or is lost for good. */
  get quiet(): boolean {
    return this.open.every((o) => o.lost);
  }

  /** Where it can be, and the calls that must have been done for that. */
  reach(): ReadonlyMap<Place, readonly Open[]> {
    const found = new Map<Place, readonly Open[]>([[this.place, []]]);
    const some = this.open.filter((o) => !o.taken && !this.isPast(o));
    for (const [place, path] of found) {
      for (const each of some) {
        const { from, to } = each.move;
        if (!path.includes(each) && from.includes(place) && !found.has(to))
          found.set(to, [...path, each]);
      }
    }
    return found;
  }
}
