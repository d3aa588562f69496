/**
 * The queue contract as a judge: given all that was promised so far, may a storage answer a call
 * this way? Left out, because no caller may rely on it: the order of jobs, slots, and how much of
 * what is ready one claim takes. All else is exact: a false refusal is as wrong as a false success.
 */

import {
  end,
  find,
  follow,
  forget,
  handOut,
  isOver,
  isRipe,
  leaves,
  mayLeave,
  promote,
  rescue,
  unless,
  whereabouts,
  type Arrow,
  type ContractState,
  type Draft,
  type Place,
  type Why,
} from "./life.js";
import type {
  ArgsOf,
  Job,
  Lane,
  Operation,
  OperationName,
  Outcome,
  ResultOf,
  Token,
} from "./operations.js";

/** What one result of an operation promises; it builds the successor in `draft` as it goes. */
type Rule<Args> = (draft: Draft, args: Args, outcome: Outcome) => Why;
type JobRule = Rule<{ readonly job: Job }>;
type TokenRule = Rule<{ readonly token: Token }>;

/** The first broken promise of a batch; every element meets what the ones before it left. */
function each<T>(items: readonly T[], one: (item: T, index: number) => Why): Why {
  for (const [index, item] of items.entries()) {
    const broken = one(item, index);
    if (broken) return broken;
  }
  return undefined;
}

const some = (list: readonly unknown[], what: string): Why =>
  unless(list.length > 0, `it names no ${what}`);

const none = (list: readonly unknown[]): Why =>
  unless(list.length === 0, `the batch has ${list.length} element(s)`);

/** A refusal is true exactly where the arrow does not start. */
const cannot =
  (arrow: Arrow): JobRule =>
  (draft, { job }) =>
    unless(!leaves(draft, arrow, job), whereabouts(draft, job));

const stale: TokenRule = (draft, { token }) => isOver(draft, token);

/** Maintenance, and what workers forget: no caller can tell the difference. */
const unseen: Rule<unknown> = () => undefined;

function readyIn(state: ContractState, lane: Lane): Job | undefined {
  for (const [job, is] of state.jobs) if (is.state === "ready" && is.lane === lane) return job;
  return undefined;
}

const enqueued: Rule<ArgsOf<"Enqueue">> = (draft, { lane, batch, wait }, { jobs = [] }) =>
  some(batch, "job") ??
  unless(jobs.length === batch.length, `it names ${jobs.length} of ${batch.length} job(s)`) ??
  each(
    batch,
    (job, i) =>
      unless(jobs[i] === job, `it names ${jobs[i]} where the batch has ${job}`) ??
      (wait === 0
        ? follow(draft, "Enqueue", job, "ready", { lane })
        : follow(draft, "Enqueue", job, "deferred", { lane, due: draft.now + wait })),
  );

const notDue: JobRule = (draft, { job }) =>
  mayLeave(draft, "Promote", job) ??
  unless(!isRipe(draft, job), `${job} is due since tick ${find(draft, job).due}`);

const claimed: Rule<ArgsOf<"Claim">> = (draft, { lane, n }, { tokens = [] }) =>
  some(tokens, "token") ??
  unless(tokens.length <= n, `it hands out ${tokens.length} where at most ${n} may go`) ??
  each(tokens, (token) => handOut(draft, token, lane));

const nothingReady: Rule<ArgsOf<"Claim">> = (draft, { lane, n }) => {
  const job = n > 0 ? readyIn(draft, lane) : undefined;
  return unless(job === undefined, `${job} is ready in lane ${lane}`);
};

const answered: Rule<ArgsOf<"CompleteFast">> = (draft, { tokens }, { each: answers = [] }) =>
  some(tokens, "token") ??
  unless(
    answers.length === tokens.length,
    `it gives ${answers.length} answer(s) for ${tokens.length} token(s)`,
  ) ??
  each(tokens, (token, i) => {
    if (answers[i] === "completed") return end(draft, token, "completed");
    return answers[i] === "stale"
      ? isOver(draft, token)
      : `${answers[i]} is neither completed nor stale`;
  });

const rescued: Rule<unknown> = (draft, _args, { tokens = [] }) =>
  some(tokens, "token") ?? each(tokens, (token) => rescue(draft, token));

const passed: Rule<unknown> = (draft) => {
  draft.now += 1;
  return undefined;
};

const nothingWaits: Rule<unknown> = (draft) => {
  const job = [...draft.jobs.keys()].find((name) => !isRipe(draft, name));
  return job && `${job} waits for tick ${find(draft, job).due}, and it is tick ${draft.now}`;
};

const rotation = { rotated: unseen, skippedBusy: unseen };
const prune = { pruned: unseen, skippedActive: unseen, blocked: unseen, noop: unseen };

/** For every operation, the results it may name and what each of them promises. */
const rules: {
  readonly [N in OperationName]: { readonly [R in ResultOf<N>]: Rule<ArgsOf<N>> };
} = {
  Enqueue: { enqueued, empty: (_, { batch }) => none(batch) },
  PromoteDeferred: {
    promoted: (draft, { job }) => promote(draft, job),
    notDeferred: cannot("Promote"),
    notDue,
  },
  Claim: { claimed, empty: nothingReady },
  AdvanceClaimCursor: { advanced: unseen, noop: unseen },
  CompleteFast: { answered, empty: (_, { tokens }) => none(tokens) },
  Retry: {
    retried: (draft, { token, wait }) => end(draft, token, "deferred", draft.now + wait),
    stale,
  },
  FailToDlq: { deadLettered: (draft, { token }) => end(draft, token, "dead"), stale },
  RescueStaleReceipts: { rescued, noop: unseen },
  DiscardTerminal: {
    discarded: (draft, { job }) => forget(draft, "Discard", job),
    notTerminal: cannot("Discard"),
  },
  CancelReady: {
    cancelled: (draft, { job }) => follow(draft, "Cancel", job, "cancelled"),
    notReady: cannot("Cancel"),
  },
  PurgeDlq: {
    purged: (draft, { job }) => forget(draft, "Purge", job),
    notInDlq: cannot("Purge"),
  },
  RetryFromDlq: {
    readmitted: (draft, { job }) => follow(draft, "RetryFromDlq", job, "ready"),
    notInDlq: cannot("RetryFromDlq"),
  },
  RotateQueue: rotation,
  RotateClaims: rotation,
  PruneQueue: prune,
  PruneClaims: prune,
  PassTime: { passed, noop: nothingWaits },
  ForgetToken: { forgotten: unseen },
  Forget: { forgotten: (draft, { jobs }) => each(jobs, (job) => forget(draft, "Forget", job)) },
};

/** Nothing was enqueued yet, and it is tick 0. */
export const initial = ({ staleAfter }: { readonly staleAfter: number }): ContractState => ({
  now: 0,
  staleAfter,
  jobs: new Map(),
  acks: new Set(),
});

export type Verdict =
  | { readonly ok: true; readonly state: ContractState }
  | { readonly ok: false; readonly why: string };

/**
 * Whether the contract allows this answer to this call: the state after it, or one sentence that
 * names the job or token and the promise that the answer breaks. Jobs and lanes that nobody
 * enqueued are absent, not errors; an operation or result outside the table is refused. Pure:
 * `state` stays as it is. Takes time in proportion to the number of jobs in `state`.
 */
export function allows(state: ContractState, operation: Operation, outcome: Outcome): Verdict {
  const { action, args } = operation;
  const { result } = outcome;
  const known = Object.hasOwn(rules, action) && Object.hasOwn(rules[action], result);
  if (!known) return { ok: false, why: `${action} never says ${result}` };
  const rule = (rules[action] as Readonly<Record<string, Rule<unknown>>>)[result]!;
  const draft = { ...state, jobs: new Map(state.jobs), acks: new Set(state.acks) };
  const broken = rule(draft, args, outcome);
  return broken
    ? { ok: false, why: `${action} says ${result}, but ${broken}` }
    : { ok: true, state: draft };
}

/** What a storage's view of its jobs must show: neither absent jobs nor removed ones. */
export function view(state: ContractState): ReadonlyMap<Job, Place> {
  const shown = [...state.jobs].filter(([, { state: place }]) => place !== "removed");
  return new Map(shown.map(([job, { state: place, lease }]) => [job, { state: place, lease }]));
}
