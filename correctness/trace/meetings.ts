/** What a call may have met: locks that calls at the same time may hold. */

import {
  columns,
  ringNames,
  type Job,
  type Lane,
  type RingName,
  type Slot,
  type TableName,
  type Token,
} from "../../src/core/index.js";
import { turnedAwayWith } from "../interleave/hindrance.js";
import type { Event, Header } from "./history.js";
import type { Intervals } from "./intervals.js";
import { keysOf } from "./scope.js";

export const nameOf = ({ job, lease }: Token): string => `${job}/${lease}`;

/** The jobs that a call is about, as far as its caller knew. */
export function jobsOf({ action, args }: Event): readonly Job[] {
  if (action === "Enqueue") return args.batch;
  if ("job" in args) return [args.job];
  if ("token" in args) return [args.token.job];
  return "tokens" in args ? args.tokens.map(({ job }) => job) : [];
}

/** The attempts whose rows in this table a call has put. */
export function attemptsIn(table: "leaseClaims" | "leaseClaimClosures", event: Event): Token[] {
  const at = (column: "job" | "lease"): number => columns[table].indexOf(column);
  return (event.changes ?? [])
    .filter((change) => change.table === table && change.put)
    .map(({ put }) => ({ job: String(put![at("job")]), lease: Number(put![at("lease")]) }));
}

const isRescue = ({ action }: Event): boolean => action.startsWith("Rescue");

export class Meetings {
  private readonly slots: NonNullable<Header["slots"]>;
  private readonly intervals: Intervals;
  /** Attempts that were handed out together, and are locked together. */
  private readonly receipts = new Map<string, readonly Token[]>();
  private readonly keys: ReadonlyMap<Job, string>;

  constructor({ slots }: Header, events: readonly Event[], intervals: Intervals) {
    this.slots = slots!;
    this.intervals = intervals;
    this.keys = keysOf(events);
    for (const event of events) {
      const tokens = attemptsIn("leaseClaims", event);
      for (const token of tokens) this.receipts.set(nameOf(token), tokens);
    }
  }

  receiptOf(token: Token): readonly Token[] {
    return this.receipts.get(nameOf(token)) ?? [token];
  }

  /** What the call answers if it does not get what it tries to lock; null if it must get that. */
  turnedAway(event: Event): string | null {
    const word = turnedAwayWith(event.action);
    if (word === undefined) return null;
    return this.intervals.beside(event).some((other) => mayTurnAway(other, event)) ? word : null;
  }

  /** Whether the rescue may have passed the attempts of this receipt over. */
  mayPassOver(event: Event, receipt: readonly Token[]): boolean {
    return this.intervals.beside(event).some((other) => mayLock(other, receipt));
  }

  /**
   * A call appends to the slot that is current when it looks, and keeps that slot from being
   * truncated until it has committed, but not the ring from turning: the slots to which it
   * appended, of rings that turned meanwhile.
   */
  pins(event: Event): ReadonlyMap<RingName, Slot> {
    if (turnsRing(event)) return new Map();
    const beside = this.intervals.beside(event);
    return new Map(
      ringNames.flatMap((ring): [RingName, Slot][] => {
        const slot = slotOf(event, ring);
        if (slot === undefined) return [];
        const turned = beside.filter((other) => leaves(other, ring, slot, this.slots[ring]));
        const truncated = beside.some(
          (other) => clears(other, ring, slot) && turned.some((t) => between(other, t, event)),
        );
        return turned.length === 0 || truncated ? [] : [[ring, slot]];
      }),
    );
  }

  /**
   * A claim reads first how far its lane goes, and leaves alone what comes to it later: where the
   * lane ended before calls beside it appended to it.
   */
  tails(event: Event): readonly number[] {
    if (event.action !== "Claim") return [];
    const { lane } = event.args;
    return this.intervals.beside(event).flatMap((other) => {
      const seqs = appendedTo(lane, other);
      return seqs.length > 0 ? [Math.min(...seqs)] : [];
    });
  }

  /**
   * An enqueue is told first which keys are taken, and may then wait for the head of its lane: the
   * jobs that gave back meanwhile the keys for which it turned jobs away.
   */
  holders(event: Event): readonly Job[] {
    if (event.action !== "Enqueue") return [];
    const { keys } = this;
    const welcome = keyed(event, "put");
    const turnedAway = event.args.batch.filter((job) => keys.has(job) && !welcome.includes(job));
    const wanted = new Set(turnedAway.map((job) => keys.get(job)));
    if (wanted.size === 0) return [];
    const gone = this.intervals.beside(event).flatMap((other) => keyed(other, "drop"));
    return gone.filter((job) => wanted.has(keys.get(job)));
  }

  /** The receipts that the rescue may have passed over. */
  lockable(event: Event): readonly (readonly Token[])[] {
    if (!isRescue(event)) return [];
    const all = new Set(this.receipts.values());
    return [...all].filter((receipt) => this.mayPassOver(event, receipt));
  }
}

const turnsRing = ({ action }: Event): boolean => /^(?:Rotate|Prune)/.test(action);

/** The table with the rows that each ring's current slot is for. */
const tableOf: Readonly<Record<RingName, TableName>> = {
  queue: "readyEntries",
  claim: "leaseClaims",
  lease: "leases",
};

/** The slot to which the call appended. */
function slotOf({ changes = [] }: Event, ring: RingName): Slot | undefined {
  const put = changes.find((change) => change.table === tableOf[ring] && change.put)?.put;
  return put && Number(put[0]);
}

/** The numbers of the rows that the call appended to the lane. */
const appendedTo = (lane: Lane, { changes = [] }: Event): readonly number[] =>
  changes.flatMap(({ table, put }) =>
    table === "readyEntries" && put?.[laneAt] === lane ? [Number(put[seqAt])] : [],
  );

/** The jobs of which the call has put or dropped the unique keys. */
const keyed = ({ changes = [] }: Event, how: "put" | "drop"): readonly Job[] =>
  changes.flatMap((change) =>
    change.table === "uniqueKeys" && change[how] ? [String(change[how][0])] : [],
  );

const [laneAt, seqAt] = [columns.readyEntries.indexOf("lane"), columns.readyEntries.indexOf("seq")];

/** Whether the call turned this ring away from this slot. */
const leaves = ({ changes = [] }: Event, ring: RingName, slot: Slot, size: number): boolean =>
  changes.some(
    ({ table, put }) =>
      table === "rings" && put?.[0] === ring && (Number(put[1]) + size - 1) % size === slot,
  );

const clears = ({ changes = [] }: Event, ring: RingName, slot: Slot): boolean =>
  changes.some(({ table, clear }) => table === tableOf[ring] && clear === slot);

const between = (one: Event, first: Event, last: Event): boolean =>
  first.commit! < one.commit! && one.commit! < last.commit!;

/** They lock the claim head of their lane. */
export const headUsers: readonly string[] = ["Claim", "AdvanceClaimCursor"];
/** They lock the claim head of whatever lane the job is in. */
export const spenders: readonly string[] = ["CancelReady", "MoveReady"];

/** Whether that call may hold what this one tries to lock; rings are in everybody's way. */
function mayTurnAway(other: Event, { action, args }: Event): boolean {
  if (!headUsers.includes(action)) return true;
  if (spenders.includes(other.action)) return true;
  const { lane } = args as { readonly lane: string };
  return headUsers.includes(other.action) && (other.args as { lane: string }).lane === lane;
}

const mayLock = (other: Event, receipt: readonly Token[]): boolean =>
  isRescue(other) || jobsOf(other).some((job) => receipt.some((token) => token.job === job));
