/**
 * The life of a job: the states and arrows of QueueContract.tla, and the steps along them. Two
 * things are added that a caller also relies on: a job keeps its lane, and nothing is due or stale
 * too early. A step that breaks a promise says which one; it never throws.
 */

import type { Job, Lane, Token } from "./operations.js";

export type JobState =
  "absent" | "ready" | "deferred" | "running" | "completed" | "cancelled" | "dead" | "removed";

/** What the public view of a storage shows of a job: where it is, how often it was handed out. */
export interface Place {
  readonly state: JobState;
  readonly lease: number;
}

export interface ContractJob extends Place {
  readonly lane: Lane;
  /** The tick from which a deferred job may be promoted, or a running attempt rescued; else 0. */
  readonly due: number;
}

export interface ContractState {
  /** Ticks since the beginning. */
  readonly now: number;
  /** Ticks after which a running attempt may be rescued. */
  readonly staleAfter: number;
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

/** The arrows of the contract, its `Forget` split by who forgets. */
export const arrows = {
  Enqueue: { from: ["absent"], to: ["ready", "deferred"] },
  Promote: { from: ["deferred"], to: ["ready"] },
  Claim: { from: ["ready"], to: ["running"] },
  End: { from: ["running"], to: ["completed", "deferred", "dead"] },
  Rescue: { from: ["running"], to: ["ready"] },
  Cancel: { from: ["ready"], to: ["cancelled"] },
  RetryFromDlq: { from: ["dead"], to: ["ready"] },
  Discard: { from: ["completed", "cancelled"], to: ["removed"] },
  Purge: { from: ["dead"], to: ["removed"] },
  Forget: { from: ["completed", "cancelled"], to: ["removed"] },
} as const satisfies Record<string, { from: readonly JobState[]; to: readonly JobState[] }>;

export type Arrow = keyof typeof arrows;
export type Target<A extends Arrow> = (typeof arrows)[A]["to"][number];

export const unless = (kept: boolean, why: string): Why => (kept ? undefined : why);

const nowhere: ContractJob = { state: "absent", lease: 0, lane: "", due: 0 };

export const find = (state: ContractState, job: Job): ContractJob => state.jobs.get(job) ?? nowhere;

const nameOf = ({ job, lease }: Token): string => `${job}/${lease}`;

/** Such as `j1 is running (lease 2)`. */
export function whereabouts(state: ContractState, job: Job): string {
  const { state: place, lease } = find(state, job);
  return `${job} is ${place}${lease > 0 ? ` (lease ${lease})` : ""}`;
}

/** Whether this token is the attempt that runs now, so that its worker can still end it. */
export function isRunning(state: ContractState, { job, lease }: Token): boolean {
  const was = find(state, job);
  return was.state === "running" && was.lease === lease;
}

export const leaves = (state: ContractState, arrow: Arrow, job: Job): boolean =>
  (arrows[arrow].from as readonly JobState[]).includes(find(state, job).state);

export const mayLeave = (state: ContractState, arrow: Arrow, job: Job): Why =>
  unless(
    leaves(state, arrow, job),
    `${whereabouts(state, job)}, and ${arrow} leads only from ${arrows[arrow].from.join(" or ")}`,
  );

/** Moves a job along an arrow; it keeps its lease and lane unless the step changes them. */
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
  draft.jobs.set(job, { ...was, due: 0, ...change, state: to });
  return undefined;
}

export const forget = (draft: Draft, arrow: "Discard" | "Purge" | "Forget", job: Job): Why =>
  follow(draft, arrow, job, "removed", { lease: 0 });

/** A ready job of this lane becomes an attempt under a lease that nobody held before. */
export function handOut(draft: Draft, token: Token, lane: Lane): Why {
  const { job, lease } = token;
  const was = find(draft, job);
  const next = { job, lease: was.lease + 1 };
  return (
    unless(was.lease === 0 || lease > was.lease, `${nameOf(token)} was handed out before`) ??
    mayLeave(draft, "Claim", job) ??
    unless(was.lane === lane, `${job} waits in lane ${was.lane}, not in ${lane}`) ??
    unless(lease === next.lease, `${job} goes on as ${nameOf(next)}, not ${nameOf(token)}`) ??
    follow(draft, "Claim", job, "running", { lease, due: draft.now + draft.staleAfter })
  );
}

const isAttempt = (state: ContractState, token: Token): Why =>
  unless(
    isRunning(state, token),
    `${nameOf(token)} is not the running attempt: ${whereabouts(state, token.job)}`,
  );

export const isOver = (state: ContractState, token: Token): Why =>
  unless(!isRunning(state, token), `${nameOf(token)} is the running attempt, not stale`);

/** The worker that holds the running attempt ends it, and is told so. */
export function end(draft: Draft, token: Token, to: Target<"End">, due: number = 0): Why {
  const told = draft.acks.has(nameOf(token));
  const broken =
    unless(!told, `an earlier call was told that it ended ${nameOf(token)}`) ??
    isAttempt(draft, token) ??
    follow(draft, "End", token.job, to, { due });
  if (!broken) draft.acks.add(nameOf(token));
  return broken;
}

/** Whether the tick has come for which this job waits. */
export const isRipe = (state: ContractState, job: Job): boolean =>
  find(state, job).due <= state.now;

const ripe = (state: ContractState, job: Job, verb: string): Why =>
  unless(
    isRipe(state, job),
    `${verb} only at tick ${find(state, job).due}, and it is tick ${state.now}`,
  );

/** The attempt's worker was silent for too long; somebody else will get the job. */
export const rescue = (draft: Draft, token: Token): Why =>
  isAttempt(draft, token) ??
  ripe(draft, token.job, `${nameOf(token)} turns stale`) ??
  follow(draft, "Rescue", token.job, "ready");

/** A deferred job's time has come. */
export const promote = (draft: Draft, job: Job): Why =>
  mayLeave(draft, "Promote", job) ??
  ripe(draft, job, `${job} is due`) ??
  follow(draft, "Promote", job, "ready");
