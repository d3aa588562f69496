/**
 * The SQL twin of every action: which statement makes the call, and how its rows read as the
 * outcome that the core speaks of. A forgotten twin is a compile error. Where the model's action
 * is about one element and the SQL function takes a batch, a list of calls becomes one statement
 * whose outcome must be that of the calls in turn.
 */

import { keyOf, NONE, type ActionName, type ArgsOf, type Outcome } from "../core/index.js";
import { idOf, jobOf, tickLength, timeOf, withJobs, withTokens } from "./binding.js";
import {
  completionTwin,
  cutoffOf,
  dueOf,
  jobTwin,
  now,
  only,
  outside,
  readTokens,
  rescueLimit,
  rescueTwin,
  ringTwin,
  tokenTwin,
  words,
  type Row,
  type Twin,
} from "./twin.js";

export type Twins = { readonly [N in ActionName]: Twin<ArgsOf<N>> };

const Enqueue: Twin<ArgsOf<"Enqueue">> = {
  batch: false,
  statement: ([args], b, { sql, scope }) => {
    const { lane, batch, wait } = args!;
    const payloads = batch.map((job) => ({ job }));
    const keys = batch.map((job) => keyOf(scope, job));
    return sql.enqueueUnique(b.laneIds.get(lane)!, payloads, keys, timeOf(b.tick + wait), now(b));
  },
  answer: (rows, [args], b) => {
    const each = only(rows) as (string | number | null)[];
    const jobs = args!.batch.filter((_, i) => each[i] !== null);
    const ids = each.filter((id) => id !== null).map(String);
    const binding = withJobs(b, jobs, ids);
    const outcome: Outcome =
      each.length === 0
        ? { result: "empty" }
        : ids.length === 0
          ? { result: "uniqueConflict" }
          : { result: "enqueued", jobs: ids.map((id) => jobOf(binding, id)) };
    return { outcomes: [outcome], binding };
  },
};

/** The job that the payload of a claimed row was enqueued with. */
const bodyOf = (row: Row): string => String((row["payload"] as { job?: unknown } | null)?.job);

const Claim: Twin<ArgsOf<"Claim">> = {
  batch: false,
  statement: ([args], b, { sql }) => {
    const { lane, n, deadline } = args!;
    const at = deadline === NONE ? null : timeOf(b.tick + deadline);
    return sql.claim(b.laneIds.get(lane)!, n, at, now(b));
  },
  answer: (rows, _list, b) => {
    if (rows.length === 0) return { outcomes: [{ result: "empty" }], binding: b };
    const issued = rows.map((r) => ({
      jobId: String(r["job_id"]),
      runLease: Number(r["run_lease"]),
      claimSlot: Number(r["claim_slot"]),
      laneId: Number(r["lane_id"]),
      receiptSeq: String(r["receipt_seq"]),
    }));
    const tokens = readTokens(rows, b).map(({ job, lease }, i) => ({
      job: bodyOf(rows[i]!) === job ? job : `${job} with the body of ${bodyOf(rows[i]!)}`,
      lease,
    }));
    return {
      outcomes: [{ result: "claimed", tokens }],
      binding: withTokens(b, issued),
    };
  },
};

const AdvanceClaimCursor: Twin<ArgsOf<"AdvanceClaimCursor">> = {
  batch: false,
  statement: ([args], b, { sql }) => sql.advanceClaimCursor(b.laneIds.get(args!.lane)!, now(b)),
  answer: (rows, _list, binding) => {
    const seq = only(rows);
    const outcome: Outcome =
      seq === null ? { result: "noop" } : { result: "advanced", cursor: Number(seq) };
    return { outcomes: [outcome], binding };
  },
};

const MoveReady: Twin<ArgsOf<"MoveReady">> = {
  batch: true,
  statement: (list, b, { sql }) =>
    sql.moveReady(
      list.map(({ job }) => idOf(b, job)),
      b.laneIds.get(list[0]!.lane)!,
      now(b),
    ),
  answer: words,
};

export const twins: Twins = {
  Enqueue,
  PromoteDeferred: jobTwin((ids, at, sql) => sql.promoteDeferred(ids, at)),
  Claim,
  AdvanceClaimCursor,
  Heartbeat: tokenTwin((tokens, _list, b, { sql }) => sql.heartbeat(tokens, now(b))),
  FlushProgress: tokenTwin((tokens, _list, b, { sql }) =>
    sql.flushProgress(
      tokens,
      tokens.map(({ jobId, runLease }) => `${jobId}/${runLease}`),
      now(b),
    ),
  ),
  ParkForCallback: tokenTwin((tokens, _list, b, { sql, scope }) =>
    sql.parkForCallback(tokens, timeOf(b.tick + scope.callbackWait), now(b)),
  ),
  ResumeCallback: tokenTwin((tokens, _list, b, { sql }) => sql.resumeCallback(tokens, now(b))),
  CompleteFast: completionTwin((sql) => sql.completeFast),
  CompleteSlow: completionTwin((sql) => sql.completeSlow),
  Complete: completionTwin((sql) => sql.complete),
  Retry: tokenTwin((tokens, list, b, { sql }) => sql.retry(tokens, dueOf(list, b), now(b))),
  Snooze: tokenTwin((tokens, list, b, { sql }) => sql.snooze(tokens, dueOf(list, b), now(b))),
  Fail: tokenTwin((tokens, _list, b, { sql }) => sql.fail(tokens, now(b))),
  FailToDlq: tokenTwin((tokens, _list, b, { sql }) => sql.failToDlq(tokens, now(b))),
  RescueStaleReceipts: rescueTwin(({ slot }, b, c) =>
    c.sql.rescueStaleReceipts(slot, cutoffOf(b, c.scope), rescueLimit(c), now(b)),
  ),
  RescueExpiredDeadlines: rescueTwin(({ slot }, b, c) =>
    c.sql.rescueExpiredDeadlines(slot, rescueLimit(c), now(b)),
  ),
  RescueStaleLeases: rescueTwin(({ slot }, b, c) =>
    c.sql.rescueStaleLeases(slot, cutoffOf(b, c.scope), rescueLimit(c), now(b)),
  ),
  RescueExpiredLeaseDeadlines: rescueTwin(({ slot }, b, c) =>
    c.sql.rescueExpiredLeaseDeadlines(slot, rescueLimit(c), now(b)),
  ),
  RescueCallbackTimeouts: rescueTwin(({ slot, wait }, b, c) => {
    const { maxAttempts } = c.scope;
    const runAt = timeOf(b.tick + wait);
    return c.sql.rescueCallbackTimeouts(slot, rescueLimit(c), maxAttempts, runAt, now(b));
  }),
  DiscardTerminal: jobTwin((ids, at, sql) => sql.discardTerminal(ids, at)),
  RetryFromTerminal: jobTwin((ids, at, sql) => sql.retryFromTerminal(ids, at)),
  FailedToDlq: jobTwin((ids, at, sql) => sql.failedToDlq(ids, at)),
  CancelReady: jobTwin((ids, at, sql) => sql.cancelReady(ids, at)),
  CancelRunning: jobTwin((ids, at, sql) => sql.cancelRunning(ids, at)),
  MoveReady,
  PurgeDlq: jobTwin((ids, at, sql) => sql.purgeDlq(ids, at)),
  RetryFromDlq: jobTwin((ids, at, sql) => sql.retryFromDlq(ids, at)),
  RotateQueue: ringTwin((at, sql) => sql.rotateQueue(at)),
  RotateClaims: ringTwin((at, sql) => sql.rotateClaims(at)),
  RotateLeases: ringTwin((at, sql) => sql.rotateLeases(at)),
  PruneQueue: ringTwin((at, sql, scope) => sql.pruneQueue(at, scope.failedFloor * tickLength)),
  PruneClaims: ringTwin((at, sql) => sql.pruneClaims(at)),
  PruneLeases: ringTwin((at, sql) => sql.pruneLeases(at)),
  PassTime: outside("passed", (b) => ({ ...b, tick: b.tick + 1 })),
  ForgetToken: outside("forgotten", (b) => b),
};
