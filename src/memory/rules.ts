/**
 * For every operation of the contract, the results it may name and what each of them promises.
 * A refusal promises as much as a success: it is true exactly where the success would not be.
 */

import {
  find,
  follow,
  isOpen,
  isOver,
  isRipe,
  isRunning,
  isWaiting,
  leaves,
  mayLeave,
  nameOf,
  nextTick,
  phase,
  unless,
  whereabouts,
  type Arrow,
  type ContractState,
  type Draft,
  type Target,
  type Why,
} from "./life.js";
import type {
  ArgsOf,
  Completion,
  Job,
  Lane,
  OperationName,
  Outcome,
  ResultOf,
  Token,
} from "./operations.js";
import {
  end,
  expire,
  forget,
  handOut,
  hear,
  move,
  park,
  promote,
  rescue,
  resume,
  snooze,
  timeOut,
} from "./steps.js";
import { each, none, some } from "./batches.js";
import { enqueued, mayNotReturn, noneEnqueued, readmit } from "./keys.js";

/** What one result of an operation promises; it builds the successor in `draft` as it goes. */
export type Rule<Args> = (draft: Draft, args: Args, outcome: Outcome) => Why;
type JobRule = Rule<{ readonly job: Job }>;
type TokenRule = Rule<{ readonly token: Token }>;
type TokensRule = Rule<{ readonly tokens: readonly Token[] }>;

/** What is said of one token, or done with it. */
type OfToken = (draft: Draft, token: Token) => Why;

/** A refusal is true exactly where the arrow does not start. */
const cannot =
  (arrow: Arrow): JobRule =>
  (draft, { job }) =>
    unless(!leaves(draft, arrow, job), whereabouts(draft, job));

const along =
  <A extends Arrow>(arrow: A, to: Target<A>): JobRule =>
  (draft, { job }) =>
    follow(draft, arrow, job, to);

const comingBack = (arrow: "RetryFromDlq" | "RetryFromTerminal") => {
  const readmitted: JobRule = (draft, { job }) => readmit(draft, arrow, job);
  const uniqueConflict: JobRule = (draft, { job }) => mayNotReturn(draft, arrow, job);
  return { readmitted, uniqueConflict };
};

const of =
  (one: OfToken): TokenRule =>
  (draft, { token }) =>
    one(draft, token);

/** Maintenance, and what workers forget: no caller can tell the difference. */
const unseen: Rule<unknown> = () => undefined;

function readyIn(state: ContractState, lane: Lane): Job | undefined {
  return [...state.jobs.keys()].find((job) => {
    const is = find(state, job);
    return is.state === "ready" && is.lane === lane;
  });
}

const notDue: JobRule = (draft, { job }) =>
  mayLeave(draft, "Promote", job) ??
  unless(!isRipe(draft, job), `${job} is due since tick ${find(draft, job).due}`);

const claimed: Rule<ArgsOf<"Claim">> = (draft, { lane, n, deadline }, { tokens = [] }) =>
  some(tokens, "token") ??
  unless(tokens.length <= n, `it hands out ${tokens.length} where at most ${n} may go`) ??
  each(tokens, (token) => handOut(draft, token, lane, deadline));

const nothingReady: Rule<ArgsOf<"Claim">> = (draft, { lane, n }) => {
  const job = n > 0 ? readyIn(draft, lane) : undefined;
  return unless(job === undefined, `${job} is ready in lane ${lane}`);
};

/** What becomes of a call on the running attempt: it does its part, or the attempt does not run. */
const unlessParked = { waiting: of(isWaiting), stale: of(isOver) };

const completed: OfToken = (draft, token) => end(draft, token, "completed");

/** A completion answers every token in turn, with one of these words. */
const completion = (words: Readonly<Partial<Record<Completion, OfToken>>>) => {
  const answered: TokensRule = (draft, { tokens }, { each: answers = [] }) =>
    some(tokens, "token") ??
    unless(
      answers.length === tokens.length,
      `it gives ${answers.length} answer(s) for ${tokens.length} token(s)`,
    ) ??
    each(tokens, (token, i) => {
      const word = Object.hasOwn(words, answers[i]!) && words[answers[i] as Completion];
      return word
        ? word(draft, token)
        : `${answers[i]} is none of ${Object.keys(words).join(", ")}`;
    });
  const empty: TokensRule = (_, { tokens }) => none(tokens);
  return { answered, empty };
};

/** The contract does not say which attempts are rescued, only which may be. */
const rescued = <Args>(one: (draft: Draft, token: Token, args: Args) => Why) => {
  const rule: Rule<Args> = (draft, args, { tokens = [] }) =>
    some(tokens, "token") ?? each(tokens, (token) => one(draft, token, args));
  return { rescued: rule, noop: unseen };
};

const sameLane: Rule<ArgsOf<"MoveReady">> = (draft, { job, lane }) => {
  const is = find(draft, job);
  return (
    unless(is.state === "ready", whereabouts(draft, job)) ??
    unless(is.lane === lane, `${job} waits in lane ${is.lane}, not in ${lane}`)
  );
};

const passed: Rule<unknown> = (draft) => {
  draft.now += 1;
  return undefined;
};

const nothingWaits: Rule<unknown> = (draft) => {
  const job = [...draft.jobs.keys()].find((name) => nextTick(draft, name) < Infinity);
  return job && `${job} waits for tick ${nextTick(draft, job)}, and it is tick ${draft.now}`;
};

const rotation = { rotated: unseen, skippedBusy: unseen, blocked: unseen };
const prune = { pruned: unseen, skippedActive: unseen, blocked: unseen, noop: unseen };

export const rules: {
  readonly [N in OperationName]: { readonly [R in ResultOf<N>]: Rule<ArgsOf<N>> };
} = {
  Enqueue: { enqueued, uniqueConflict: noneEnqueued, empty: (_, { batch }) => none(batch) },
  PromoteDeferred: {
    promoted: (draft, { job }) => promote(draft, job),
    notDeferred: cannot("Promote"),
    notDue,
  },
  Claim: { claimed, empty: nothingReady },
  AdvanceClaimCursor: { advanced: unseen, noop: unseen },
  Heartbeat: { recorded: of(hear), ...unlessParked },
  FlushProgress: { flushed: of(isRunning), ...unlessParked },
  ParkForCallback: { parked: of(park), ...unlessParked },
  ResumeCallback: {
    resumed: of(resume),
    notWaiting: (draft, { token }) =>
      unless(phase(draft, token) !== "waiting", `${nameOf(token)} is the waiting attempt`),
  },
  CompleteFast: completion({ completed, leaseManaged: isOpen, stale: isOver }),
  CompleteSlow: completion({
    completed,
    receiptOnly: isRunning,
    waiting: isWaiting,
    stale: isOver,
  }),
  Complete: completion({ completed, waiting: isWaiting, stale: isOver }),
  Retry: {
    retried: (draft, { token, wait }) => end(draft, token, "deferred", { due: draft.now + wait }),
    ...unlessParked,
  },
  Snooze: {
    snoozed: (draft, { token, wait }) => snooze(draft, token, draft.now + wait),
    ...unlessParked,
  },
  Fail: {
    failed: of((draft, token) =>
      end(draft, token, "failed", { due: draft.now + draft.failedFloor }),
    ),
    ...unlessParked,
  },
  FailToDlq: { deadLettered: of((draft, token) => end(draft, token, "dead")), ...unlessParked },
  RescueStaleReceipts: rescued(rescue),
  RescueExpiredDeadlines: rescued(expire),
  RescueStaleLeases: rescued(rescue),
  RescueExpiredLeaseDeadlines: rescued(expire),
  RescueCallbackTimeouts: rescued((draft, token, { wait }) => timeOut(draft, token, wait)),
  DiscardTerminal: { discarded: along("Discard", "removed"), notTerminal: cannot("Discard") },
  RetryFromTerminal: {
    ...comingBack("RetryFromTerminal"),
    notRetryable: cannot("RetryFromTerminal"),
  },
  FailedToDlq: { deadLettered: along("Bury", "dead"), notFailed: cannot("Bury") },
  CancelReady: { cancelled: along("CancelReady", "cancelled"), notReady: cannot("CancelReady") },
  CancelRunning: {
    cancelled: along("CancelRunning", "cancelled"),
    notRunning: cannot("CancelRunning"),
  },
  MoveReady: {
    moved: (draft, { job, lane }) => move(draft, job, lane),
    notReady: cannot("Claim"),
    sameLane,
  },
  PurgeDlq: { purged: along("Purge", "removed"), notInDlq: cannot("Purge") },
  RetryFromDlq: { ...comingBack("RetryFromDlq"), notInDlq: cannot("RetryFromDlq") },
  RotateQueue: rotation,
  RotateClaims: rotation,
  RotateLeases: rotation,
  PruneQueue: prune,
  PruneClaims: prune,
  PruneLeases: prune,
  PassTime: { passed, noop: nothingWaits },
  ForgetToken: { forgotten: unseen },
  Forget: {
    forgotten: (draft, { jobs }) => each(jobs, (job) => forget(draft, job)),
  },
};
