/** The SQL twin of ClaimerLease: its rows, and what each instance believes it leases. */

import type { ClaimerConstants, ClaimerState, Holding } from "../core/machines/claimer-lease.js";
import type { AcquireOutcome, ClaimerTerms } from "./answers.js";
import { tickLength, timeOf } from "./binding.js";
import type { FocusedTwin } from "./focused-twins.js";
import { only } from "./twin.js";

const queue = "mail";

/** Another queue, whose one lease nobody touches. */
const elsewhere = "news";

/** Half a threshold is a whole number of ticks where the threshold is even. */
const termsOf = ({ Slots, Ttl, IdleThreshold }: ClaimerConstants): ClaimerTerms => ({
  slots: Slots,
  ttl: Ttl * tickLength,
  idle: IdleThreshold * tickLength,
});

const heldBy = ({ holds }: ClaimerState, owner: string): Holding | undefined =>
  holds.find((h) => h.owner === owner);

const others = ({ holds }: ClaimerState, owner: string): Holding[] =>
  holds.filter((h) => h.owner !== owner);

/** Every slot and epoch that the owner could present, and one more of each, and nothing. */
const presented = ({ Slots, MaxEpoch }: ClaimerConstants, owner: string): Holding[][] => [
  [],
  ...Array.from({ length: Slots + 1 }, (_, slot) =>
    Array.from({ length: MaxEpoch + 2 }, (__, epoch) => [{ owner, slot, epoch }]),
  ).flat(),
];

/** In the order of the select list. */
interface LeaseRow {
  readonly queue: string;
  readonly slot: number;
  readonly owner: string;
  readonly epoch: string;
  readonly claimed: number;
  readonly expires: number;
}

/** The lease elsewhere is as it was at the start, in whatever slot. */
const untouched = (row: LeaseRow, { Owners, Ttl }: ClaimerConstants): boolean =>
  row.queue === elsewhere &&
  row.owner === Owners[0] &&
  row.epoch === "1" &&
  row.claimed === timeOf(0).getTime() &&
  row.expires === timeOf(Ttl).getTime();

export const claimerTwin: FocusedTwin<ClaimerState, ClaimerConstants> = {
  stored: ["leases"],
  clock: "Tick",
  answers: {
    Acquire: ["kept", "acquired", "full"],
    Claimed: ["notHeld", "superseded", "fresh", "refreshed"],
  },
  start: {
    slots: () => ({ claimSlots: 2 }),
    statements: ({ sql, constants }) => [
      sql.acquireClaimer(
        { queue: elsewhere, owner: constants.Owners[0]! },
        termsOf(constants),
        timeOf(0),
      ),
    ],
  },
  statements({ action, args }, { state, tick }, { sql, constants }) {
    const by = { queue, owner: (args as { owner: string }).owner };
    const [terms, now] = [termsOf(constants), timeOf(tick)];
    return action === "Acquire"
      ? [sql.acquireClaimer(by, terms, now)]
      : [sql.claimerClaimed(by, heldBy(state, by.owner) ?? null, terms, now)];
  },
  answer(rows, { action, args }, state) {
    const { owner } = args as { owner: string };
    if (action === "Acquire") {
      const told = only(rows) as AcquireOutcome;
      if (told.result === "full") return { outcome: told, known: { holds: state.holds } };
      const { result, ...place } = told;
      return {
        outcome: { result },
        known: { holds: [...others(state, owner), { owner, ...place }] },
      };
    }
    const result = only(rows) as string;
    const holds = result === "superseded" ? others(state, owner) : state.holds;
    return { outcome: { result }, known: { holds } };
  },
  rows: (schema) =>
    `select queue, claimer_slot as slot, owner, lease_epoch as epoch,
       extract(epoch from last_claimed_at)::float8 * 1000 as claimed,
       extract(epoch from expires_at)::float8 * 1000 as expires
     from "${schema}".queue_claimer_leases`,
  read(rows, tick, constants) {
    const ticksTo = (at: number) => (at - timeOf(tick).getTime()) / tickLength;
    const some = (rows as unknown as LeaseRow[]).filter((row) => !untouched(row, constants));
    const leases = some.map(({ slot, owner, epoch, claimed, expires }) => {
      const idle = Math.min(-ticksTo(claimed), constants.IdleThreshold);
      return { slot, owner, epoch: Number(epoch), idle, left: Math.max(ticksTo(expires), 0) };
    });
    return { leases };
  },
  strangers: (state, constants) =>
    constants.Owners.flatMap((owner) =>
      presented(constants, owner).map((held) => ({
        state: { ...state, holds: [...others(state, owner), ...held] },
        call: { action: "Claimed", args: { owner } },
      })),
    ),
};
