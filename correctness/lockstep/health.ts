/**
 * What health shows, read a second time: from the rows of the core, by its predicates. One line per
 * pin, in the order in which they come; then, sorted, one per queue and state, queue, ring, and
 * lane in which a job waits.
 */

import {
  claimRingTables,
  closedExplicitly,
  leaseOf,
  nextSlot,
  occupied,
  oldestSlot,
  openReceipts,
  pending,
  queueRingTables,
  ringNames,
  silence,
  waiting,
  type Db,
  type Job,
  type LeaseClaim,
  type RingName,
  type Scope,
  type Slot,
} from "../../src/core/index.js";
import { idOf, type Binding } from "../../src/postgres/binding.js";
import { placeOfLane } from "../conform/lane-names.js";
import { partitions } from "../conform/partitions.js";
import { factsWithLanes } from "../conform/unmodelled.js";
import { grouped } from "../grouped.js";
import { waitingSince, type Since } from "./by-queue.js";
import { countText, metricText, pinText, ringText, sinceText, type Pin } from "./health-shown.js";

/** A lock that another session has, as a line of health tells it. */
export interface Held {
  readonly relation: string;
  readonly what: string;
  readonly remedy: string;
}

/** What Postgres showed, and what must be known beside the rows to say whether it is right. */
export interface Health {
  readonly shown: readonly string[];
  readonly binding: Binding;
  /** Since when rows have been in their lanes, which the model has no column for. */
  readonly since: Since;
  readonly held: readonly Held[];
}

const distinct = (values: readonly (string | number)[]): string =>
  [...new Set(values.map(String))].sort().join(", ");

/** Rows by what they have in common, in the order of that. */
const sorted = <T>(rows: readonly T[], keyOf: (row: T) => string) =>
  [...grouped(rows, keyOf)].sort(([a], [b]) => (a < b ? -1 : 1));

/** What would end an open attempt, at the latest. */
function endOf(db: Db, receipt: LeaseClaim, { staleAfter }: Scope): keyof typeof endings {
  if (receipt.left === 0) return "expiredDeadline";
  const lease = leaseOf(db, receipt);
  if (lease?.state === "waiting") return lease.left === 0 ? "callbackTimeout" : "callbackWait";
  return (lease?.beat ?? silence(db, receipt)) < staleAfter ? "longAttempt" : "staleAttempt";
}

const endings = {
  expiredDeadline: "rescue_expired_deadlines, rescue_expired_lease_deadlines",
  callbackTimeout: "rescue_callback_timeouts",
  callbackWait: "resume_callback, or cancel_running; else wait for the timeout",
  staleAttempt: "rescue_stale_receipts, rescue_stale_leases",
  longAttempt: "wait for the worker, or cancel_running",
} as const;

function claimPins(db: Db, slot: Slot, b: Binding, scope: Scope): readonly Pin[] {
  const open = openReceipts(db).filter((c) => c.slot === slot);
  const least = (some: readonly { readonly job: Job }[]) =>
    Math.min(...some.map(({ job }) => Number(idOf(b, job))));
  return sorted(open, (c) => endOf(db, c, scope)).map(([pin, some]) => [
    pin,
    `${some.length} open attempts, among them that of job ${least(some)}`,
    endings[pin as keyof typeof endings],
  ]);
}

function leasePins(db: Db, slot: Slot): readonly Pin[] {
  const live = db.leases.filter((l) => l.slot === slot).length;
  const what = `${live} lease-managed attempts`;
  return live > 0 ? [["leaseLive", what, "see the claim ring: they must end"]] : [];
}

function queuePins(db: Db, slot: Slot, b: Binding): readonly Pin[] {
  const claims = db.leaseClaims.filter((c) => c.ready === slot);
  const leases = claims.filter((c) => leaseOf(db, c)).length;
  const refs = claims.filter((c) => !closedExplicitly(db, c));
  const ready = pending(db).filter((r) => r.slot === slot);
  const slots = distinct(refs.map((c) => c.slot));
  const lanes = distinct(ready.map((r) => b.laneIds.get(r.lane)!));
  const pins: readonly (readonly [count: number, ...Pin])[] = [
    [
      leases,
      "queueActiveLeases",
      "lease-managed attempts of its jobs",
      "see the claim ring: their attempts must end",
    ],
    [
      refs.length,
      "queueUnclosedClaimRefs",
      `receipts in claim slots ${slots} rely on its evidence`,
      "prune_claims until those slots are empty",
    ],
    [
      ready.length,
      "queuePendingReady",
      `jobs are ready in lanes ${lanes}`,
      "claim them, cancel_ready, or move_ready",
    ],
  ];
  return pins
    .filter(([count]) => count > 0)
    .map(([count, pin, what, remedy]) => [pin, `${count} ${what}`, remedy]);
}

/** Whether the slot that comes next is not free: then the ring cannot turn. */
function full(db: Db, ring: RingName, scope: Scope): boolean {
  const size = scope[`${ring}Slots`];
  if (ring === "lease") return db.rings.lease.init === size;
  const tables = ring === "queue" ? queueRingTables : claimRingTables;
  return occupied(db, tables, nextSlot(db.rings[ring], size)).length > 0;
}

function pinsOf(ring: RingName, db: Db, { binding, held }: Health, scope: Scope): string[] {
  const { [ring]: cursor } = db.rings;
  if (cursor.init === 1) return [];
  const slot = oldestSlot(cursor, scope[`${ring}Slots`]);
  const own = partitions(ring, slot);
  const readers = held.filter(({ relation }) => own.includes(relation)).sort(byWhat);
  const pins = {
    claim: () => claimPins(db, slot, binding, scope),
    lease: () => leasePins(db, slot),
    queue: () => queuePins(db, slot, binding),
  }[ring]();
  const prune = `prune_${ring}${ring === "queue" ? "" : "s"}`;
  return [
    ...readers.map(({ what, remedy }) => pinText(ring, slot, "reader", what, remedy)),
    ...pins.map((pin) => pinText(ring, slot, ...pin)),
    ...(full(db, ring, scope)
      ? [pinText(ring, slot, "nextSlotFull", "the ring cannot turn", prune)]
      : []),
  ];
}

const byWhat = (a: Held, b: Held): number => (a.what < b.what ? -1 : 1);

function countLines(db: Db): string[] {
  const named = <T extends { readonly lane: string }>(rows: readonly T[], state: string) =>
    rows.map(({ lane }) => ({ lane, state }));
  const open = openReceipts(db);
  const all = [
    ...named(pending(db), "ready"),
    ...named(db.deferredJobs, "deferred"),
    ...named(db.dlqEntries, "dead"),
    ...open.map((c) => ({ lane: c.lane, state: waiting(db, c) ? "waiting" : "running" })),
    ...factsWithLanes(db),
  ];
  return sorted(all, ({ lane }) => placeOfLane(lane).queue).flatMap(([queue, own]) =>
    sorted(own, ({ state }) => state).map(([state, some]) => countText(queue, state, some.length)),
  );
}

function metricLines(db: Db, { lanes }: Scope): string[] {
  return sorted(lanes, (lane) => placeOfLane(lane).queue).map(([queue, own]) => {
    const heads = own.map((lane) => db.laneHeads[lane]!);
    const backlog = heads.reduce((sum, { next, cursor }) => sum + next - cursor, 0);
    const count = (rows: readonly { readonly lane: string }[]) =>
      rows.filter(({ lane }) => own.includes(lane)).length;
    return metricText(queue, backlog, count(db.deferredJobs), count(db.dlqEntries));
  });
}

/** What health must show of these rows. */
export function expectedHealth(db: Db, health: Health, scope: Scope): readonly string[] {
  const rings = ringNames.map((ring) => {
    const { cur, init } = db.rings[ring];
    return ringText(ring, scope[`${ring}Slots`], cur, init);
  });
  const since = [...waitingSince(db, health.since)].map(([lane, tick]) => sinceText(lane, tick));
  const figures = [...countLines(db), ...metricLines(db, scope), ...rings, ...since];
  const pins = ringNames.toSorted().flatMap((ring) => pinsOf(ring, db, health, scope));
  return [...pins, ...figures.sort()];
}
