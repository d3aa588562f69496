/**
 * Whether a history of ringproof is a behaviour of its storage model: an order of the calls that
 * respects their intervals, in which each answers and changes rows as the core says. The rows that
 * were there are known from the transactions themselves, so that the order of commits is tried
 * first and left only where a call saw less than what was committed before it.
 */

import type { ActionTable, Outcome } from "../../src/core/index.js";
import { Explainer, type Misfit } from "./explanation.js";
import type { Event, History } from "./history.js";
import { endOf, Intervals, linesOf } from "./intervals.js";
import { Meetings } from "./meetings.js";
import { scopeOf } from "./scope.js";
import { inEachOthersWay, initialRows, type Stored } from "./rows.js";

/** So many calls are shown before the one that does not fit. */
const RECENT = 12;

/** Where a history ceases to be a behaviour of the model. */
export interface StorageBreach {
  /** The last calls of the longest explanation, in its order. */
  readonly recent: readonly Event[];
  /** The call that has to come next, or before any other that does not fit either. */
  readonly event: Event;
  readonly why: string;
  /** What the core says of each call that could come next; null: others wrote its rows after it. */
  readonly misfits: Misfits;
}

type Misfits = ReadonlyMap<Event, Misfit | null>;

/** A call of an explanation, what the core says of it, and the rows on which it was made. */
export interface Placed {
  readonly event: Event;
  readonly outcome: Outcome;
  readonly before: Stored;
}

export interface StorageVerdict {
  /** What the core says of the calls of which nobody knows the answer. */
  readonly resolved: ReadonlyMap<number, Outcome>;
  readonly breach: StorageBreach | null;
  /** The explanation, or the longest there is. */
  readonly order: readonly Placed[];
}

interface Frame extends Placed {
  /** The line whose call was made here. */
  readonly line: number;
  /** Lines to try here instead, in this order. */
  readonly others: readonly number[];
}

/** The end of the longest explanation so far. */
interface Stuck {
  readonly depth: number;
  readonly order: readonly Placed[];
  readonly misfits: Misfits;
}

export function checkStorage(history: History, table?: ActionTable): StorageVerdict {
  const { header, events } = history;
  const lost = events.find((event) => event.outcome !== null && event.commit === null);
  if (lost) return { resolved: new Map(), breach: neverCommitted(lost), order: [] };
  return new Search(history, table).run(initialRows(scopeOf(header)));
}

const neverCommitted = (event: Event): StorageBreach => ({
  recent: [],
  event,
  why: "its caller was told an answer, but its transaction did not commit",
  misfits: new Map(),
});

/** Depth first, each set of calls at most once: what the rows are depends on the set alone. */
class Search {
  private readonly lines: readonly (readonly Event[])[];
  private readonly intervals: Intervals;
  private readonly explainer: Explainer;
  private readonly total: number;
  /** How many calls of each line were made. */
  private readonly made: number[];
  private readonly frames: Frame[] = [];
  private readonly depthOf = new Map<number, number>();
  /** Sets of calls after which there is no way on. */
  private readonly dead = new Set<string>();
  /** Nothing that was made before this depth matters to the calls that did not fit. */
  private floor = Infinity;
  private deepest: Stuck = { depth: -1, order: [], misfits: new Map() };

  constructor({ header, events }: History, table: ActionTable | undefined) {
    const committed = events.filter(({ commit }) => commit !== null);
    this.lines = linesOf(committed);
    // What was rolled back may have been in somebody's way.
    this.intervals = new Intervals(linesOf(events));
    const meetings = new Meetings(header, committed, this.intervals);
    this.explainer = new Explainer(header, committed, meetings, table);
    this.total = committed.length;
    this.made = this.lines.map(() => 0);
  }

  run(initial: Stored): StorageVerdict {
    let rows = initial;
    let left: readonly number[] | null = null;
    while (this.frames.length < this.total) {
      const after = this.advance(rows, left ?? this.candidates());
      left = null;
      if (after) {
        rows = after;
        continue;
      }
      this.dead.add(this.made.join());
      const frame = this.retreat();
      if (!frame) return { resolved: new Map(), breach: this.breach(), order: this.deepest.order };
      [rows, left] = [frame.before, frame.others];
    }
    const unknown = this.frames.filter(({ event }) => event.outcome === null);
    return {
      resolved: new Map(unknown.map(({ event, outcome }) => [event.id, outcome])),
      breach: null,
      order: this.frames,
    };
  }

  /** The lines whose next call may be the next of all, in the order of commits. */
  private candidates(): readonly number[] {
    const heads = this.lines.flatMap((line, i) => (line[this.made[i]!] ? [i] : []));
    const next = (line: number): Event => this.lines[line]![this.made[line]!]!;
    const end = Math.min(...heads.map((line) => endOf(next(line))));
    return heads
      .filter((line) => next(line).call < end)
      .sort((a, b) => next(a).commit! - next(b).commit!);
  }

  /** Makes the first of these calls that fits; the rows after it, or null. */
  private advance(before: Stored, candidates: readonly number[]): Stored | null {
    const misfits = new Map<Event, Misfit | null>();
    for (const [i, line] of candidates.entries()) {
      const event = this.lines[line]![this.made[line]!]!;
      if (this.leadsNowhere(line)) continue;
      const found = this.isTooLate(event) ? null : this.explainer.explain(event, before);
      if (!found || "expected" in found) {
        misfits.set(event, found);
        continue;
      }
      // What changes nothing is in nobody's way: there is no reason to make it later.
      const others = event.changes?.length ? candidates.slice(i + 1) : [];
      this.depthOf.set(event.id, this.frames.length);
      this.frames.push({ line, event, outcome: found.outcome, before, others });
      this.made[line]!++;
      if (this.frames.length > this.deepest.depth) this.progress();
      return found.after;
    }
    this.stuck(misfits);
    return null;
  }

  private leadsNowhere(line: number): boolean {
    if (this.dead.size === 0) return false;
    return this.dead.has(this.made.map((n, i) => (i === line ? n + 1 : n)).join());
  }

  /** A call that wrote the same rows after it was made before it. */
  private isTooLate(event: Event): boolean {
    const later = this.intervals
      .beside(event)
      .filter(({ id, commit }) => this.depthOf.has(id) && commit! > event.commit!);
    return later.some((other) => inEachOthersWay(event.changes ?? [], other.changes ?? []));
  }

  /** Further than ever: what did not lead here matters no more. */
  private progress(): void {
    this.deepest = { depth: this.frames.length, order: [], misfits: new Map() };
    this.floor = Infinity;
    if (this.dead.size > 0) this.dead.clear();
  }

  /** Only calls at the same time as those that do not fit could make them fit. */
  private stuck(misfits: Misfits): void {
    for (const event of misfits.keys()) {
      for (const { id } of this.intervals.beside(event))
        this.floor = Math.min(this.floor, this.depthOf.get(id) ?? Infinity);
    }
    if (this.frames.length < this.deepest.depth || this.deepest.misfits.size > 0) return;
    this.deepest = { depth: this.frames.length, order: [...this.frames], misfits };
  }

  /** Takes back the last call, unless that is of no use. */
  private retreat(): Frame | null {
    if (this.frames.length - 1 < this.floor || this.frames.length === 0) return null;
    const frame = this.frames.pop()!;
    this.made[frame.line]!--;
    this.depthOf.delete(frame.event.id);
    return frame;
  }

  private breach(): StorageBreach {
    const { order, misfits } = this.deepest;
    const recent = order.slice(-RECENT).map(({ event }) => event);
    const [event] = [...misfits.keys()].sort((a, b) => endOf(a) - endOf(b));
    const why = "no order of the calls beside it explains its answer and its changes";
    return { recent, event: event!, why, misfits };
  }
}
