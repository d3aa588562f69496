/** Histories written down by hand: who was told what, from when to when, at which tick. */

import type { Event, History, RecordedAction } from "../../correctness/trace/history.js";
import type { Token } from "../../src/memory/index.js";
import { header } from "./recorded.js";

export interface Call {
  readonly action: RecordedAction;
  readonly args: object;
  readonly outcome: object | null;
  readonly from: number;
  readonly to: number | null;
  readonly tick: number;
  readonly gone?: number;
}

/** Where in time a call was, and at which tick. */
export type When = readonly [from: number, to: number, tick?: number];

const call = (action: RecordedAction, args: object, outcome: object | null, when: When): Call => ({
  action,
  args,
  outcome,
  from: when[0],
  to: outcome && when[1],
  tick: when[2] ?? 0,
});

/** Nobody heard of this call again; it could do nothing more from then on, if that is known. */
export const lost = (one: Call, gone?: number): Call => ({
  ...{ ...one, outcome: null, to: null },
  ...(gone !== undefined && { gone }),
});

export const tokenOf = (name: string): Token => {
  const [job, lease] = name.split("/") as [string, string];
  return { job, lease: Number(lease) };
};

interface Arriving {
  readonly lane?: string;
  readonly key?: string;
  readonly wait?: number;
  readonly conflict?: boolean;
}

export function enqueued(job: string, when: When, arriving: Arriving = {}): Call {
  const { lane = "a", key = null, wait = 0, conflict = false } = arriving;
  const outcome = conflict ? { result: "uniqueConflict" } : { result: "enqueued", jobs: [job] };
  return call("Enqueue", { lane, batch: [job], keys: [key], wait }, outcome, when);
}

/** Of lane a; of no names, it came back empty. */
export const claimed = (names: readonly string[], when: When, deadline = 99): Call =>
  call(
    "Claim",
    { lane: "a", n: 2, deadline },
    names.length > 0 ? { result: "claimed", tokens: names.map(tokenOf) } : { result: "empty" },
    when,
  );

export const completed = (answers: Readonly<Record<string, string>>, when: When): Call =>
  call(
    "Complete",
    { tokens: Object.keys(answers).map(tokenOf) },
    { result: "answered", each: Object.values(answers) },
    when,
  );

export const rescued = (action: `Rescue${string}` & RecordedAction, name: string, when: When) =>
  call(action, { slot: 0, wait: 0 }, { result: "rescued", tokens: [tokenOf(name)] }, when);

export const withToken = (action: RecordedAction, name: string, result: string, when: When) =>
  call(action, { token: tokenOf(name), wait: 0 }, { result }, when);

export const withJob = (action: RecordedAction, job: string, result: string, when: When) =>
  call(action, { job, lane: "b" }, { result }, when);

export const cursor = (when: When) =>
  call("AdvanceClaimCursor", { lane: "a" }, { result: "noop" }, when);

/** Each call by a worker of its own, named after its place. */
export function historyOf(calls: readonly Call[]): History {
  const events = calls.map(
    ({ from, to, ...rest }, id) =>
      ({ ...rest, id, worker: `w${id}`, call: from, return: to }) as Event,
  );
  return { header, events: events.sort((a, b) => a.call - b.call) };
}
