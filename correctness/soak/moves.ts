/** What each call makes of a job, and of the attempt that it names, if it is done. */

/**
 * Where a job is, as far as accounts go. `gone`: an administrator removed it for good; `unclear`:
 * it has ended, and of several calls of which nobody knows the answer any may have done it.
 */
export type Place = "alive" | "completed" | "failed" | "cancelled" | "dead" | "gone" | "unclear";
export const places: readonly Place[] = [
  ...(["alive", "completed", "failed", "cancelled", "dead", "gone", "unclear"] as const),
];

/** Of these there is a fact, which is counted; it may be pruned, and is counted still. */
export const factual = ["completed", "failed", "cancelled"] as const;

export interface Move {
  /** The answer that says that it was done. */
  readonly done: string;
  readonly from: readonly Place[];
  readonly to: Place;
  /** Whether the attempt that the call names is over then. */
  readonly ends: boolean;
}

const alive = ["alive"] as const;
const ends = (done: string, to: Place): Move => ({ done, from: alive, to, ends: true });
const goesOn = (done: string): Move => ({ done, from: alive, to: "alive", ends: false });
const moved = (done: string, from: readonly Place[], to: Place): Move => ({
  ...{ done, from, to },
  ends: false,
});

export const moves = {
  complete: ends("completed", "completed"),
  fail: ends("failed", "failed"),
  failToDlq: ends("deadLettered", "dead"),
  retry: ends("retried", "alive"),
  snooze: ends("snoozed", "alive"),
  heartbeat: goesOn("recorded"),
  flushProgress: goesOn("flushed"),
  parkForCallback: goesOn("parked"),
  resumeCallback: goesOn("resumed"),
  moveReady: goesOn("moved"),
  reprioritise: goesOn("moved"),
  moveQueue: goesOn("moved"),
  cancelReady: moved("cancelled", alive, "cancelled"),
  cancelRunning: moved("cancelled", alive, "cancelled"),
  retryFromTerminal: moved("readmitted", ["failed", "cancelled"], "alive"),
  failedToDlq: moved("deadLettered", ["failed"], "dead"),
  discardTerminal: moved("discarded", factual, "gone"),
  purgeDlq: moved("purged", ["dead"], "gone"),
  retryFromDlq: moved("readmitted", ["dead"], "alive"),
} as const satisfies Record<string, Move>;

export type MoveName = keyof typeof moves;

/** A parked attempt whose callback does not come: its job may be given up, and nobody told. */
export const timesOut: Move = moved("timedOut", alive, "dead");

/** Rescue ends attempts that it names only in its answer. */
export const rescued: Move = ends("rescued", "alive");

/** Whether it leaves a job where it is. */
export const staysAlive = ({ from, to }: Move): boolean => to === "alive" && from[0] === "alive";
