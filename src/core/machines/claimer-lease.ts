/** Dispatch slots of one queue, twin of ClaimerLease.tla. */

import type { FocusedAction, FocusedModel } from "./focused.js";

export interface ClaimerConstants {
  readonly Owners: readonly string[];
  readonly Slots: number;
  readonly IdleThreshold: number;
  readonly Ttl: number;
  readonly MaxEpoch: number;
}

/** A leased slot; `idle` and `left` are ticks since the recorded claim, and until expiry. */
export interface ClaimerRow {
  readonly slot: number;
  readonly owner: string;
  readonly epoch: number;
  readonly idle: number;
  readonly left: number;
}

/** What an instance believes it leases. */
export interface Holding {
  readonly owner: string;
  readonly slot: number;
  readonly epoch: number;
}

export interface ClaimerState {
  readonly leases: readonly ClaimerRow[];
  readonly holds: readonly Holding[];
  readonly since: Readonly<Record<string, number>>;
}

type Constants = ClaimerConstants;
type OwnerAction = FocusedAction<ClaimerState, Constants, { readonly owner: string }>;

const half = (n: number): number => Math.floor(n / 2);

/** Both halves: a recorded claim that is too old, and an expiry that is too near. */
const noLongerSafelyFresh = (row: ClaimerRow, { IdleThreshold, Ttl }: Constants): boolean =>
  row.idle >= half(IdleThreshold) || row.left <= half(Ttl);

const lowest = <T extends { readonly slot: number }>(rows: readonly T[]): T | undefined =>
  rows.reduce<T | undefined>((low, row) => (low && low.slot <= row.slot ? low : row), undefined);

/** The row of the slot that an instance without one takes: free, else expired, else idle. */
function takes({ leases }: ClaimerState, { Slots, IdleThreshold }: Constants) {
  const all = Array.from({ length: Slots }, (_, slot) => slot);
  const free = all.find((slot) => leases.every((r) => r.slot !== slot));
  if (free !== undefined) return { slot: free, row: null };
  const row =
    lowest(leases.filter((r) => r.left === 0)) ??
    lowest(leases.filter((r) => r.idle >= IdleThreshold));
  return row && { slot: row.slot, row };
}

/** The lease that an instance believes it holds, while it does. */
const rowOf = ({ leases }: ClaimerState, h: Holding): ClaimerRow | undefined =>
  leases.find((r) => r.slot === h.slot && r.owner === h.owner && r.epoch === h.epoch);

const held = (state: ClaimerState, holding: Holding): ClaimerState["holds"] => [
  ...state.holds.filter((h) => h.owner !== holding.owner),
  holding,
];

const owners = ({ Owners }: Constants) => Owners.map((owner) => ({ owner }));

/** An instance keeps its own unexpired slot, or takes one; a taken slot counts as just used. */
const Acquire: OwnerAction = {
  candidates: owners,
  step(state, { owner }, constants) {
    const own = lowest(state.leases.filter((r) => r.owner === owner && r.left > 0));
    if (own) {
      const holding = { owner, slot: own.slot, epoch: own.epoch };
      const known = state.holds.some((h) => h.owner === owner && h.slot === own.slot);
      const next = known ? state : { ...state, holds: held(state, holding) };
      return { outcome: { result: "kept" }, state: next };
    }
    const taken = takes(state, constants);
    if (!taken) return { outcome: { result: "full" }, state };
    const { slot, row: old } = taken;
    const epoch = old === null ? 1 : old.owner === owner ? old.epoch : old.epoch + 1;
    const row = { slot, owner, epoch, idle: 0, left: constants.Ttl };
    const leases = [...state.leases.filter((r) => r.slot !== slot), row];
    const holds = held(state, { owner, slot, epoch });
    return { outcome: { result: "acquired" }, state: { ...state, leases, holds } };
  },
};

/** After a claim that returned jobs: refreshes a lease that is no longer safely fresh. */
const Claimed: OwnerAction = {
  candidates: owners,
  step(state, { owner }, constants) {
    const mine = state.holds.find((h) => h.owner === owner);
    if (!mine) return { outcome: { result: "notHeld" }, state };
    const row = rowOf(state, mine);
    if (!row) {
      const holds = state.holds.filter((h) => h !== mine);
      return { outcome: { result: "superseded" }, state: { ...state, holds } };
    }
    const since = { ...state.since, [owner]: 0 };
    if (!noLongerSafelyFresh(row, constants))
      return { outcome: { result: "fresh" }, state: { ...state, since } };
    const refreshed = { ...row, idle: 0, left: constants.Ttl };
    const leases = [...state.leases.filter((r) => r !== row), refreshed];
    return { outcome: { result: "refreshed" }, state: { ...state, leases, since } };
  },
};

const Tick: FocusedAction<ClaimerState, Constants> = {
  candidates: () => [{}],
  step(state, _args, { IdleThreshold }) {
    const older = (ticks: number) => Math.min(ticks + 1, IdleThreshold);
    const leases = state.leases.map((r) => ({
      ...r,
      idle: older(r.idle),
      left: Math.max(r.left - 1, 0),
    }));
    const since = Object.fromEntries(Object.entries(state.since).map(([o, t]) => [o, older(t)]));
    return { outcome: { result: "passed" }, state: { ...state, leases, since } };
  },
};

/** No two of the rows are about the same thing. */
const distinct = <T>(rows: readonly T[], about: (row: T) => string): boolean =>
  new Set(rows.map(about)).size === rows.length;

export const claimerLease: FocusedModel<ClaimerState, Constants> = {
  initial: ({ Owners, IdleThreshold }) => ({
    leases: [],
    holds: [],
    since: Object.fromEntries(Owners.map((owner) => [owner, IdleThreshold])),
  }),
  actions: { Acquire, Claimed, Tick },
  inBounds: ({ leases }, { MaxEpoch }) => leases.every((r) => r.epoch <= MaxEpoch),
  invariants: {
    OneOwnerPerSlot: {
      loss: "two instances dispatch from one slot, and the queue's concurrency limit is a lie",
      holds: ({ leases }) => distinct(leases, (r) => `${r.slot}`),
    },
    OneHolderPerEpoch: {
      loss: "an instance that lost its slot cannot be told from the one that holds it now",
      holds: ({ holds }) => distinct(holds, (h) => `${h.slot}/${h.epoch}`),
    },
  },
  stepProperties: {
    ActiveKeepsItsSlot: {
      loss: "an instance that is busy claiming loses its slot to a peer, and both stall",
      holds: (before, after, { IdleThreshold, Ttl }) =>
        before.holds
          .filter((h) => rowOf(before, h) && after.leases.some(lostTo(h)))
          .every((h) => before.since[h.owner]! >= Math.min(half(IdleThreshold), half(Ttl))),
    },
    EpochsGrow: {
      loss: "a superseded instance writes into a lease that is no longer its own",
      holds: (before, after) =>
        sameSlots(before, after).every(
          ([was, is]) => is.epoch === was.epoch + (is.owner === was.owner ? 0 : 1),
        ),
    },
  },
};

const sameSlots = (before: ClaimerState, after: ClaimerState) =>
  before.leases.flatMap((was) =>
    after.leases.filter((is) => is.slot === was.slot).map((is) => [was, is] as const),
  );

const lostTo =
  (h: Holding) =>
  (r: ClaimerRow): boolean =>
    r.slot === h.slot && r.owner !== h.owner;
