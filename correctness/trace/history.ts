/**
 * A history: what concurrent callers asked of a storage and were told, as a file with one JSON
 * object per line. The first line says what the storage is, every other one is an event. Events
 * carry intervals, in which they took effect at some point; nobody says in which order they did.
 */

import { z } from "zod";
import type { Outcome } from "../../src/core/index.js";

const name = z.string().min(1);
const count = z.int().min(0);
const atLeastOne = z.int().min(1);
const token = z.object({ job: name, lease: atLeastOne });

const none = z.object({});
const ofJob = z.object({ job: name });
const ofLane = z.object({ lane: name });
const ofToken = z.object({ token });
const ofTokens = z.object({ tokens: z.array(token) });
const ofSlot = z.object({ slot: count });
const postponed = ofToken.extend({ wait: count });

/** The operations of QueueContract that callers make, with their arguments. */
const args = {
  Enqueue: z.object({
    lane: name,
    batch: z.array(name).describe("names that the caller gives to the new jobs"),
    keys: z.array(name.nullable()).optional().describe("the unique key of each job, or null"),
    wait: count.describe("ticks until the jobs are due"),
  }),
  PromoteDeferred: ofJob,
  Claim: z.object({
    lane: name,
    n: atLeastOne.describe("the most jobs to hand out"),
    deadline: count.describe("ticks until the attempts must have ended; 99 for no deadline"),
  }),
  AdvanceClaimCursor: ofLane,
  Heartbeat: ofToken,
  FlushProgress: ofToken,
  ParkForCallback: ofToken,
  ResumeCallback: ofToken,
  CompleteFast: ofTokens,
  CompleteSlow: ofTokens,
  Complete: ofTokens,
  Retry: postponed,
  Snooze: postponed,
  Fail: ofToken,
  FailToDlq: ofToken,
  RescueStaleReceipts: ofSlot,
  RescueExpiredDeadlines: ofSlot,
  RescueStaleLeases: ofSlot,
  RescueExpiredLeaseDeadlines: ofSlot,
  RescueCallbackTimeouts: ofSlot.extend({ wait: count }),
  DiscardTerminal: ofJob,
  RetryFromTerminal: ofJob,
  FailedToDlq: ofJob,
  CancelReady: ofJob,
  CancelRunning: ofJob,
  MoveReady: ofJob.extend({ lane: name }),
  PurgeDlq: ofJob,
  RetryFromDlq: ofJob,
  RotateQueue: none,
  RotateClaims: none,
  RotateLeases: none,
  PruneQueue: none,
  PruneClaims: none,
  PruneLeases: none,
} as const;

const outcome = z.object({
  result: name,
  each: z.array(name).optional().describe("what a completion says of each token"),
  jobs: z.array(name).optional().describe("the jobs of the batch that were enqueued"),
  tokens: z.array(token).optional().describe("the attempts that began, or were rescued"),
  cursor: count.optional(),
  which: z.array(name).optional(),
  reason: name.optional(),
});

/** Cells of a row of the storage model, in its column order; points in time are ticks. */
const cells = z.array(z.union([z.string(), z.number(), z.null()]));

const change = z
  .object({
    table: name,
    put: cells.optional().describe("a row that was inserted, or that an update left"),
    drop: cells.optional().describe("a row that was deleted"),
    clear: count.optional().describe("the slot that was truncated"),
  })
  .describe("one change of the rows of ringproof, in the terms of its storage model");

const about = {
  id: count.describe("names the event"),
  worker: name.describe("whoever calls; a worker makes one call at a time"),
  tick: z.int().describe("what the clock of the caller says"),
  call: z.number().describe("when the call began, in any unit, on one clock for all"),
  return: z.number().nullable().describe("when it had ended; null if nobody knows"),
  outcome: outcome.nullable().describe("what the caller was told; null if it was told nothing"),
  commit: count
    .nullable()
    .optional()
    .describe("the place of its transaction in the order of commits; null if it did not commit"),
  changes: z.array(change).optional().describe("what it did to the rows of ringproof"),
  fault: name.optional().describe("why its caller was told nothing, as in: cut before COMMIT"),
  gone: z.number().optional().describe("when a lost call could do nothing more, as was found"),
};

export const recordedActions = Object.keys(args) as (keyof typeof args)[];
const events = recordedActions.map((action) =>
  z.object({ ...about, action: z.literal(action), args: args[action] }),
);

export const headerSchema = z.object({
  ringproof: z.literal(1).describe("the version of this format"),
  storage: name.describe("what was recorded"),
  lanes: z.array(name),
  limits: z.object({
    staleAfter: atLeastOne.describe("ticks of silence after which an attempt may be rescued"),
    callbackWait: atLeastOne.describe("ticks after which a parked attempt times out"),
    maxAttempts: atLeastOne.describe("attempts after which a timeout gives the job up"),
    failedFloor: count.describe("ticks for which a failed job is not forgotten"),
    readyWhenDue: z
      .boolean()
      .optional()
      .describe("whether a deferred job is ready once its wait is over, with no PromoteDeferred"),
  }),
  slots: z
    .object({ queue: z.int().min(2), claim: z.int().min(2), lease: z.int().min(2) })
    .optional()
    .describe("of the rings of ringproof; with them every event has a commit and changes"),
  about: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
});

export const eventSchema = z.discriminatedUnion("action", events as [(typeof events)[number]]);

export type Header = z.infer<typeof headerSchema>;
export type Change = z.infer<typeof change>;
export type Cells = z.infer<typeof cells>;
export type RecordedAction = keyof typeof args;

/** An operation of the contract, with its arguments. */
export type RecordedCall = {
  [N in RecordedAction]: {
    readonly action: N;
    readonly args: z.infer<(typeof args)[N]>;
  };
}[RecordedAction];

/** One call, its interval, and what the caller was told. */
export type Event = RecordedCall &
  Readonly<Pick<z.infer<(typeof events)[number]>, Exclude<keyof typeof about, "outcome">>> & {
    readonly outcome: Outcome | null;
  };

export interface History {
  readonly header: Header;
  /** By the beginning of their calls. */
  readonly events: readonly Event[];
}
