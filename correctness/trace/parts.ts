/**
 * What an event says of some jobs alone: the same call and the same answer, as if there were no
 * other jobs. Of a call that nobody heard of again there is a guess for each job that it names,
 * which lets go of what its answers would have had in common.
 */

import type {
  ContractState,
  Job,
  Operation,
  OperationName,
  Outcome,
  Token,
} from "../../src/memory/index.js";
import { grouped } from "../grouped.js";
import type { Event } from "./history.js";

export interface Part {
  readonly event: Event;
  readonly jobs: readonly Job[];
  readonly operation: Operation;
  /** Null where nobody knows what was answered. */
  readonly outcome: Outcome | null;
}

/** The word of each operation that moves a job; all others leave it where it is. */
const moving: Partial<Readonly<Record<OperationName, string>>> = {
  Enqueue: "enqueued",
  PromoteDeferred: "promoted",
  Claim: "claimed",
  Heartbeat: "recorded",
  ParkForCallback: "parked",
  ResumeCallback: "resumed",
  CompleteFast: "answered",
  CompleteSlow: "answered",
  Complete: "answered",
  Retry: "retried",
  Snooze: "snoozed",
  Fail: "failed",
  FailToDlq: "deadLettered",
  RescueStaleReceipts: "rescued",
  RescueExpiredDeadlines: "rescued",
  RescueStaleLeases: "rescued",
  RescueExpiredLeaseDeadlines: "rescued",
  RescueCallbackTimeouts: "rescued",
  DiscardTerminal: "discarded",
  RetryFromTerminal: "readmitted",
  FailedToDlq: "deadLettered",
  CancelReady: "cancelled",
  CancelRunning: "cancelled",
  MoveReady: "moved",
  PurgeDlq: "purged",
  RetryFromDlq: "readmitted",
};

/** Whether the answer leaves every job where it is, whenever it is given. */
export const isQuiet = ({ operation, outcome }: Part): boolean =>
  outcome !== null &&
  (outcome.result !== moving[operation.action] ||
    (outcome.each !== undefined && !outcome.each.includes("completed")));

/** What a call would have been told that did something to its job, which is in this state. */
export function guess({ operation: { action }, jobs }: Part, state: ContractState): Outcome {
  const [job] = jobs as [Job];
  const lease = (state.jobs.get(job)?.lease ?? 0) + (action === "Claim" ? 1 : 0);
  const result = moving[action]!;
  return { result, each: ["completed"], jobs: [job], tokens: [{ job, lease }] };
}

/** The part of an unknown call that names no job, as far as it may have concerned this one. */
export const guessed = (event: Event, job: Job): Part => part(event, [job], event.args, null);

/** The event as it is. */
export const whole = (event: Event, jobs: readonly Job[]): Part =>
  part(event, jobs, event.args, event.outcome as Outcome | null);

const part = (
  event: Event,
  jobs: readonly Job[],
  args: unknown,
  outcome: Outcome | null,
): Part => ({
  event,
  jobs,
  operation: { action: event.action, args } as Operation,
  outcome,
});

/** The jobs that the event names, in its call or in the answer. */
export function jobsOf({ args, outcome }: Event): readonly Job[] {
  const named = [
    ...("batch" in args ? args.batch : []),
    ...("job" in args ? [args.job] : []),
    ...("token" in args ? [args.token.job] : []),
    ...("tokens" in args ? args.tokens.map(({ job }) => job) : []),
    ...(outcome?.jobs ?? []),
    ...(outcome?.tokens ?? []).map(({ job }) => job),
  ];
  return named.length > 1 ? [...new Set(named)] : named;
}

/** What the event says of each group of jobs that it names. */
export function partsOf(
  event: Event,
  groupOf: (job: Job) => number,
): ReadonlyMap<number, readonly Part[]> {
  if (event.outcome === null) return grouped(guesses(event), ({ jobs }) => groupOf(jobs[0]!));
  const groups = grouped(jobsOf(event), groupOf);
  const share = groups.size > 1 ? shares(event, groupOf) : () => whole(event, []);
  const entries = [...groups].map(([group, jobs]) => {
    const one: Part[] = [{ ...share(group), jobs }];
    return [group, one] as const;
  });
  return new Map(entries);
}

/** One for each job, and for each token, that an unknown call names. */
function guesses(event: Event): readonly Part[] {
  const { args } = event;
  if (!moving[event.action]) return [];
  if ("batch" in args)
    return args.batch.map((job, i) => {
      const alone = { ...args, batch: [job], keys: [args.keys?.[i] ?? null] };
      return part(event, [job], alone, null);
    });
  if ("tokens" in args) {
    const once = new Map(args.tokens.map((token) => [`${token.job}/${token.lease}`, token]));
    return [...once.values()].map((token) => part(event, [token.job], { tokens: [token] }, null));
  }
  return jobsOf(event).map((job) => guessed(event, job));
}

/** Whether the answer has a place for each thing that it names. */
function isWellFormed({ args }: Event, { jobs = [], tokens = [], each = [] }: Outcome): boolean {
  if ("tokens" in args) return each.length === args.tokens.length;
  if ("n" in args) return tokens.length <= args.n;
  if (!("batch" in args)) return true;
  let named = 0;
  for (const job of args.batch) if (jobs[named] === job) named++;
  return named === jobs.length;
}

type Share = (group: number) => Part;

/** The shares of an event that names jobs of several groups; if it is ill-formed, all is theirs. */
function shares(event: Event, groupOf: (job: Job) => number): Share {
  const { args } = event;
  const outcome = event.outcome as Outcome;
  const share = (some: unknown, answer: object) => part(event, [], some, { ...outcome, ...answer });
  if (!isWellFormed(event, outcome)) return () => whole(event, []);
  if ("batch" in args) {
    const { batch, keys } = args;
    const places = grouped([...batch.keys()], (i) => groupOf(batch[i]!));
    const named = grouped(outcome.jobs ?? [], groupOf);
    return (group) => {
      const mine = places.get(group)!;
      const some = {
        ...args,
        batch: mine.map((i) => batch[i]),
        keys: mine.map((i) => keys?.[i] ?? null),
      };
      const jobs = named.get(group);
      return share(some, jobs ? { jobs } : named.size > 0 ? { result: "uniqueConflict" } : {});
    };
  }
  const ofToken = ({ job }: Token) => groupOf(job);
  if ("tokens" in args) {
    const places = grouped([...args.tokens.keys()], (i) => ofToken(args.tokens[i]!));
    return (group) => {
      const mine = places.get(group)!;
      const each = mine.map((i) => outcome.each![i]!);
      return share({ tokens: mine.map((i) => args.tokens[i]) }, { each });
    };
  }
  const tokens = grouped(outcome.tokens ?? [], ofToken);
  return (group) => share(args, { tokens: tokens.get(group) ?? [] });
}
