/** Terminal rows written by a later pass, a rejected design: twin of DeferredMaterialize.tla. */

import {
  about,
  claimTables,
  has,
  nextSlot,
  oldestSlot,
  openReceipts,
  pending,
  queueTables,
  shown,
  slotEmpty,
  truncated,
  unmaterialised,
  type DeferredConstants,
  type DeferredState,
  type JobRow,
  type Stage,
  type Table,
} from "./deferred-rows.js";
import { canonical, type FocusedAction, type FocusedModel } from "./focused.js";

type Constants = DeferredConstants;
type Action<A extends object = object> = FocusedAction<DeferredState, Constants, A>;
type JobAction = Action<{ readonly job: string }>;

function reached(state: DeferredState, rows: readonly JobRow[], stage: Stage) {
  return { ...state.history, ...Object.fromEntries(rows.map((r) => [r.job, stage])) };
}

const jobs = ({ Jobs }: Constants) => Jobs.map((job) => ({ job }));

const Enqueue: JobAction = {
  candidates: jobs,
  step(state, { job }) {
    const { db, history } = state;
    if (history[job] !== "absent") return { outcome: { result: "known" }, state };
    const row = { slot: db.rings.queue.cur, job };
    return {
      outcome: { result: "enqueued" },
      state: {
        db: { ...db, readyEntries: [...db.readyEntries, row] },
        history: reached(state, [row], "pending"),
      },
    };
  },
};

/** The evidence shares the slot of the ready row, the receipt goes to the current claim slot. */
const Claim: JobAction = {
  candidates: jobs,
  step(state, { job }) {
    const { db } = state;
    const row = pending(db).find((r) => r.job === job);
    if (!row) return { outcome: { result: "empty" }, state };
    const receipt = { slot: db.rings.claim.cur, ready: row.slot, job };
    const next = {
      ...db,
      attemptEvidence: [...db.attemptEvidence, row],
      leaseClaims: [...db.leaseClaims, receipt],
    };
    const history = reached(state, [row], "running");
    return { outcome: { result: "claimed" }, state: { db: next, history } };
  },
};

/** The closure is all that completing writes. */
const Complete: JobAction = {
  candidates: jobs,
  step(state, { job }) {
    const { db } = state;
    const receipt = openReceipts(db).find((c) => c.job === job);
    if (!receipt) return { outcome: { result: "stale" }, state };
    const closure = { slot: receipt.slot, job, outcome: "completed" };
    const next = { ...db, leaseClaimClosures: [...db.leaseClaimClosures, closure] };
    const history = reached(state, [closure], "finished");
    return { outcome: { result: "completed" }, state: { db: next, history } };
  },
};

/** A pass over one claim slot; terminal rows go to the current queue slot. */
const Materialise: Action<{ readonly slot: number }> = {
  candidates: ({ ClaimSlots }) => Array.from({ length: ClaimSlots }, (_, slot) => ({ slot })),
  step(state, { slot }) {
    const { db } = state;
    const joined = unmaterialised(db).filter((c) => c.slot === slot);
    if (joined.length === 0) return { outcome: { result: "noop" }, state };
    const rows = joined.map(({ job }) => ({ slot: db.rings.queue.cur, job }));
    const next = { ...db, doneEntries: [...db.doneEntries, ...rows] };
    const history = reached(state, rows, "materialised");
    return { outcome: { result: "materialised" }, state: { db: next, history } };
  },
};

/** A terminal delete: while the receipt exists, a closure says so. */
const Forget: JobAction = {
  candidates: jobs,
  step(state, { job }) {
    const { db } = state;
    const row = db.doneEntries.find((d) => d.job === job);
    if (!row) return { outcome: { result: "notTerminal" }, state };
    const removal = db.leaseClaims
      .filter((c) => c.job === job)
      .map(({ slot }) => ({ slot, job, outcome: "terminalRemoved" }));
    const next = {
      ...db,
      doneEntries: db.doneEntries.filter((d) => d.job !== job),
      leaseClaimClosures: [...db.leaseClaimClosures, ...removal],
    };
    const history = reached(state, [row], "forgotten");
    return { outcome: { result: "discarded" }, state: { db: next, history } };
  },
};

const rotation = (
  name: "queue" | "claim",
  tables: readonly Table[],
  size: (constants: Constants) => number,
): Action => ({
  candidates: () => [{}],
  step(state, _args, constants) {
    const ring = state.db.rings[name];
    const cur = nextSlot(ring, size(constants));
    if (!slotEmpty(state.db, tables, cur)) return { outcome: { result: "skippedBusy" }, state };
    const rotated = { cur, init: Math.min(ring.init + 1, size(constants)) };
    const db = { ...state.db, rings: { ...state.db.rings, [name]: rotated } };
    return { outcome: { result: "rotated" }, state: { ...state, db } };
  },
});

/** Takes the slot's bodies; its terminal rows are history that goes with it. */
const PruneQueue: Action = {
  candidates: () => [{}],
  step(state, _args, { QueueSlots }) {
    const { db } = state;
    const slot = oldestSlot(db.rings.queue, QueueSlots);
    const skipped = (reason: string) => ({ outcome: { result: "skippedActive", reason }, state });
    if (db.rings.queue.init === 1 || slotEmpty(db, queueTables, slot))
      return { outcome: { result: "noop" }, state };
    if (pending(db).some((r) => r.slot === slot)) return skipped("queuePendingReady");
    if (openReceipts(db).some((c) => c.ready === slot)) return skipped("queueUnclosedClaimRefs");
    if (unmaterialised(db).some((c) => c.ready === slot)) return skipped("queueUnmaterialised");
    const forgotten = db.doneEntries.filter((d) => d.slot === slot);
    const history = reached(state, forgotten, "forgotten");
    const next = truncated(db, queueTables, slot);
    return { outcome: { result: "pruned" }, state: { db: next, history } };
  },
};

const PruneClaims: Action = {
  candidates: () => [{}],
  step(state, _args, { ClaimSlots }) {
    const { db } = state;
    const slot = oldestSlot(db.rings.claim, ClaimSlots);
    const skipped = (reason: string) => ({ outcome: { result: "skippedActive", reason }, state });
    if (db.rings.claim.init === 1 || slotEmpty(db, claimTables, slot))
      return { outcome: { result: "noop" }, state };
    if (openReceipts(db).some((c) => c.slot === slot)) return skipped("claimOpen");
    if (unmaterialised(db).some((c) => c.slot === slot)) return skipped("claimUnmaterialised");
    const next = truncated(db, claimTables, slot);
    return { outcome: { result: "pruned" }, state: { ...state, db: next } };
  },
};

/** Rows of jobs that have no terminal row yet. */
const unsettled = ({ db, history }: DeferredState, table: Table): readonly JobRow[] =>
  db[table].filter((r) => ["pending", "running", "finished"].includes(history[r.job]!));

const kept = (row: JobRow, rows: readonly JobRow[]): boolean =>
  rows.some((r) => canonical({ ...r }) === canonical({ ...row }));

const inStage = ({ history }: DeferredState, ...stages: readonly Stage[]): readonly string[] =>
  Object.keys(history).filter((job) => stages.includes(history[job]!));

/** The terminal rows that a step wrote. */
const wrote = (before: DeferredState, after: DeferredState): readonly JobRow[] =>
  after.db.doneEntries.filter((d) => !has(before.db.doneEntries, d.slot, d.job));

export const deferredMaterialize: FocusedModel<DeferredState, Constants> = {
  initial: ({ Jobs }) => ({
    db: {
      rings: { queue: { cur: 0, init: 1 }, claim: { cur: 0, init: 1 } },
      readyEntries: [],
      attemptEvidence: [],
      leaseClaims: [],
      leaseClaimClosures: [],
      doneEntries: [],
    },
    history: Object.fromEntries(Jobs.map((job) => [job, "absent"])),
  }),
  actions: {
    Enqueue,
    Claim,
    Complete,
    Materialise,
    Forget,
    RotateQueue: rotation("queue", queueTables, ({ QueueSlots }) => QueueSlots),
    RotateClaims: rotation("claim", claimTables, ({ ClaimSlots }) => ClaimSlots),
    PruneQueue,
    PruneClaims,
  },
  invariants: {
    NoLostJob: {
      loss: "a job that was accepted or reported as finished disappears, and nobody can tell",
      holds: (state) =>
        inStage(state, "pending").every((job) => about(pending(state.db), job)) &&
        inStage(state, "running").every((job) => about(openReceipts(state.db), job)) &&
        inStage(state, "finished", "materialised").every((job) => shown(state.db).has(job)),
    },
    ForgottenStaysForgotten: {
      loss: "history that somebody removed comes back, and is shown as new",
      holds: (state) => inStage(state, "forgotten").every((job) => !shown(state.db).has(job)),
    },
  },
  stepProperties: {
    SourceNotTruncated: {
      loss: "the pass finds nothing to join with, and the terminal row can never be written",
      holds: (before, after) =>
        (["readyEntries", "leaseClaims", "leaseClaimClosures"] as const).every((table) =>
          unsettled(before, table).every((row) => kept(row, after.db[table])),
        ),
    },
    ReaderAgrees: {
      loss: "a dashboard changes its answer because maintenance ran, and not because a job did",
      holds: (before, after) =>
        wrote(before, after).length === 0 ||
        [...shown(before.db)].sort().join() === [...shown(after.db)].sort().join(),
    },
    MaterialiseIdempotent: {
      loss: "one job is counted as finished twice, or once more after it was removed",
      holds: (before, after) =>
        wrote(before, after).every(
          ({ job }) => !["materialised", "forgotten"].includes(before.history[job]!),
        ),
    },
  },
  liveness: {
    EventuallyMaterialised: {
      loss: "readers pay for the join for ever, and both rings stay pinned behind it",
    },
  },
};
