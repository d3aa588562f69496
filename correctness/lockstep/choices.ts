/**
 * Random runs as plain data: a run is a list of choices, and a choice says which action to take
 * and, in numbers, where to look for its arguments. What the numbers mean is decided against the
 * state at hand, so that every part of a run is a run again and shrinking can drop any step.
 */

import fc from "fast-check";
import { actionNames, type ActionName } from "../../src/core/index.js";

export interface Choice {
  readonly action: ActionName;
  /** Where on the circle of names the search for a job, a token or a lane begins. */
  readonly where: number;
  /** How many elements the batch has beyond its first. */
  readonly more: number;
  /** Ticks to wait, for the actions that wait. */
  readonly wait: number;
  /** 0 asks for what is likely to succeed; the highest numbers for what no worker would send. */
  readonly manner: number;
}

export const manners = 10;

/**
 * How often each action is chosen: many small lives that keep both rings turning, and time enough
 * for some attempts to be given up.
 */
const weights: { readonly [N in ActionName]: number } = {
  Enqueue: 6,
  PromoteDeferred: 8,
  Claim: 14,
  AdvanceClaimCursor: 5,
  Heartbeat: 4,
  FlushProgress: 3,
  ParkForCallback: 8,
  ResumeCallback: 6,
  CompleteFast: 3,
  CompleteSlow: 3,
  Complete: 5,
  Retry: 4,
  Snooze: 3,
  Fail: 4,
  FailToDlq: 3,
  RescueStaleReceipts: 5,
  RescueExpiredDeadlines: 3,
  RescueStaleLeases: 4,
  RescueExpiredLeaseDeadlines: 3,
  RescueCallbackTimeouts: 4,
  DiscardTerminal: 3,
  RetryFromTerminal: 3,
  FailedToDlq: 2,
  CancelReady: 2,
  CancelRunning: 2,
  MoveReady: 3,
  PurgeDlq: 2,
  RetryFromDlq: 5,
  RotateQueue: 6,
  RotateClaims: 6,
  RotateLeases: 5,
  PruneQueue: 7,
  PruneClaims: 7,
  PruneLeases: 5,
  PassTime: 24,
  ForgetToken: 6,
};

/** How much more often than usual. */
const OFTEN = 8;

const actionFrom = (often: readonly ActionName[]): fc.Arbitrary<ActionName> =>
  fc.oneof(
    ...(Object.entries(weights) as [ActionName, number][]).map(([name, weight]) => ({
      weight: weight * (often.includes(name) ? OFTEN : 1),
      arbitrary: fc.constant(name),
    })),
  );

/** Half of all batches have one element. */
const more = fc.nat(15).map((n) => Math.max(0, n - 8));

const choiceFrom = (often: readonly ActionName[]): fc.Arbitrary<Choice> =>
  fc.record({
    action: actionFrom(often),
    where: fc.nat(1023),
    more,
    wait: fc.nat(5),
    manner: fc.nat(manners - 1),
  });

/** What a run does seldom: runs in which something is neglected go further than balanced ones. */
const neglected = fc.subarray([...actionNames], { maxLength: 6 });

/** A run begins with new jobs: without any there is little to do. */
const PRODUCERS = 3;

/** How far the search for a shorter run has come: the length of the piece it tries to drop. */
interface Progress {
  readonly piece: number;
  readonly end: number;
}

type Candidate = readonly [run: readonly Choice[], progress: Progress];

const zero = { where: 0, more: 0, wait: 0, manner: 0 } as const;

/** First the run up to a point, by halving; no step behind the failing one matters. */
function* prefixes(run: readonly Choice[]): Generator<Candidate> {
  const dropping = { piece: 0, end: 0 };
  for (let drop = run.length >> 1; drop > 0; drop >>= 1) {
    yield [run.slice(0, run.length - drop), dropping];
  }
}

/** Then the run without one piece, from its end to its beginning, in smaller and smaller pieces. */
function* withoutPieces(run: readonly Choice[], from: Progress): Generator<Candidate> {
  let { piece, end } = from;
  for (; piece > 0; piece >>= 1, end = run.length) {
    for (end = Math.min(end, run.length); end > 0; end -= piece) {
      const start = Math.max(0, end - piece);
      yield [[...run.slice(0, start), ...run.slice(end)], { piece, end: start }];
    }
  }
}

/** Last, plainer choices: the same field of all steps, then field by field of each. */
function* plainer(run: readonly Choice[]): Generator<Candidate> {
  const progress = { piece: 1, end: run.length };
  const fields = Object.keys(zero) as (keyof typeof zero)[];
  for (const field of fields) {
    if (run.some((c) => c[field] !== 0)) yield [run.map((c) => ({ ...c, [field]: 0 })), progress];
  }
  for (const [i, one] of run.entries()) {
    for (const field of fields) {
      if (one[field] !== 0) yield [run.with(i, { ...one, [field]: 0 }), progress];
    }
  }
}

function* shorter(run: readonly Choice[], progress: Progress | undefined): Generator<Candidate> {
  const whole = { piece: run.length >> 1, end: run.length };
  if (!progress || progress.piece === 0) yield* prefixes(run);
  yield* withoutPieces(run, progress && progress.piece > 0 ? progress : whole);
  yield* plainer(run);
}

/**
 * Runs of exactly `steps` choices, which shrink to shorter ones. The library's own arrays shrink
 * one element after the other, each time from the start: too slow where one try is a run on
 * Postgres.
 */
export class Runs extends fc.Arbitrary<readonly Choice[]> {
  private readonly steps: number;
  private readonly often: readonly ActionName[];
  private readonly choice: fc.Arbitrary<Choice>;

  /** Some actions may be chosen more often than usual. */
  constructor(steps: number, often: readonly ActionName[] = []) {
    super();
    this.steps = steps;
    this.often = often;
    this.choice = choiceFrom(often);
  }

  override generate(mrng: fc.Random): fc.Value<readonly Choice[]> {
    const some = neglected.generate(mrng, undefined).value;
    const seldom = some.filter((name) => !this.often.includes(name));
    const drawn = () => this.choice.generate(mrng, undefined).value;
    const draw = () => {
      const [first, second] = [drawn(), drawn()];
      return seldom.includes(first.action) ? second : first;
    };
    const run = Array.from({ length: this.steps }, draw);
    const first = run.slice(0, PRODUCERS).map((c): Choice => ({ ...c, action: "Enqueue" }));
    return new fc.Value([...first, ...run.slice(PRODUCERS)], undefined);
  }

  override canShrinkWithoutContext(_value: unknown): _value is readonly Choice[] {
    return false;
  }

  override shrink(run: readonly Choice[], context: unknown) {
    const candidates = shorter(run, context as Progress | undefined);
    return fc.stream(candidates).map(([value, progress]) => new fc.Value(value, progress));
  }
}
