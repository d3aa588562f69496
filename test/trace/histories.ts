/** Histories of the core itself: random runs, one call after the other, and then side by side. */

import fc from "fast-check";
import {
  columns,
  initialState,
  keyOf,
  NONE,
  step,
  tableNames,
  type Call,
  type Db,
  type Scope,
} from "../../src/core/index.js";
import { Runs, type Choice } from "../../correctness/lockstep/choices.js";
import { resolve } from "../../correctness/lockstep/calls.js";
import { smallScope } from "../../correctness/lockstep/claim.js";
import type { Cells, Change, Event, Header, History } from "../../correctness/trace/history.js";
import { overlap } from "../../correctness/trace/intervals.js";
import { inEachOthersWay } from "../../correctness/trace/rows.js";

export const scope: Scope = { ...smallScope, lanes: ["a", "b"] };

export const header: Header = {
  ringproof: 1,
  storage: "core",
  lanes: [...scope.lanes],
  limits: {
    staleAfter: scope.staleAfter,
    callbackWait: scope.callbackWait,
    maxAttempts: scope.maxAttempts,
    failedFloor: scope.failedFloor,
  },
  slots: { queue: scope.queueSlots, claim: scope.claimSlots, lease: scope.leaseSlots },
};

/** A row with points in time where the model has spans. */
const cellsOf = (names: readonly string[], row: object, tick: number): Cells =>
  names.map((name) => {
    const value = (row as Record<string, string | number>)[name]!;
    if (value === NONE && (name === "left" || name === "beat")) return null;
    if (name === "age" || name === "beat") return tick - Number(value);
    return name === "wait" || name === "left" ? tick + Number(value) : value;
  });

function changesOf(before: Db, after: Db, tick: number): Change[] {
  const rows = tableNames.flatMap((table) => {
    const [was, is]: [readonly object[], readonly object[]] = [before[table], after[table]];
    const cells = (row: object) => cellsOf(columns[table], row, tick);
    return [
      ...was.filter((row) => !is.includes(row)).map((row) => ({ table, drop: cells(row) })),
      ...is.filter((row) => !was.includes(row)).map((row) => ({ table, put: cells(row) })),
    ];
  });
  const rings = Object.entries(after.rings)
    .filter(([name, { cur, init }]) => {
      const ring = before.rings[name as keyof Db["rings"]];
      return ring.cur !== cur || ring.init !== init;
    })
    .map(([name, { cur, init }]) => ({ table: "rings", put: [name, cur, init] }));
  const heads = Object.entries(after.laneHeads).flatMap(([lane, { next, cursor }]) => {
    const head = before.laneHeads[lane]!;
    return [
      ...(head.next === next ? [] : [{ table: "laneNext", put: [lane, next] }]),
      ...(head.cursor === cursor ? [] : [{ table: "laneCursor", put: [lane, cursor] }]),
    ];
  });
  return [...rows, ...rings, ...heads];
}

const withKeys = ({ action, args }: Call) =>
  action === "Enqueue"
    ? { action, args: { ...args, keys: args.batch.map((job) => keyOf(scope, job)) } }
    : { action, args };

/** Each call at a moment of its own: event n from 10 n to 10 n + 1. */
export function sequential(choices: readonly Choice[]): readonly Event[] {
  let state = initialState(scope);
  let tick = 0;
  const events: Event[] = [];
  for (const choice of choices) {
    const attempt = resolve(choice, state, scope);
    for (const args of attempt?.list ?? []) {
      const call = { action: attempt!.action, args } as Call;
      const { outcome, state: after } = step(state, call, scope);
      const changes = changesOf(state.db, after.db, tick);
      state = after;
      if (call.action === "PassTime") tick++;
      if (call.action === "PassTime" || call.action === "ForgetToken") continue;
      const id = events.length;
      const times = { tick, call: 10 * id, return: 10 * id + 1, commit: id };
      events.push({ id, worker: "w1", ...times, outcome, changes, ...withKeys(call) } as Event);
    }
  }
  return events;
}

/** How much longer each call takes than its moment, in calls of others, before and after. */
export type Stretches = readonly (readonly [before: number, after: number])[];

/** The same calls by several workers: each begins after the one before of its worker ended. */
export function sideBySide(events: readonly Event[], workers: number, by: Stretches): History {
  const ends = new Map<string, number>();
  const stretched = events.map((event, i): Event => {
    const worker = `w${1 + (i % workers)}`;
    const [before, after] = by[i % by.length]!;
    const start = ends.get(worker) ?? -1;
    const call = Math.max(start + 1, event.call - 10 * before);
    const next = events.findIndex((_, j) => j > i && j % workers === i % workers);
    const latest = next < 0 ? Infinity : events[next]!.call - 2;
    const end = Math.max(event.return!, Math.min(event.return! + 10 * after, latest));
    ends.set(worker, end);
    return { ...event, worker, call, return: end };
  });
  return { header, events: [...stretched].sort((a, b) => a.call - b.call) };
}

export const runs = new Runs(300).map(sequential);

export const histories: fc.Arbitrary<History> = fc
  .record({
    events: runs,
    workers: fc.integer({ min: 1, max: 6 }),
    by: fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { minLength: 7, maxLength: 7 }),
    swaps: fc.array(fc.nat(), { maxLength: 400 }),
  })
  .map(({ events, workers, by, swaps }) => recommitted(sideBySide(events, workers, by), swaps));

/** Commits in another order where nobody can tell: calls at the same time, about other rows. */
export function recommitted({ header, events }: History, swaps: readonly number[]): History {
  const order = events.toSorted((a, b) => a.commit! - b.commit!);
  for (const swap of swaps) {
    const at = swap % Math.max(1, order.length - 1);
    const [first, second] = [order[at], order[at + 1]];
    if (!first || !second || !overlap(first, second)) continue;
    if (inEachOthersWay(first.changes ?? [], second.changes ?? [])) continue;
    order.splice(at, 2, second, first);
  }
  const commits = new Map(order.map(({ id }, i) => [id, i]));
  return { header, events: events.map((event) => ({ ...event, commit: commits.get(event.id)! })) };
}
