/** The words in which the tables of answers are written: calls, ways to a state, and answers. */

import {
  NONE,
  type ActionName,
  type ArgsOf,
  type Call,
  type Outcome,
  type Scope,
} from "../../../src/core/index.js";

export const scope: Scope = {
  jobs: ["j1", "j2", "j3", "k1", "k2"],
  lanes: ["a", "b"],
  queueSlots: 2,
  claimSlots: 2,
  leaseSlots: 2,
  leases: [1, 2],
  maxBatch: 2,
  maxWait: 1,
  deadlines: [1, NONE],
  callbackWait: 1,
  staleAfter: 1,
  maxAttempts: 2,
  failedFloor: 0,
  sameKey: [["k1", "k2"]],
  maxSeq: 9,
  enabled: [],
};

/** What was done before; the arguments of the call; what it is answered. */
export type Row<N extends ActionName> = readonly [
  when: string,
  done: readonly Call[],
  args: ArgsOf<N>,
  outcome: Outcome,
];

/** The rows of some of the actions. */
export type Rows<N extends ActionName> = { readonly [A in N]: readonly Row<A>[] };

export const call = <N extends ActionName>(action: N, args: ArgsOf<N>) =>
  ({ action, args }) as Call;
export const first = { job: "j1", lease: 1 };
export const again = { job: "j1", lease: 2 };
export const second = { job: "j2", lease: 1 };
export const one = { token: first };
export const job = (name: string) => ({ job: name });

export const claimOf = (n = 1, lane = "a", deadline = NONE) => ({ lane, n, deadline });

export const enqueue = (...batch: string[]) => call("Enqueue", { lane: "a", batch, wait: 0 });
export const defer = (wait: number) => call("Enqueue", { lane: "a", batch: ["j1"], wait });
export const claim = (n = 1) => call("Claim", claimOf(n));
export const claimUntil = (deadline: number) => call("Claim", claimOf(1, "a", deadline));
export const beat = call("Heartbeat", one);
export const park = call("ParkForCallback", one);
export const resume = call("ResumeCallback", one);
export const complete = call("CompleteFast", { tokens: [first] });
export const retry = call("Retry", { token: first, wait: 1 });
export const fail = call("Fail", one);
export const failToDlq = call("FailToDlq", one);
export const rescue = call("RescueStaleReceipts", { slot: 0 });
export const discard = call("DiscardTerminal", job("j1"));
export const cancel = call("CancelReady", job("j1"));
export const cancelRunning = call("CancelRunning", job("j1"));
export const readmit = call("RetryFromDlq", job("j1"));
export const rotateQueue = call("RotateQueue", {});
export const rotateClaims = call("RotateClaims", {});
export const rotateLeases = call("RotateLeases", {});
export const pruneClaims = call("PruneClaims", {});
export const tick = call("PassTime", {});
export const promote = call("PromoteDeferred", job("j1"));

export const says = (result: string): Outcome => ({ result });
export const active = (reason: string): Outcome => ({ result: "skippedActive", reason });
export const answered = (...each: string[]): Outcome => ({ result: "answered", each });
export const rescued = (...tokens: { job: string; lease: number }[]): Outcome => ({
  result: "rescued",
  tokens,
});

export const running = [enqueue("j1"), claim()];
export const waiting = [...running, park];
/** Lease-managed, and running again. */
export const resumed = [...waiting, resume];
export const completed = [...running, complete];
export const failed = [...running, fail];
export const cancelled = [enqueue("j1"), cancel];
export const dead = [...running, failToDlq];

const keyed = { job: "k1", lease: 1 };
const runningKey = [enqueue("k1"), claim()];
const waitingKey = [...runningKey, call("ParkForCallback", { token: keyed })];
const timesOut = [tick, call("RescueCallbackTimeouts", { slot: 0, wait: 0 })];
const claimed = { job: "k1", lease: 2 };

/** The ways in which a job that carries a key is alive. */
export const alive: readonly (readonly [when: string, done: readonly Call[]])[] = [
  ["is ready", [enqueue("k1")]],
  ["is deferred", [call("Enqueue", { lane: "a", batch: ["k1"], wait: 1 })]],
  ["runs", runningKey],
  ["waits for a callback", waitingKey],
  ["was retried", [...runningKey, call("Retry", { token: keyed, wait: 0 })]],
  ["was snoozed", [...runningKey, call("Snooze", { token: keyed, wait: 0 })]],
  ["was rescued", [...runningKey, tick, rescue]],
  ["was moved", [enqueue("k1"), call("MoveReady", { job: "k1", lane: "b" })]],
  ["has another attempt", [...waitingKey, ...timesOut]],
];

export const cancelledKey = [enqueue("k1"), call("CancelReady", job("k1"))];
export const deadKey = [...runningKey, call("FailToDlq", { token: keyed })];
export const failedKey = [...runningKey, call("Fail", { token: keyed })];

/** The ways in which it ends, and gives its key back. */
export const ended: typeof alive = [
  ["was completed", [...runningKey, call("CompleteFast", { tokens: [keyed] })]],
  [
    "was completed the slow way",
    [
      ...waitingKey,
      call("ResumeCallback", { token: keyed }),
      call("CompleteSlow", { tokens: [keyed] }),
    ],
  ],
  ["failed", failedKey],
  ["is dead", deadKey],
  ["was put aside", [...failedKey, call("FailedToDlq", job("k1"))]],
  ["was cancelled", cancelledKey],
  ["was cancelled while it ran", [...runningKey, call("CancelRunning", job("k1"))]],
  [
    "was given up",
    [...waitingKey, ...timesOut, claim(), call("ParkForCallback", { token: claimed }), ...timesOut],
  ],
];

/** The ways in which an attempt is over, or was never begun. */
export const stale = <Args>(args: Args) =>
  [
    ["the token was never issued", [enqueue("j1")], args, says("stale")],
    ["the attempt was completed", completed, args, says("stale")],
    ["the attempt was retried", [...running, retry], args, says("stale")],
    ["the job failed", failed, args, says("stale")],
    ["the job is dead", dead, args, says("stale")],
    ["the job was cancelled", [...running, cancelRunning], args, says("stale")],
    ["the attempt was rescued", [...running, tick, rescue], args, says("stale")],
    ["a later attempt runs", [...running, tick, rescue, claim()], args, says("stale")],
    ["the public fact was discarded", [...completed, discard], args, says("stale")],
    ["the receipt was pruned", [...completed, rotateClaims, pruneClaims], args, says("stale")],
  ] as const;

/** Stale, or waiting for a callback: the refusals of every call of a worker on its attempt. */
export const refused = <Args>(args: Args) =>
  [...stale(args), ["the attempt waits for a callback", waiting, args, says("waiting")]] as const;
