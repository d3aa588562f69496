/**
 * The one place that knows how each operation is called: parameterised SQL and its values. Rows
 * come back as `pg` gives them; 64-bit integers are strings on both sides.
 */

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

/** A `token` of the schema as a composite literal. */
const literal = (t: WorkerToken): string =>
  `(${t.jobId},${t.runLease},${t.claimSlot},${t.laneId},${t.receiptSeq})`;

/** The statements of one installed schema; its name has been validated by the install. */
export function statements(schema: string) {
  const s = `"${schema}"`;
  const answers = (text: string, ...values: unknown[]): Statement => ({
    text: `select ${s}.${text} as answer`,
    values,
  });
  const rows = (text: string, ...values: unknown[]): Statement => ({
    text: `select * from ${s}.${text}`,
    values,
  });
  const tokens = (list: readonly WorkerToken[]) => list.map(literal);
  return {
    ensureLane: (queue: string, priority: number, shard: number) =>
      answers("ensure_lane($1, $2, $3)", queue, priority, shard),
    enqueue: (laneId: number, payloads: readonly unknown[], runAt: Date, now: Date) =>
      answers(
        "enqueue($1, $2, $3, $4)",
        laneId,
        payloads.map((p) => JSON.stringify(p)),
        runAt,
        now,
      ),
    promoteDeferred: (jobIds: readonly string[], now: Date) =>
      answers("promote_deferred($1, $2)", jobIds, now),
    claim: (laneId: number, limit: number, now: Date) =>
      rows("claim($1, $2, $3)", laneId, limit, now),
    advanceClaimCursor: (laneId: number, now: Date) =>
      answers("advance_claim_cursor($1, $2)", laneId, now),
    completeFast: (list: readonly WorkerToken[], now: Date) =>
      answers(`complete_fast($1::${s}.token[], $2)`, tokens(list), now),
    retry: (list: readonly WorkerToken[], runAt: Date, now: Date) =>
      answers(`retry($1::${s}.token[], $2, $3)`, tokens(list), runAt, now),
    failToDlq: (list: readonly WorkerToken[], now: Date) =>
      answers(`fail_to_dlq($1::${s}.token[], $2)`, tokens(list), now),
    rescueStaleReceipts: (slot: number, cutoff: Date, limit: number, now: Date) =>
      rows("rescue_stale_receipts($1, $2, $3, $4)", slot, cutoff, limit, now),
    discardTerminal: (jobIds: readonly string[], now: Date) =>
      answers("discard_terminal($1, $2)", jobIds, now),
    cancelReady: (jobIds: readonly string[], now: Date) =>
      answers("cancel_ready($1, $2)", jobIds, now),
    purgeDlq: (jobIds: readonly string[], now: Date) => answers("purge_dlq($1, $2)", jobIds, now),
    retryFromDlq: (jobIds: readonly string[], now: Date) =>
      answers("retry_from_dlq($1, $2)", jobIds, now),
    rotateQueue: (now: Date) => answers("rotate_queue($1)", now),
    rotateClaims: (now: Date) => answers("rotate_claims($1)", now),
    pruneQueue: (now: Date) => answers("prune_queue($1)", now),
    pruneClaims: (now: Date) => answers("prune_claims($1)", now),
  };
}

export type Statements = ReturnType<typeof statements>;
