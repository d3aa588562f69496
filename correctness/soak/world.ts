/** What all who call have in common. */

import type { ClaimerTerms } from "../../src/postgres/answers.js";
import type { LostCalls } from "../trace/lost-calls.js";
import type { Surroundings } from "../trace/session.js";
import type { LeapingClock } from "./clock.js";
import type { Dispatch } from "./dispatch.js";
import type { HandOuts } from "./hand-outs.js";
import type { Call, Job } from "./job.js";
import type { Ledger } from "./ledger.js";
import type { Pace, Recoveries } from "./recovery.js";
import type { Timetable } from "./timetable.js";

/** Lanes by queue, priority and shard. */
export const lanes = [
  ["mail", 1, 0],
  ["mail", 1, 1],
  ["mail", 2, 0],
  ["sms", 1, 0],
  ["sms", 3, 2],
  ["bulk", 1, 0],
] as const;

/** Milliseconds; a clock that leaps ahead makes everything in hand stale. */
export const terms = {
  staleAfter: 2_000,
  deadline: 3_000,
  callbackWait: 1_500,
  failedFloor: 2_000,
  maxAttempts: 3,
} as const;

const SEASONS = { busy: 6_000, calm: 8_000 } as const;

/** For a while no work takes long and nobody dies, so that rings turn as fast as they can. */
export const isCalm = ({ started }: World): boolean =>
  (performance.now() - started) % (SEASONS.busy + SEASONS.calm) > SEASONS.busy;

export type Over = () => readonly Job[] | void;

export interface World {
  readonly schema: string;
  readonly seed: number;
  /** Milliseconds of the machine. */
  readonly started: number;
  /** A fault after which work has not gone on for so many milliseconds is a finding. */
  readonly patience: number;
  readonly ledger: Ledger;
  readonly handOuts: HandOuts;
  readonly dispatch: Dispatch;
  readonly claimers: ClaimerTerms;
  readonly clock: LeapingClock;
  readonly around: Surroundings;
  readonly timetable: Timetable;
  readonly recoveries: Recoveries;
  readonly pace: Pace;
  /** What is to be done once the session of a lost call has come to an end; the jobs it names. */
  readonly lost: LostCalls<Over>;
  /** Claims that were lost, and whose receipts are to be looked for. */
  readonly lostClaims: Call[];
  /** Ids of the lanes, in their order. */
  readonly lanes: number[];
  /** The latest time at which a queue slot was pruned, or is being. */
  prunedAt: number;
  /** How many calls were made. */
  calls: number;
  /** Whether it is time to stop. */
  over: boolean;
  /** Ends all of it at once. */
  readonly signal: AbortSignal | undefined;
}
