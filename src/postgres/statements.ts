/**
 * The one place that knows how each operation is called: parameterised SQL and its values. Rows
 * come back as `pg` gives them; 64-bit integers are strings on both sides.
 */

import { jsons, sameLength, time, timeOrNull, tokenArray, whole } from "./arguments.js";
import { callsOf, limitOf, type WorkerToken } from "./calls.js";
import { claimerCalls, laneCalls, producerCalls } from "./lane-statements.js";
import { rescueCalls, ringCalls } from "./upkeep-statements.js";

export type { Statement, WorkerToken } from "./calls.js";

/** What `claim` returns of each job. */
export interface ClaimRow {
  readonly job_id: string;
  readonly run_lease: number;
  readonly claim_slot: number;
  readonly lane_id: number;
  readonly receipt_seq: string;
  readonly payload: unknown;
}

/** The statements of one installed schema. What makes no sense is refused as a UserError. */
export function statements(schema: string) {
  const { s, answers, words, rows, onTokens, onTokensAt, onJobs } = callsOf(schema);
  return {
    ...laneCalls(schema),
    ...producerCalls(schema),
    claim: (laneId: number, limit: number, deadline: Date | null, now: Date) =>
      rows(
        "claim($1, $2, $3, $4)",
        whole("laneId", laneId),
        limitOf(limit),
        timeOrNull("deadline", deadline),
        time("now", now),
      ),
    advanceClaimCursor: (laneId: number, now: Date) =>
      answers("advance_claim_cursor($1, $2)", whole("laneId", laneId), time("now", now)),
    heartbeat: onTokens("heartbeat"),
    flushProgress: (tokens: readonly WorkerToken[], progress: readonly unknown[], now: Date) => {
      const texts = jsons("progress", progress);
      const array = tokenArray("tokens", tokens);
      sameLength(["progress", texts], ["tokens", tokens]);
      const call = `flush_progress($1::${s}.token[], $2, $3)`;
      return words(call, array, texts, time("now", now));
    },
    parkForCallback: onTokensAt("park_for_callback", "timeoutAt"),
    resumeCallback: onTokens("resume_callback"),
    completeFast: onTokens("complete_fast"),
    completeSlow: onTokens("complete_slow"),
    complete: onTokens("complete"),
    retry: onTokensAt("retry", "runAt"),
    snooze: onTokensAt("snooze", "runAt"),
    fail: onTokens("fail"),
    failToDlq: onTokens("fail_to_dlq"),
    ...rescueCalls(schema),
    discardTerminal: onJobs("discard_terminal"),
    retryFromTerminal: onJobs("retry_from_terminal"),
    failedToDlq: onJobs("failed_to_dlq"),
    purgeDlq: onJobs("purge_dlq"),
    retryFromDlq: onJobs("retry_from_dlq"),
    ...ringCalls(schema),
    ...claimerCalls(schema),
  };
}

export type Statements = ReturnType<typeof statements>;
