/** One state with a job in every place, each named after it. It is tick 2 there. */

import { answer, initial, type ContractState, type Operation } from "../../src/memory/index.js";

const enqueue = (lane: string, wait: number, ...batch: string[]): Operation => ({
  action: "Enqueue",
  args: { lane, batch, wait },
});

const first = (job: string) => ({ job, lease: 1 });

const history: readonly Operation[] = [
  enqueue("a", 0, "silent", "done", "dead", "gone", "busy"),
  enqueue("a", 1, "due"),
  { action: "Claim", args: { lane: "a", n: 5 } },
  { action: "CompleteFast", args: { tokens: [first("done"), first("gone")] } },
  { action: "DiscardTerminal", args: { job: "gone" } },
  { action: "FailToDlq", args: { token: first("dead") } },
  { action: "Retry", args: { token: first("busy"), wait: 0 } },
  { action: "PromoteDeferred", args: { job: "busy" } },
  { action: "PassTime", args: {} },
  { action: "PassTime", args: {} },
  { action: "Claim", args: { lane: "a", n: 1 } },
  enqueue("a", 0, "ready", "cancelled", "next"),
  enqueue("b", 0, "elsewhere"),
  enqueue("a", 3, "later"),
  { action: "CancelReady", args: { job: "cancelled" } },
];

/** The state after these operations, each answered by the default queue. */
export const after = (state: ContractState, operations: readonly Operation[]): ContractState =>
  operations.reduce((now, operation) => answer(now, operation).state, state);

export const world = after(initial({ staleAfter: 2 }), history);
