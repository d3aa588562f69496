/**
 * The one place that knows how each operation is called: parameterised SQL and its values. Rows
 * come back as `pg` gives them; 64-bit integers are strings on both sides.
 */

import { interval, json, literal, someText, whole } from "./arguments.js";
import type { Claimer, ClaimerTerms, HeldSlot, PassLimits } from "./answers.js";

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** What a worker keeps of a claimed job: the attempt's identity, and where its receipt is. */
export interface WorkerToken {
  readonly jobId: string;
  readonly runLease: number;
  readonly claimSlot: number;
  readonly laneId: number;
  /** The last lane_seq of the batch that it was claimed with. */
  readonly receiptSeq: string;
}

/** What `claim` returns of each job. */
export interface ClaimRow {
  readonly job_id: string;
  readonly run_lease: number;
  readonly claim_slot: number;
  readonly lane_id: number;
  readonly receipt_seq: string;
  readonly payload: unknown;
}

export const tokenOfRow = (r: ClaimRow): WorkerToken => ({
  jobId: r.job_id,
  runLease: r.run_lease,
  claimSlot: r.claim_slot,
  laneId: r.lane_id,
  receiptSeq: r.receipt_seq,
});

const all = (name: string, values: readonly unknown[]): string[] =>
  values.map((value, i) => json(`${name}[${i}]`, value));

/** How the functions of one installed schema are called. */
function callsOf(schema: string) {
  const s = `"${schema}"`;
  const answers = (text: string, ...values: unknown[]): Statement => ({
    text: `select ${s}.${text} as answer`,
    values,
  });
  const rows = (text: string, ...values: unknown[]): Statement => ({
    text: `select * from ${s}.${text}`,
    values,
  });
  const onTokens = (name: string) => (list: readonly WorkerToken[], now: Date) =>
    answers(`${name}($1::${s}.token[], $2)`, list.map(literal), now);
  /** With a value for all of them, such as when their jobs come back. */
  const onTokensWith =
    <Value>(name: string) =>
    (list: readonly WorkerToken[], value: Value, now: Date) =>
      answers(`${name}($1::${s}.token[], $2, $3)`, list.map(literal), value, now);
  const onJobs = (name: string) => (jobIds: readonly string[], now: Date) =>
    answers(`${name}($1, $2)`, jobIds, now);
  const onRing = (name: string) => (now: Date) => answers(`${name}($1)`, now);
  return { answers, rows, onTokens, onTokensWith, onJobs, onRing };
}

function claimerCalls(schema: string) {
  const { answers } = callsOf(schema);
  return {
    acquireClaimer: ({ queue, owner }: Claimer, { slots, ttl, idle }: ClaimerTerms, now: Date) => {
      const times = [interval("ttl", ttl), interval("idle", idle), now];
      const by = [someText("queue", queue), someText("owner", owner), whole("slots", slots, 1)];
      return answers("acquire_claimer($1, $2, $3, $4, $5, $6)", ...by, ...times);
    },
    claimerClaimed: (by: Claimer, held: HeldSlot | null, { ttl, idle }: ClaimerTerms, now: Date) =>
      answers(
        "claimer_claimed($1, $2, $3, $4, $5, $6, $7)",
        by.queue,
        by.owner,
        held?.slot ?? null,
        held?.epoch ?? null,
        interval("ttl", ttl),
        interval("idle", idle),
        now,
      ),
  };
}

const passed = ({ budget, window }: PassLimits): number[] => [
  whole("budget", budget, 1),
  whole("window", window, 1),
];

function rescuePassCalls(schema: string) {
  const { rows } = callsOf(schema);
  return {
    rescueStaleReceiptsPass: (cutoff: Date, limits: PassLimits, now: Date) =>
      rows("rescue_stale_receipts_pass($1, $2, $3, $4)", cutoff, ...passed(limits), now),
    rescueExpiredDeadlinesPass: (limits: PassLimits, now: Date) =>
      rows("rescue_expired_deadlines_pass($1, $2, $3)", ...passed(limits), now),
  };
}

function laneCalls(schema: string) {
  const { answers, rows } = callsOf(schema);
  return {
    ensureLane: (queue: string, priority: number, shard: number) =>
      answers(
        "ensure_lane($1, $2, $3)",
        someText("queue", queue),
        whole("priority", priority),
        whole("shard", shard, 0),
      ),
    claimFromQueue: (
      queue: string,
      limit: number,
      deadline: Date | null,
      ageing: number,
      now: Date,
    ) =>
      rows(
        "claim_from_queue($1, $2, $3, $4, $5)",
        someText("queue", queue),
        whole("limit", limit, 1),
        deadline,
        interval("ageing", ageing),
        now,
      ),
    reprioritise: (jobIds: readonly string[], priority: number, now: Date) =>
      answers("reprioritise($1, $2, $3)", jobIds, priority, now),
    moveQueue: (jobIds: readonly string[], queue: string, now: Date) =>
      answers("move_queue($1, $2, $3)", jobIds, queue, now),
  };
}

function ringCalls(schema: string) {
  const { answers, onRing } = callsOf(schema);
  return {
    rotateQueue: onRing("rotate_queue"),
    rotateClaims: onRing("rotate_claims"),
    rotateLeases: onRing("rotate_leases"),
    pruneQueue: (now: Date, failedFloor = 0) =>
      answers("prune_queue($1, $2)", now, interval("failedFloor", failedFloor, 0)),
    pruneClaims: onRing("prune_claims"),
    pruneLeases: onRing("prune_leases"),
    rollupTerminalCounts: (slot: number, now: Date) =>
      answers("rollup_terminal_counts($1, $2)", slot, now),
    rebuildTerminalCounts: onRing("rebuild_terminal_counts"),
  };
}

/** The statements of one installed schema; its name has been validated by the install. */
export function statements(schema: string) {
  const { answers, rows, onTokens, onTokensWith, onJobs } = callsOf(schema);
  return {
    ...laneCalls(schema),
    enqueue: (laneId: number, payloads: readonly unknown[], runAt: Date, now: Date) =>
      answers("enqueue($1, $2, $3, $4)", laneId, all("payloads", payloads), runAt, now),
    enqueueUnique: (
      laneId: number,
      payloads: readonly unknown[],
      uniqueKeys: readonly (string | null)[],
      runAt: Date,
      now: Date,
    ) => {
      const texts = all("payloads", payloads);
      return answers("enqueue($1, $2, $3, $4, $5)", laneId, texts, runAt, now, uniqueKeys);
    },
    promoteDeferred: onJobs("promote_deferred"),
    claim: (laneId: number, limit: number, deadline: Date | null, now: Date) =>
      rows("claim($1, $2, $3, $4)", laneId, whole("limit", limit, 1), deadline, now),
    advanceClaimCursor: (laneId: number, now: Date) =>
      answers("advance_claim_cursor($1, $2)", laneId, now),
    heartbeat: onTokens("heartbeat"),
    flushProgress: (list: readonly WorkerToken[], progress: readonly unknown[], now: Date) => {
      const texts = all("progress", progress);
      return onTokensWith<readonly string[]>("flush_progress")(list, texts, now);
    },
    parkForCallback: onTokensWith<Date>("park_for_callback"),
    resumeCallback: onTokens("resume_callback"),
    completeFast: onTokens("complete_fast"),
    completeSlow: onTokens("complete_slow"),
    complete: onTokens("complete"),
    retry: onTokensWith<Date>("retry"),
    snooze: onTokensWith<Date>("snooze"),
    fail: onTokens("fail"),
    failToDlq: onTokens("fail_to_dlq"),
    rescueStaleReceipts: (slot: number, cutoff: Date, limit: number, now: Date) =>
      rows("rescue_stale_receipts($1, $2, $3, $4)", slot, cutoff, limit, now),
    rescueExpiredDeadlines: (slot: number, limit: number, now: Date) =>
      rows("rescue_expired_deadlines($1, $2, $3)", slot, limit, now),
    rescueStaleLeases: (slot: number, cutoff: Date, limit: number, now: Date) =>
      rows("rescue_stale_leases($1, $2, $3, $4)", slot, cutoff, limit, now),
    rescueExpiredLeaseDeadlines: (slot: number, limit: number, now: Date) =>
      rows("rescue_expired_lease_deadlines($1, $2, $3)", slot, limit, now),
    rescueCallbackTimeouts: (
      slot: number,
      limit: number,
      maxAttempts: number,
      runAt: Date,
      now: Date,
    ) => rows("rescue_callback_timeouts($1, $2, $3, $4, $5)", slot, limit, maxAttempts, runAt, now),
    discardTerminal: onJobs("discard_terminal"),
    retryFromTerminal: onJobs("retry_from_terminal"),
    failedToDlq: onJobs("failed_to_dlq"),
    cancelReady: onJobs("cancel_ready"),
    cancelRunning: onJobs("cancel_running"),
    moveReady: (jobIds: readonly string[], laneId: number, now: Date) =>
      answers("move_ready($1, $2, $3)", jobIds, laneId, now),
    purgeDlq: onJobs("purge_dlq"),
    retryFromDlq: onJobs("retry_from_dlq"),
    ...ringCalls(schema),
    ringHealth: (cutoff: Date, now: Date) => rows("ring_health($1, $2)", cutoff, now),
    ...claimerCalls(schema),
    ...rescuePassCalls(schema),
  };
}

export type Statements = ReturnType<typeof statements>;
