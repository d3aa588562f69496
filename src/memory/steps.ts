/**
 * The steps of a job's life as calls take them: each moves one job along an arrow, or says which
 * promise that would break.
 */

import {
  find,
  follow,
  expired,
  isExhausted,
  isOpen,
  isRunning,
  isWaiting,
  mayLeave,
  nameOf,
  ripe,
  unless,
  whereabouts,
  type ContractJob,
  type Draft,
  type Target,
  type Why,
} from "./life.js";
import { NO_DEADLINE, type Job, type Lane, type Token } from "./operations.js";

interface Arrival extends Pick<ContractJob, "lane" | "key"> {
  readonly job: Job;
}

/** A new job comes to this lane, at once or after a wait. */
export const arrive = (draft: Draft, { job, lane, key }: Arrival, wait: number): Why =>
  wait === 0
    ? follow(draft, "Enqueue", job, "ready", { lane, key })
    : follow(draft, "Enqueue", job, "deferred", { lane, key, due: draft.now + wait });

/** A deferred job's time has come. */
export const promote = (draft: Draft, job: Job): Why =>
  mayLeave(draft, "Promote", job) ??
  ripe(draft, job, `${job} is due`) ??
  follow(draft, "Promote", job, "ready");

/** A ready job of this lane becomes an attempt under a lease that nobody held before. */
export function handOut(draft: Draft, token: Token, lane: Lane, deadline: number): Why {
  const { job, lease } = token;
  const was = find(draft, job);
  const next = { job, lease: was.lease + 1 };
  return (
    unless(was.lease === 0 || lease > was.lease, `${nameOf(token)} was handed out before`) ??
    mayLeave(draft, "Claim", job) ??
    unless(was.lane === lane, `${job} waits in lane ${was.lane}, not in ${lane}`) ??
    unless(lease === next.lease, `${job} goes on as ${nameOf(next)}, not ${nameOf(token)}`) ??
    follow(draft, "Claim", job, "running", {
      lease,
      due: draft.now + draft.staleAfter,
      deadline: deadline === NO_DEADLINE ? Infinity : draft.now + deadline,
    })
  );
}

/** The worker was heard of, so that its silence begins anew. */
export function hear(draft: Draft, token: Token): Why {
  const broken = isRunning(draft, token);
  if (broken) return broken;
  draft.jobs.set(token.job, { ...find(draft, token.job), due: draft.now + draft.staleAfter });
  return undefined;
}

/** The attempt waits for a callback; its deadline stays. */
export const park = (draft: Draft, token: Token): Why =>
  isRunning(draft, token) ??
  follow(draft, "Park", token.job, "waiting", {
    due: draft.now + draft.callbackWait,
    deadline: find(draft, token.job).deadline,
  });

/** The callback came, which is also a sign of life. */
export const resume = (draft: Draft, token: Token): Why =>
  isWaiting(draft, token) ??
  follow(draft, "Resume", token.job, "running", {
    due: draft.now + draft.staleAfter,
    deadline: find(draft, token.job).deadline,
  });

/** The worker that holds the running attempt ends it, and is told so. */
export function end(
  draft: Draft,
  token: Token,
  to: Target<"End">,
  change: Partial<Pick<ContractJob, "due" | "snoozes">> = {},
): Why {
  const told = draft.acks.has(nameOf(token));
  const broken =
    unless(!told, `an earlier call was told that it ended ${nameOf(token)}`) ??
    isRunning(draft, token) ??
    follow(draft, "End", token.job, to, change);
  if (!broken) draft.acks.add(nameOf(token));
  return broken;
}

/** The worker puts the job off; the attempt does not count. */
export const snooze = (draft: Draft, token: Token, due: number): Why =>
  end(draft, token, "deferred", { due, snoozes: find(draft, token.job).snoozes + 1 });

/** The attempt's worker was silent for too long; somebody else will get the job. */
export const rescue = (draft: Draft, token: Token): Why =>
  isRunning(draft, token) ??
  ripe(draft, token.job, `${nameOf(token)} turns stale`) ??
  follow(draft, "Rescue", token.job, "ready");

/** The attempt's deadline passed, whether or not it waits, or its worker is heard of. */
export const expire = (draft: Draft, token: Token): Why =>
  isOpen(draft, token) ?? expired(draft, token) ?? follow(draft, "Expire", token.job, "ready");

/** The callback never came: the job is given up after its last attempt, and else tried again. */
export function timeOut(draft: Draft, token: Token, wait: number): Why {
  const { job } = token;
  const broken = isWaiting(draft, token) ?? ripe(draft, job, `${nameOf(token)} times out`);
  if (broken) return broken;
  if (isExhausted(draft, job)) return follow(draft, "TimeOut", job, "dead");
  return wait === 0
    ? follow(draft, "TimeOut", job, "ready")
    : follow(draft, "TimeOut", job, "deferred", { due: draft.now + wait });
}

/** A job that is over leaves the view by itself, a failed one not before its time. */
export const forget = (draft: Draft, job: Job): Why =>
  mayLeave(draft, "Forget", job) ??
  ripe(draft, job, `${job} may be forgotten`) ??
  follow(draft, "Forget", job, "removed");

/** A ready job goes to another lane; no arrow, for its state stays. */
export function move(draft: Draft, job: Job, lane: Lane): Why {
  const was = find(draft, job);
  const broken =
    unless(was.state === "ready", `${whereabouts(draft, job)}, and only a ready job moves`) ??
    unless(was.lane !== lane, `${job} is in lane ${lane} already`);
  if (broken) return broken;
  draft.jobs.delete(job);
  draft.jobs.set(job, { ...was, lane });
  return undefined;
}
