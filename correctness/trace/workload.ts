/**
 * What is called next: a table keyed by action, from dice and beliefs to the arguments of a call
 * that is likely to succeed, and of one that no well-behaved worker makes now and then. Jobs are
 * produced only as long as few are alive, so that slots come free and rings turn.
 */

import { NONE, type Job, type Lane, type Outcome, type Token } from "../../src/core/index.js";
import type { Beliefs, Place } from "./beliefs.js";
import { keyNames } from "./caller.js";
import { oneOf, type Dice } from "./dice.js";
import type { Header, RecordedAction, RecordedCall } from "./history.js";
import type { Worker } from "./worker.js";

type ArgsOf<N extends RecordedAction> = Extract<RecordedCall, { action: N }>["args"];
type Chooser<N extends RecordedAction> = (worker: Worker, all: Workload) => ArgsOf<N> | undefined;

/** How many jobs may be alive before new ones must wait. */
const ALIVE = 12;
const MOST_IN_HAND = 5;
/** A worker dies before one call in so many. */
const DEATH = 40;
/** For so many calls the same is neglected. */
const SEASON = 250;
/** One call in so many is odd. */
const ODD = 12;

/** How often each action is chosen, where it can be. */
const weights: { readonly [N in RecordedAction]: number } = {
  Enqueue: 16,
  PromoteDeferred: 7,
  Claim: 18,
  AdvanceClaimCursor: 5,
  Heartbeat: 7,
  FlushProgress: 6,
  ParkForCallback: 12,
  ResumeCallback: 8,
  CompleteFast: 7,
  CompleteSlow: 7,
  Complete: 9,
  Retry: 5,
  Snooze: 5,
  Fail: 8,
  FailToDlq: 5,
  RescueStaleReceipts: 4,
  RescueExpiredDeadlines: 4,
  RescueStaleLeases: 6,
  RescueExpiredLeaseDeadlines: 4,
  RescueCallbackTimeouts: 4,
  DiscardTerminal: 3,
  RetryFromTerminal: 3,
  FailedToDlq: 3,
  CancelReady: 2,
  CancelRunning: 2,
  MoveReady: 3,
  PurgeDlq: 2,
  RetryFromDlq: 4,
  RotateQueue: 8,
  RotateClaims: 6,
  RotateLeases: 5,
  PruneQueue: 14,
  PruneClaims: 10,
  PruneLeases: 6,
};

const actions = Object.keys(weights) as RecordedAction[];
const total = actions.reduce((sum, action) => sum + weights[action], 0);

function drawn(dice: Dice): RecordedAction {
  let left = dice(total);
  return actions.find((action) => (left -= weights[action]) < 0)!;
}

const isOdd = ({ dice }: Worker): boolean => dice(ODD) === 0;
/** Far from those of lost claims, which were issued, and which nobody holds. */
const neverIssued = ({ job, lease }: Token): Token => ({ job, lease: lease + 100 });

/** A token that is over, that another one holds, that nobody was given yet, or of no job at all. */
function oddToken({ dice }: Worker, { beliefs }: Workload): Token | undefined {
  const running = beliefs.tokensAt("running", "parked");
  const any = oneOf(running, dice);
  const odd = [oneOf(beliefs.over, dice), any, any && neverIssued(any), unknownToken];
  return odd[dice(odd.length)];
}

const unknown: Job = "unknown";
const unknownToken: Token = { job: unknown, lease: 1 };

const ofToken = (worker: Worker, all: Workload): { token: Token } | undefined => {
  const token = isOdd(worker) ? oddToken(worker, all) : oneOf(worker.hands, worker.dice);
  return token && { token };
};

const ofTokenAndWait = (worker: Worker, all: Workload) => {
  const of = ofToken(worker, all);
  return of && { ...of, wait: worker.dice(3) };
};

/** Some of the tokens in hand; at times one of them twice, an odd one among them, or none. */
function ofTokens(worker: Worker, all: Workload): { tokens: Token[] } | undefined {
  const { dice, hands } = worker;
  const some = hands.slice(0, 1 + dice(3));
  if (!isOdd(worker)) return some.length > 0 ? { tokens: some } : undefined;
  const odd = oddToken(worker, all);
  const twice = dice(2) === 0 ? some.slice(0, 1) : [];
  return dice(4) === 0 ? { tokens: [] } : { tokens: [...some, ...twice, ...(odd ? [odd] : [])] };
}

const ofJobAt =
  (...places: Place[]) =>
  (worker: Worker, { beliefs }: Workload): { job: Job } | undefined => {
    const elsewhere = ["ready", "running", "completed", "dead"] as const;
    const at = isOdd(worker) ? elsewhere : places;
    const job = oneOf(beliefs.at(...at), worker.dice) ?? (isOdd(worker) ? unknown : undefined);
    return job === undefined ? undefined : { job };
  };

const ofRing = (ring: "claim" | "lease") => (worker: Worker, all: Workload) => {
  const size = all.slots[ring];
  return { slot: isOdd(worker) ? size : worker.dice(size) };
};

const nothing = () => ({});

const choosers: { readonly [N in RecordedAction]: Chooser<N> } = {
  Enqueue: ({ dice }, all) => {
    if (all.beliefs.alive >= ALIVE) return undefined;
    const batch = dice(25) === 0 ? [] : all.newJobs(1 + dice(4));
    const keys = batch.map(() => (dice(2) === 0 ? oneOf(keyNames, dice)! : null));
    return { lane: all.lane(dice), batch, keys, wait: dice(4) === 0 ? 1 + dice(2) : 0 };
  },
  PromoteDeferred: ofJobAt("deferred"),
  Claim: ({ dice, hands }, all) => {
    const lane = all.lane(dice);
    if (hands.length >= MOST_IN_HAND || lane === all.idleLane) return undefined;
    return { lane, n: 1 + dice(4), deadline: dice(2) === 0 ? 1 + dice(3) : NONE };
  },
  AdvanceClaimCursor: ({ dice }, all) => ({ lane: all.lane(dice) }),
  Heartbeat: ofToken,
  FlushProgress: ofToken,
  ParkForCallback: ofToken,
  ResumeCallback: (worker, all) => {
    const parked = oneOf(all.beliefs.tokensAt("parked"), worker.dice);
    return parked && !isOdd(worker) ? { token: parked } : ofToken(worker, all);
  },
  CompleteFast: ofTokens,
  CompleteSlow: ofTokens,
  Complete: ofTokens,
  Retry: ofTokenAndWait,
  Snooze: ofTokenAndWait,
  Fail: ofToken,
  FailToDlq: ofToken,
  RescueStaleReceipts: ofRing("claim"),
  RescueExpiredDeadlines: ofRing("claim"),
  RescueStaleLeases: ofRing("lease"),
  RescueExpiredLeaseDeadlines: ofRing("lease"),
  RescueCallbackTimeouts: (worker, all) => ({
    ...ofRing("lease")(worker, all),
    wait: worker.dice(3),
  }),
  DiscardTerminal: ofJobAt("completed", "failed", "cancelled"),
  RetryFromTerminal: ofJobAt("failed", "cancelled"),
  FailedToDlq: ofJobAt("failed"),
  CancelReady: ofJobAt("ready"),
  CancelRunning: ofJobAt("running", "parked"),
  MoveReady: (worker, all) => {
    const of = ofJobAt("ready")(worker, all);
    return of && { ...of, lane: all.lane(worker.dice) };
  },
  PurgeDlq: ofJobAt("dead"),
  RetryFromDlq: ofJobAt("dead"),
  RotateQueue: nothing,
  RotateClaims: nothing,
  RotateLeases: nothing,
  PruneQueue: nothing,
  PruneClaims: nothing,
  PruneLeases: nothing,
};

export interface WorkloadOptions {
  readonly lanes: readonly Lane[];
  readonly slots: NonNullable<Header["slots"]>;
  readonly beliefs: Beliefs;
  readonly dice: Dice;
  /** What can be called; all unless said. */
  readonly offers?: (action: RecordedAction) => boolean;
}

export class Workload {
  readonly beliefs: Beliefs;
  readonly slots: NonNullable<Header["slots"]>;
  private readonly lanes: readonly Lane[];
  private readonly dice: Dice;
  private readonly offers: (action: RecordedAction) => boolean;
  private neglected: readonly RecordedAction[] = [];
  /** From which nobody claims for a while. */
  idleLane: Lane | undefined;
  private calls = 0;
  private jobs = 0;

  constructor({ lanes, slots, beliefs, dice, offers = () => true }: WorkloadOptions) {
    this.offers = offers;
    this.lanes = lanes;
    this.dice = dice;
    this.slots = slots;
    this.beliefs = beliefs;
  }

  lane(dice: Dice): Lane {
    return this.lanes[dice(this.lanes.length)]!;
  }

  newJobs(count: number): Job[] {
    return Array.from({ length: count }, () => `j${++this.jobs}`);
  }

  /** What this worker calls next; some time or other it dies, and another one takes its place. */
  next(worker: Worker): RecordedCall {
    const { dice } = worker;
    if (dice(DEATH) === 0) worker.hands = [];
    if (worker.late > 0) worker.late--;
    else if (dice(80) === 0) worker.late = 10;
    if (this.calls++ % SEASON === 0) this.turn();
    for (;;) {
      const action = drawn(dice);
      if (!this.offers(action) || (this.neglected.includes(action) && dice(8) > 0)) continue;
      const args = (choosers[action] as Chooser<RecordedAction>)(worker, this);
      if (args) return { action, args } as RecordedCall;
    }
  }

  /** What nobody does much for a while, from now on: what is in its way then piles up. */
  private turn(): void {
    const { dice, lanes } = this;
    this.neglected = Array.from({ length: dice(6) }, () => oneOf(actions, dice)!);
    this.idleLane = lanes[dice(2 * lanes.length)];
  }

  /** What this worker was told. */
  told(worker: Worker, call: RecordedCall, outcome: Outcome): void {
    this.beliefs.told(call, outcome);
    if (call.action === "Claim") worker.hands.push(...(outcome.tokens ?? []));
    worker.hands = worker.hands.filter((token) => !this.beliefs.isOver(token));
  }
}
