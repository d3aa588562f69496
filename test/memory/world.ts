/** One state with a job in every place, each named after it. It is tick 2 there. */

import {
  answer,
  initial,
  NO_DEADLINE,
  type ContractState,
  type Operation,
} from "../../src/memory/index.js";

const enqueue = (lane: string, wait: number, ...batch: string[]): Operation => ({
  action: "Enqueue",
  args: { lane, batch, wait },
});

const claim = (n: number, deadline = NO_DEADLINE): Operation => ({
  action: "Claim",
  args: { lane: "a", n, deadline },
});

const first = (job: string) => ({ job, lease: 1 });
const tick: Operation = { action: "PassTime", args: {} };

const park = (job: string, lease = 1): Operation => ({
  action: "ParkForCallback",
  args: { token: { job, lease } },
});

const retry = (job: string): Operation => ({
  action: "Retry",
  args: { token: first(job), wait: 0 },
});

const promote = (job: string): Operation => ({ action: "PromoteDeferred", args: { job } });

/** Everything that happens before the first tick. */
const early: readonly Operation[] = [
  enqueue("a", 0, "silent", "done", "dead", "gone", "failed", "withdrawn"),
  enqueue("a", 0, "busy", "worn", "patient"),
  enqueue("a", 1, "due"),
  claim(9),
  { action: "Complete", args: { tokens: [first("done"), first("gone")] } },
  { action: "DiscardTerminal", args: { job: "gone" } },
  { action: "FailToDlq", args: { token: first("dead") } },
  { action: "Fail", args: { token: first("failed") } },
  { action: "CancelRunning", args: { job: "withdrawn" } },
  retry("busy"),
  retry("worn"),
  { action: "Snooze", args: { token: first("patient"), wait: 0 } },
  promote("worn"),
  promote("patient"),
  claim(2),
  enqueue("a", 0, "expired", "overdue"),
  claim(2, 1),
  park("worn", 2),
  park("patient", 2),
  park("overdue"),
];

const late: readonly Operation[] = [
  promote("busy"),
  claim(1, 2),
  enqueue("a", 0, "parked"),
  claim(1),
  park("parked"),
  enqueue("a", 0, "ready", "cancelled", "next"),
  enqueue("b", 0, "elsewhere"),
  enqueue("a", 3, "later"),
  { action: "CancelReady", args: { job: "cancelled" } },
];

/** A job that carries the key `k`, and what becomes of it. */
const keyed = (job: string, ...end: Operation[]): readonly Operation[] => [
  { action: "Enqueue", args: { lane: "k", batch: [job], keys: ["k"], wait: 0 } },
  ...(end.length > 0 ? [{ action: "Claim", args: { lane: "k", n: 1, deadline: 9 } } as const] : []),
  ...end,
];

/** `holder` holds the key that `outcast` and `buried` carry, too. */
const rivals: readonly Operation[] = [
  ...keyed("outcast", { action: "Fail", args: { token: first("outcast") } }),
  ...keyed("buried", { action: "FailToDlq", args: { token: first("buried") } }),
  ...keyed("holder"),
];

/** `expired` lets itself be heard of after the first tick. */
const history: readonly Operation[] = [
  ...early,
  tick,
  { action: "Heartbeat", args: { token: first("expired") } },
  tick,
  ...late,
  ...rivals,
];

/** The state after these operations, each answered by the default queue. */
export const after = (state: ContractState, operations: readonly Operation[]): ContractState =>
  operations.reduce((now, operation) => answer(now, operation).state, state);

export const world = after(
  initial({ staleAfter: 2, callbackWait: 2, maxAttempts: 2, failedFloor: 0 }),
  history,
);
