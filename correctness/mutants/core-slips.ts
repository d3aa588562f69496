/** Wrong actions of the core that leave something out, or say too much; named in core-bugs.ts. */

import { actions, type ActionTable } from "../../src/core/index.js";
import { keeping } from "./core.js";

const { AdvanceClaimCursor, CompleteFast, Enqueue, ResumeCallback } = actions;

export const completedInAnyCase: Partial<ActionTable> = {
  CompleteFast: {
    ...CompleteFast,
    apply: (db, { tokens }, scope) => ({
      ...CompleteFast.apply(db, { tokens }, scope),
      outcome: { result: "answered", each: tokens.map(() => "completed") },
    }),
  },
};

export const cursorToTheTail: Partial<ActionTable> = {
  AdvanceClaimCursor: {
    ...AdvanceClaimCursor,
    refuse: () => null,
    apply: (db, { lane }) => {
      const { next } = db.laneHeads[lane]!;
      return {
        db: { ...db, laneHeads: { ...db.laneHeads, [lane]: { next, cursor: next } } },
        outcome: { result: "advanced", cursor: next },
      };
    },
  },
};

export const batchWithOneNumber: Partial<ActionTable> = {
  Enqueue: {
    ...Enqueue,
    apply: (db, args, scope) => {
      const { outcome, db: after } = Enqueue.apply(db, args, scope);
      const { next } = db.laneHeads[args.lane]!;
      const readyEntries = after.readyEntries.map((row) =>
        db.readyEntries.includes(row) ? row : { ...row, seq: next },
      );
      return { outcome, db: { ...after, readyEntries } };
    },
  },
};

export const resumedBesideTheWait: Partial<ActionTable> = {
  ResumeCallback: {
    ...ResumeCallback,
    apply: (db, args, scope) => {
      const { outcome, db: after } = ResumeCallback.apply(db, args, scope);
      const waits = db.leases.filter((lease) => !after.leases.includes(lease));
      return { outcome, db: { ...after, leases: [...after.leases, ...waits] } };
    },
  },
};

/** What ends an attempt leaves its state behind. */
export const stateLeft: Partial<ActionTable> = {
  ...keeping("CompleteFast", "attemptState"),
  ...keeping("Complete", "attemptState"),
  ...keeping("Retry", "attemptState"),
  ...keeping("RescueStaleReceipts", "attemptState"),
};
