/**
 * The life of a job: the states and arrows of QueueContract.tla, and the steps along them. Two
 * things are added that a caller also relies on: a job keeps its lane unless it is moved, and no
 * wait, silence or deadline is over too early. A step that breaks a promise says which one; it
 * never throws.
 */

import type { Job, Lane, Token, UniqueKey } from "./operations.js";

export type JobState =
  | "absent"
  | "ready"
  | "deferred"
  | "running"
  | "waiting"
  | "completed"
  | "cancelled"
  | "failed"
  | "dead"
  | "removed";

/** What the public view of a storage shows of a job: where it is, how often it was handed out. */
export interface Place {
  readonly state: JobState;
  readonly lease: number;
}

export interface ContractJob extends Place {
  readonly lane: Lane;
  readonly key: UniqueKey | null;
  /** The tick at which a deferred job's wait is over, a running attempt turns stale if nothing
   * more is heard of it, a waiting one times out, or a failed job may be forgotten; else 0. */
  readonly due: number;
  /** The tick at which the deadline of the open attempt passes; Infinity if there is none. */
  readonly deadline: number;
  /** How many of its attempts were snoozed. */
  readonly snoozes: number;
}

export interface Limits {
  /** Ticks of silence after which a running attempt may be rescued. */
  readonly staleAfter: number;
  /** Ticks after which an attempt may be given up that waits for its callback. */
  readonly callbackWait: number;
  /** Attempts after which a callback timeout gives the job up; snoozed ones do not count. */
  readonly maxAttempts: number;
  /** Ticks for which a failed job is not forgotten by itself. */
  readonly failedFloor: number;
  /** Whether a deferred job is ready once its wait is over, and nobody has to promote it. */
  readonly readyWhenDue?: boolean | undefined;
}

export interface ContractState extends Limits {
  /** Ticks since the beginning. */
  readonly now: number;
  /** In the order of their last steps; a job that is not listed is absent. */
  readonly jobs: ReadonlyMap<Job, ContractJob>;
  /** Tokens whose worker was told that its call ended the attempt, each as `job/lease`. */
  readonly acks: ReadonlySet<string>;
}

/** A successor under construction: one copy for each call, dropped if the call is refused. */
export interface Draft extends ContractState {
  now: number;
  readonly jobs: Map<Job, ContractJob>;
  readonly acks: Set<string>;
}

/** The promise that an answer breaks, said of a job or token; undefined if it breaks none. */
export type Why = string | undefined;

/**
 * The arrows of the contract, four of them split by who moves the job: its `Rescue` into `Rescue`,
 * `Expire` and `TimeOut`; and `Cancel`, `Readmit` and `Forget`.
 */
export const arrows = {
  Enqueue: { from: ["absent"], to: ["ready", "deferred"] },
  Promote: { from: ["deferred"], to: ["ready"] },
  Claim: { from: ["ready"], to: ["running"] },
  Park: { from: ["running"], to: ["waiting"] },
  Resume: { from: ["waiting"], to: ["running"] },
  End: { from: ["running"], to: ["completed", "deferred", "failed", "dead"] },
  Rescue: { from: ["running"], to: ["ready"] },
  Expire: { from: ["running", "waiting"], to: ["ready"] },
  TimeOut: { from: ["waiting"], to: ["ready", "deferred", "dead"] },
  CancelReady: { from: ["ready"], to: ["cancelled"] },
  CancelRunning: { from: ["running", "waiting"], to: ["cancelled"] },
  RetryFromDlq: { from: ["dead"], to: ["ready"] },
  RetryFromTerminal: { from: ["failed", "cancelled"], to: ["ready"] },
  Bury: { from: ["failed"], to: ["dead"] },
  Discard: { from: ["completed", "cancelled", "failed"], to: ["removed"] },
  Purge: { from: ["dead"], to: ["removed"] },
  Forget: { from: ["completed", "cancelled", "failed"], to: ["removed"] },
} as const satisfies Record<string, { from: readonly JobState[]; to: readonly JobState[] }>;

export type Arrow = keyof typeof arrows;
export type Target<A extends Arrow> = (typeof arrows)[A]["to"][number];

export const unless = (kept: boolean, why: string): Why => (kept ? undefined : why);

const nowhere: ContractJob = {
  state: "absent",
  lease: 0,
  lane: "",
  key: null,
  due: 0,
  deadline: Infinity,
  snoozes: 0,
};

export function find(state: ContractState, job: Job): ContractJob {
  const is = state.jobs.get(job) ?? nowhere;
  const isReady = state.readyWhenDue && is.state === "deferred" && is.due <= state.now;
  return isReady ? { ...is, state: "ready", due: 0 } : is;
}

export const nameOf = ({ job, lease }: Token): string => `${job}/${lease}`;

/** Such as `j1 is running (lease 2)`. */
export function whereabouts(state: ContractState, job: Job): string {
  const { state: place, lease } = find(state, job);
  return `${job} is ${place}${lease > 0 ? ` (lease ${lease})` : ""}`;
}

/** What this token is worth now; its worker can end the attempt only while that is running. */
export function phase(state: ContractState, token: Token): "running" | "waiting" | "over" {
  const { state: place, lease } = find(state, token.job);
  if (lease !== token.lease) return "over";
  return place === "running" || place === "waiting" ? place : "over";
}

export const isRunning = (state: ContractState, token: Token): Why =>
  unless(phase(state, token) === "running", notThe("running", state, token));

export const isWaiting = (state: ContractState, token: Token): Why =>
  unless(phase(state, token) === "waiting", notThe("waiting", state, token));

/** The attempt runs or waits. */
export const isOpen = (state: ContractState, token: Token): Why =>
  unless(phase(state, token) !== "over", notThe("running or waiting", state, token));

const notThe = (wanted: string, state: ContractState, token: Token): string =>
  `${nameOf(token)} is not the ${wanted} attempt: ${whereabouts(state, token.job)}`;

export const isOver = (state: ContractState, token: Token): Why => {
  const is = phase(state, token);
  return unless(is === "over", `${nameOf(token)} is the ${is} attempt, not stale`);
};

export const leaves = (state: ContractState, arrow: Arrow, job: Job): boolean =>
  (arrows[arrow].from as readonly JobState[]).includes(find(state, job).state);

export const mayLeave = (state: ContractState, arrow: Arrow, job: Job): Why =>
  unless(
    leaves(state, arrow, job),
    `${whereabouts(state, job)}, and ${arrow} leads only from ${arrows[arrow].from.join(" or ")}`,
  );

/** Moves a job along an arrow; what the step does not change it keeps, but not what it awaited. */
export function follow<A extends Arrow>(
  draft: Draft,
  arrow: A,
  job: Job,
  to: Target<A>,
  change: Partial<Omit<ContractJob, "state">> = {},
): Why {
  const broken = mayLeave(draft, arrow, job);
  if (broken) return broken;
  const was = find(draft, job);
  draft.jobs.delete(job);
  const lease = to === "removed" ? 0 : was.lease;
  draft.jobs.set(job, { ...was, lease, due: 0, deadline: Infinity, ...change, state: to });
  return undefined;
}

/** Whether the tick has come for which this job waits in its state. */
export const isRipe = (state: ContractState, job: Job): boolean =>
  find(state, job).due <= state.now;

export const isExpired = (state: ContractState, job: Job): boolean =>
  find(state, job).deadline <= state.now;

/** The next tick at which anything may happen to this job by itself; Infinity if nothing may. */
export function nextTick(state: ContractState, job: Job): number {
  const { due, deadline } = find(state, job);
  return Math.min(...[due, deadline].filter((tick) => tick > state.now));
}

/** Whether its callback timeout gives this job up. */
export const isExhausted = (state: ContractState, job: Job): boolean =>
  find(state, job).lease - find(state, job).snoozes >= state.maxAttempts;

export const ripe = (state: ContractState, job: Job, verb: string): Why =>
  unless(
    isRipe(state, job),
    `${verb} only at tick ${find(state, job).due}, and it is tick ${state.now}`,
  );

export function expired(state: ContractState, token: Token): Why {
  const { deadline } = find(state, token.job);
  if (deadline === Infinity) return `${nameOf(token)} has no deadline`;
  return unless(
    deadline <= state.now,
    `the deadline of ${nameOf(token)} is tick ${deadline}, and it is tick ${state.now}`,
  );
}
