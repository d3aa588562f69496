/**
 * The SQL twin of RescueCursor. A number is a lane of its own, whose jobs stand for its attempts
 * one after the other: the ids of all jobs of a number lie before those of the next, and the rows
 * of the first number in the last slot of the queue ring. An attempt of the module is a receipt of
 * two attempts that have one fate: its window and its budget are twice as large.
 */

import type { NamedCall, Outcome } from "../core/index.js";
import {
  inSlot,
  type CursorKey,
  type DueReceipt,
  type RescueConstants,
  type RescueState,
} from "../core/machines/rescue-pass.js";
import { tickLength, timeOf } from "./binding.js";
import type { At, FocusedTwin } from "./focused-twins.js";
import type { WorkerToken } from "./statements.js";
import { only, type Row } from "./twin.js";

type Twin = FocusedTwin<RescueState, RescueConstants>;

/** Attempts of each receipt. */
const PAIR = 2;

/** Jobs of each number: more than a way to any state claims. */
const JOBS = 8 * PAIR;

/** What a call names. */
interface Named {
  readonly id: number;
  readonly due: number;
}

const named = ({ args }: NamedCall): Named => args as Named;

/** The tokens of the number's last receipt, or some that nobody was ever given. */
function tokensOf(id: number, { state, path }: At<RescueState>): readonly WorkerToken[] {
  const claims = path.filter((call) => call.action === "Claim" && named(call).id === id).length;
  const last = Math.max(claims, 1);
  return Array.from({ length: PAIR }, (_, i) => ({
    jobId: String((id - 1) * JOBS + (last - 1) * PAIR + i + 1),
    runLease: 1,
    claimSlot: state.receipts.find((r) => r.id === id)?.slot ?? 0,
    laneId: id,
    receiptSeq: String(last * PAIR),
  }));
}

/** Dues below one without gaps: of these a state keeps the order only. */
function withoutGaps(state: RescueState): RescueState {
  const inOrder = <K extends CursorKey>(slot: number, key: K): K => {
    const keys = [...inSlot(state.receipts, slot), ...state.cursors[slot]!];
    const later = new Set(keys.map((k) => k.due).filter((d) => key.due < d && d < 1));
    return key.due < 1 ? { ...key, due: -later.size } : key;
  };
  return {
    ...state,
    receipts: state.receipts.map((r) => inOrder(r.slot, r)),
    cursors: Object.fromEntries(
      Object.entries(state.cursors).map(([i, c]) => [i, c.map((k) => inOrder(Number(i), k))]),
    ),
  };
}

/** A place in the order of a pass, as rows have it. */
interface Place {
  readonly job: number;
  /** Milliseconds. */
  readonly at: number;
}

interface Rows {
  readonly current: number;
  readonly receipts:
    | readonly (Pick<DueReceipt, "slot" | "state"> & {
        readonly job: number;
        readonly claimed: number;
        readonly deadline: number | null;
      })[]
    | null;
  readonly cursors: readonly (Readonly<Record<RescueConstants["Pass"], Place | null>> & {
    readonly slot: number;
  })[];
}

/** One of each number, if there are several. */
const queueSlots = (numbers: readonly number[]): number => Math.max(numbers.length, 2);

const place = (cursor: string): string =>
  `case when ${cursor} is not null then jsonb_build_object(
     'job', (${cursor}).job_id, 'at', extract(epoch from (${cursor}).at) * 1000) end`;

/** Written over tables alone, apart from the predicates that the passes use. */
const rows = (s: string): string => `
  select jsonb_build_object(
    'current', (select current_slot from "${s}".rings where ring = 'claim'),
    'receipts', (
      select jsonb_agg(jsonb_build_object(
        'slot', c.slot, 'job', c.job_ids[1],
        'claimed', extract(epoch from c.claimed_at) * 1000,
        'deadline', extract(epoch from c.deadline_at) * 1000,
        'state', (
          select string_agg(distinct case
            when x.outcome = 'completed' then 'finished'
            when x.outcome = 'deadlineExpired' then 'deadline_expired'
            when x.outcome is not null then x.outcome
            when exists (
              select from "${s}".receipt_completion_batches b where b.job_ids = c.job_ids)
              then 'finished'
            when exists (select from "${s}".leases l where l.job_id = j.id) then 'leased'
            else 'open' end, ' and ')
          from unnest(c.job_ids) as j (id)
          left join "${s}".lease_claim_closures x on x.slot = c.slot and x.job_id = j.id)))
      from "${s}".lease_claims c),
    'cursors', (
      select jsonb_agg(jsonb_build_object(
        'slot', slot, 'stale', ${place("stale_cursor")}, 'deadline', ${place("deadline_cursor")}))
      from "${s}".claim_slots)) as answer`;

const statements: Twin["statements"] = (call, at, { sql, constants }) => {
  const { Pass, DueAfter, Window, Budget } = constants;
  const { id, due } = named(call);
  const [now, later] = [timeOf(at.tick), (ticks: number) => timeOf(at.tick + ticks)];
  // A window takes its first receipt whole, even if that has more attempts.
  const window = Pass === "stale" && Window === 1 ? 1 : PAIR * Window;
  const limits = { window, budget: PAIR * Budget };
  switch (call.action) {
    case "Claim":
      return [sql.claim(id, PAIR, Pass === "deadline" ? later(due) : null, now)];
    case "Materialise":
      return [sql.parkForCallback(tokensOf(id, at), later(1), now)];
    case "Finish":
      return [sql.resumeCallback(tokensOf(id, at), now), sql.complete(tokensOf(id, at), now)];
    case "Rescue":
      return Pass === "stale"
        ? [sql.rescueStaleReceiptsPass(later(1 - DueAfter[0]!), limits, now)]
        : [sql.rescueExpiredDeadlinesPass(limits, now)];
    case "PruneClaims":
      return [sql.pruneClaims(now)];
    default:
      return [sql.rotateClaims(now)];
  }
};

/** What the module calls the answers about one attempt. */
const words: Readonly<Record<string, string>> = {
  parked: "materialised",
  waiting: "stale",
  completed: "finished",
};

function outcomeOf(found: readonly Row[], action: string): Outcome {
  if (action === "Claim") return { result: found.length === PAIR ? "claimed" : "notClaimable" };
  if (action === "Rescue") return { result: found.length > 0 ? "rescued" : "noop" };
  if (action === "Materialise" || action === "Finish") {
    const said = new Set(only(found) as string[]);
    return { result: [...said].map((word) => words[word] ?? word).join(" and ") };
  }
  const { which: _, ...outcome } = only(found) as Outcome;
  return outcome;
}

const read: Twin["read"] = ([row], tick, { Pass, DueAfter }) => {
  const { current, receipts, cursors } = only([row!]) as Rows;
  const left = (at: number) => (at - timeOf(tick).getTime()) / tickLength;
  const due = (at: number) => left(at) + (Pass === "stale" ? DueAfter[0]! : 0);
  const id = (job: number) => Math.ceil(job / JOBS);
  const other = Pass === "stale" ? "deadline" : "stale";
  return withoutGaps({
    current,
    receipts: (receipts ?? []).map(({ slot, state, job, claimed, deadline }) => ({
      ...{ slot, state, id: id(job) },
      due: due(Pass === "stale" ? claimed : deadline!),
    })),
    cursors: Object.fromEntries(
      cursors.flatMap(({ slot, ...of }) => [
        [slot, of[Pass] ? [{ due: due(of[Pass].at), id: id(of[Pass].job) }] : []],
        ...(of[other] ? [[`${other} ${slot}`, []]] : []),
      ]),
    ),
  });
};

export const rescueCursorTwin: Twin = {
  stored: ["current", "receipts", "cursors"],
  clock: "Tick",
  answers: {
    Claim: ["claimed"],
    Materialise: ["materialised", "stale"],
    Finish: ["finished", "stale"],
    Rescue: ["rescued", "noop"],
    PruneClaims: ["pruned", "noop", "skippedActive claimOpen"],
    RotateClaims: ["rotated", "skippedBusy"],
  },
  start: {
    slots: ({ Slots, Receipts }) => ({ claimSlots: Slots, queueSlots: queueSlots(Receipts) }),
    statements: ({ sql, constants: { Receipts, Slots } }) => [
      ...Receipts.map((id) => sql.ensureLane("mail", id, 0)),
      ...Array.from({ length: queueSlots(Receipts) - 1 }, () => sql.rotateQueue(timeOf(0))),
      ...Receipts.flatMap((id) => [
        sql.enqueue(id, Array(JOBS).fill({}), timeOf(0), timeOf(0)),
        sql.rotateQueue(timeOf(0)),
      ]),
      ...Array.from({ length: Slots }, () => sql.rotateClaims(timeOf(0))),
    ],
  },
  /** In the module a claim takes the place of a closed receipt, which Postgres keeps. */
  possible: ({ receipts }, call) =>
    call.action !== "Claim" || receipts.every((r) => r.id !== named(call).id),
  statements,
  answer: (found, { action }) => ({ outcome: outcomeOf(found, action), known: {} }),
  rows,
  shown: withoutGaps,
  read,
  strangers: () => [],
};
