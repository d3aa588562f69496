/** The twins of bugs in the core: actions of the table are wrong, as in WrongStorage.tla. */

import {
  actions,
  closedExplicitly,
  compactFacts,
  oldestSlot,
  pending,
  tombstoned,
  type ActionTable,
  type Db,
  type LaneAddress,
  type ReadyEntry,
  type Scope,
  type Token,
} from "../../src/core/index.js";
import { keeping, without } from "./core.js";
import {
  batchWithOneNumber,
  completedInAnyCase,
  cursorToTheTail,
  resumedBesideTheWait,
  stateLeft,
} from "./core-slips.js";

const among = (tokens: readonly Token[], { job, lease }: Token): boolean =>
  tokens.some((t) => t.job === job && t.lease === lease);

const handedOut = ({ job, lease }: ReadyEntry): Token => ({ job, lease: lease + 1 });

/** There is evidence of the attempt somewhere, not counting batches. */
function spentIgnoringBatches(db: Db, row: ReadyEntry): boolean {
  const token = handedOut(row);
  return (
    tombstoned(db, row) ||
    closedExplicitly(db, token) ||
    [db.leaseClaims, db.doneEntries, db.deferredJobs, db.dlqEntries].some((t) => among(t, token))
  );
}

const spentSomewhere = (db: Db, row: ReadyEntry): boolean =>
  spentIgnoringBatches(db, row) ||
  among([...compactFacts(db), ...db.receiptCompletionTombstones], handedOut(row));

const passed = (db: Db, { lane, seq }: LaneAddress): boolean => seq < db.laneHeads[lane]!.cursor;

/** Claim, to which these rows are spent, and no others. */
function claimOf(spent: (db: Db, row: ReadyEntry) => boolean): Partial<ActionTable> {
  const { Claim } = actions;
  const seen = (db: Db): Db => ({
    ...db,
    attemptEvidence: [],
    readyTombstones: db.readyEntries
      .filter((row) => spent(db, row))
      .map(({ slot, lane, seq }) => ({ slot, lane, seq })),
  });
  return {
    Claim: {
      ...Claim,
      refuse: (db, args, scope) => Claim.refuse(seen(db), args, scope),
      apply: (db, args, scope) => {
        const { outcome, db: after } = Claim.apply(seen(db), args, scope);
        const { readyTombstones } = db;
        const attemptEvidence = [...db.attemptEvidence, ...after.attemptEvidence];
        return { outcome, db: { ...after, readyTombstones, attemptEvidence } };
      },
    },
  };
}

/** A pending row is in the way of prune only if no row of any lane with its number is spent. */
function pruneOfAnyLane(): Partial<ActionTable> {
  const { PruneQueue } = actions;
  return {
    PruneQueue: {
      ...PruneQueue,
      refuse: (db, args, scope) => {
        const refusal = PruneQueue.refuse(db, args, scope);
        if (refusal?.reason !== "queuePendingReady") return refusal;
        const slot = oldestSlot(db.rings.queue, scope.queueSlots);
        const rows = db.readyEntries.filter((row) => row.slot === slot);
        const waiting = pending(db).filter((row) => row.slot === slot);
        const spent = rows.filter((row) => !waiting.includes(row)).map(({ seq }) => seq);
        return waiting.every(({ seq }) => spent.includes(seq)) ? null : refusal;
      },
    },
  };
}

function retryFromZero(): Partial<ActionTable> {
  const { RetryFromDlq } = actions;
  return {
    RetryFromDlq: {
      ...RetryFromDlq,
      apply: (db, args, scope) => {
        const dlqEntries = db.dlqEntries.map((d) => (d.job === args.job ? { ...d, lease: 0 } : d));
        return RetryFromDlq.apply({ ...db, dlqEntries }, args, scope);
      },
    },
  };
}

/** Receipts go only once the cursor is past their rows, and then those rows are spent. */
function pruneBehindCursors(): Partial<ActionTable> {
  const { PruneClaims } = actions;
  return {
    ...claimOf((db, row) => spentSomewhere(db, row) || passed(db, row)),
    PruneClaims: {
      ...PruneClaims,
      refuse: (db, args, scope) => {
        const refusal = PruneClaims.refuse(db, args, scope);
        const slot = oldestSlot(db.rings.claim, scope.claimSlots);
        const ahead = db.leaseClaims.some((c) => c.slot === slot && !passed(db, c));
        if (refusal || !ahead) return refusal;
        return { result: "skippedActive", reason: "claimAheadOfCursor" };
      },
    },
  };
}

/** No failed job is young. */
function pruneOfAllFailed(): Partial<ActionTable> {
  const { PruneQueue } = actions;
  const grown = (scope: Scope): Scope => ({ ...scope, failedFloor: 0 });
  return {
    PruneQueue: {
      ...PruneQueue,
      apply: (db, args, scope) => PruneQueue.apply(db, args, grown(scope)),
      learn: (env, args, outcome, db, scope) =>
        PruneQueue.learn!(env, args, outcome, db, grown(scope)),
    },
  };
}

/** By the name of the configuration in which TLC finds the bug. */
export const coreBugs: Readonly<Record<string, Partial<ActionTable>>> = {
  "spent-battery": claimOf(spentIgnoringBatches),
  "spent-after-purge": claimOf(spentSomewhere),
  "orphan-terminal": keeping("DiscardTerminal", "leaseClaimClosures"),
  "prune-evidence": without("PruneQueue", "skippedActive queueUnclosedClaimRefs"),
  "lease-reset": retryFromZero(),
  "key-leak": keeping("FailToDlq", "uniqueKeys"),
  "key-conflict": {
    ...without("RetryFromDlq", "uniqueConflict"),
    ...without("RetryFromTerminal", "uniqueConflict"),
  },
  "failed-lost": pruneOfAllFailed(),
  "shard-join": pruneOfAnyLane(),
  "claim-prune-gate": pruneBehindCursors(),
  "acked-stale": completedInAnyCase,
  "cancelled-unspent": keeping("CancelReady", "readyTombstones"),
  "cursor-jumps": cursorToTheTail,
  "batch-one-seq": batchWithOneNumber,
  "body-pruned": without("PruneQueue", "skippedActive queueUnclosedClaimRefs"),
  "attempt-left": stateLeft,
  "parked-stateless": keeping("ParkForCallback", "attemptState"),
  "resumed-twice": resumedBesideTheWait,
  "claims-pruned": without("PruneClaims", "skippedActive claimOpen"),
};
