/**
 * What a choice means in a state: a table keyed by action, from the numbers of a choice to the
 * arguments of a call. Names are looked for round a circle from a starting point, so that a call
 * keeps its meaning when unrelated steps before it are dropped.
 */

import {
  oldestSlot,
  openReceipts,
  peers,
  pending,
  terminalFacts,
  type ActionName,
  type ArgsOf,
  type Db,
  type Job,
  type Lane,
  type Ring,
  type Scope,
  type Slot,
  type State,
  type Token,
} from "../../src/core/index.js";
import type { Attempt } from "../conform/attempts.js";
import { manners, type Choice } from "./choices.js";
import { due } from "./due.js";

/** The calls that a choice stands for: several are one batch, none means that nobody can call. */
type Resolver<Args> = (choice: Choice, state: State, scope: Scope) => readonly Args[];

interface HasJob {
  readonly job: Job;
}

/** From the name at `where` once round the circle. */
function around<T>(all: readonly T[], where: number): readonly T[] {
  const start = where % Math.max(1, all.length);
  return [...all.slice(start), ...all.slice(0, start)];
}

function jobsAround(scope: Scope, where: number, among: readonly HasJob[]): Job[] {
  const names = new Set(among.map((row) => row.job));
  return around(scope.jobs, where).filter((job) => names.has(job));
}

function tokensAround(scope: Scope, where: number, among: readonly Token[]): Token[] {
  const place = new Map(around(scope.jobs, where).map((job, i) => [job, i]));
  const tokens = among.map(({ job, lease }) => ({ job, lease }));
  return tokens.sort((a, b) => place.get(a.job)! - place.get(b.job)! || b.lease - a.lease);
}

/** Rows of the oldest slot that has any: what stands in the way of the ring. */
function oldestOf<R extends object>(
  rows: readonly R[],
  slotOf: (row: R) => Slot,
  ring: Ring,
  size: number,
): readonly R[] {
  const age = (row: R) => (slotOf(row) - oldestSlot(ring, size) + size) % size;
  const least = Math.min(...rows.map(age));
  return rows.filter((row) => age(row) === least);
}

/**
 * The elements of a batch: `likely` ones for most manners; else any that there are, a stranger
 * among good ones, or a good one twice.
 */
function elements<T>(
  { more, manner }: Choice,
  from: { readonly likely: readonly T[]; readonly any: readonly T[]; readonly stranger: T },
): readonly T[] {
  const size = 1 + more;
  const likely = from.likely.slice(0, size);
  if (manner === 7) return from.any.slice(0, size);
  if (manner === 8) return [from.stranger, ...likely];
  if (manner === 9) return [...likely, ...likely.slice(0, 1)];
  return likely.length > 0 ? likely : from.any.slice(0, 1);
}

const jobs =
  (eligible: (state: State, manner: number) => readonly HasJob[]): Resolver<HasJob> =>
  (choice, state, scope) =>
    elements(choice, {
      likely: jobsAround(scope, choice.where, eligible(state, choice.manner)),
      any: around(scope.jobs, choice.where),
      stranger: "unknown",
    }).map((job) => ({ job }));

/** Tokens to present: those in workers' hands, at times only those that keep a claim slot. */
function tokens(choice: Choice, { db, env }: State, scope: Scope): readonly Token[] {
  const { where, manner } = choice;
  const held = (token: Token) =>
    env.held.some((h) => h.job === token.job && h.lease === token.lease);
  const running = openReceipts(db).filter(held);
  const pinning = oldestOf(running, (c) => c.slot, db.rings.claim, scope.claimSlots);
  const likely = manner < 4 && pinning.length > 0 ? pinning : env.held;
  const [job = ""] = around(scope.jobs, where);
  const last = Math.max(0, ...env.handed.filter((t) => t.job === job).map((t) => t.lease));
  const neverIssued = { job, lease: last + 1 };
  return elements(choice, {
    likely: tokensAround(scope, where, likely),
    any: [...tokensAround(scope, where, env.handed), neverIssued],
    stranger: where % 2 === 0 ? neverIssued : { job: "unknown", lease: 1 },
  });
}

const waitOf = ({ wait }: Choice, scope: Scope): number => wait % (scope.maxWait + 1);

const laneAt = (where: number, { lanes }: Scope): Lane => lanes[where % lanes.length]!;

/** New jobs, at times with keys of jobs that may come back; for the highest manner none at all. */
const Enqueue: Resolver<ArgsOf<"Enqueue">> = (choice, { db, env }, scope) => {
  const rivals = [...db.dlqEntries, ...db.doneEntries].flatMap(({ job }) => peers(scope, job));
  const among = choice.manner > 5 && rivals.length > 0 ? rivals : scope.jobs;
  const fresh = around(scope.jobs, choice.where).filter(
    (job) => !env.enqueued.includes(job) && among.includes(job),
  );
  const size = choice.manner === manners - 1 ? 0 : Math.min(1 + choice.more, scope.maxBatch);
  const lane = laneAt(choice.where, scope);
  return [{ lane, batch: fresh.slice(0, size), wait: waitOf(choice, scope) }];
};

const Claim: Resolver<ArgsOf<"Claim">> = ({ where, more, manner }, { db }, scope) => {
  const ready = pending(db);
  const pinning = oldestOf(ready, (r) => r.slot, db.rings.queue, scope.queueSlots);
  const likely = manner < 5 ? pinning : ready;
  const open = around(scope.lanes, where).find((name) => likely.some((r) => r.lane === name));
  const lane = manner < 8 && open ? open : laneAt(where, scope);
  const deadline = scope.deadlines[(where + more) % scope.deadlines.length]!;
  return [{ lane, n: Math.min(1 + more, scope.maxBatch), deadline }];
};

const completion: Resolver<ArgsOf<"Complete">> = (choice, state, scope) => {
  const idle = state.env.held.length === 0 && choice.manner < 2;
  return [{ tokens: idle ? [] : tokens(choice, state, scope).slice(0, scope.maxBatch) }];
};

const eachToken: Resolver<ArgsOf<"Fail">> = (choice, state, scope) =>
  tokens(choice, state, scope).map((token) => ({ token }));

const eachTokenAndWait: Resolver<ArgsOf<"Retry">> = (choice, state, scope) =>
  eachToken(choice, state, scope).map(({ token }) => ({ token, wait: waitOf(choice, scope) }));

/** Anybody may call back: the outside world holds no token, it only knows of attempts. */
const ResumeCallback: Resolver<ArgsOf<"ResumeCallback">> = (choice, state, scope) =>
  elements(choice, {
    likely: tokensAround(
      scope,
      choice.where,
      state.db.leases.filter((l) => l.state === "waiting"),
    ),
    any: tokensAround(scope, choice.where, state.env.handed),
    stranger: { job: "unknown", lease: 1 },
  }).map((token) => ({ token }));

type RingOfRescue = "claim" | "lease";

/** The oldest slot of a ring that holds something to rescue; at times any slot, or none at all. */
const rescueSlot =
  (ring: RingOfRescue, some: (db: Db, scope: Scope) => readonly { readonly slot: Slot }[]) =>
  ({ where, manner }: Choice, { db }: State, scope: Scope): Slot => {
    const size = scope[`${ring}Slots`];
    const first = oldestOf(some(db, scope), (row) => row.slot, db.rings[ring], size)[0];
    if (manner < 8 && first) return first.slot;
    return where % (size + (manner === 9 ? 1 : 0));
  };

const rescue =
  (...from: Parameters<typeof rescueSlot>): Resolver<ArgsOf<"RescueStaleReceipts">> =>
  (choice, state, scope) => [{ slot: rescueSlot(...from)(choice, state, scope) }];

const RescueCallbackTimeouts: Resolver<ArgsOf<"RescueCallbackTimeouts">> = (
  choice,
  state,
  scope,
) => [
  {
    slot: rescueSlot("lease", due.RescueCallbackTimeouts)(choice, state, scope),
    wait: waitOf(choice, scope),
  },
];

const MoveReady: Resolver<ArgsOf<"MoveReady">> = (choice, state, scope) => {
  const lane = laneAt(choice.where, scope);
  const ready = pending(state.db).filter((r) => r.lane !== lane || choice.manner > 5);
  return jobs(() => ready)(choice, state, scope).map(({ job }) => ({ job, lane }));
};

const ForgetToken: Resolver<ArgsOf<"ForgetToken">> = ({ where }, { env }, scope) =>
  tokensAround(scope, where, env.held)
    .slice(0, 1)
    .map((token) => ({ token }));

const maintenance = (): readonly Readonly<Record<string, never>>[] => [{}];

const resolvers: { readonly [N in ActionName]: Resolver<ArgsOf<N>> } = {
  Enqueue,
  PromoteDeferred: jobs(({ db }, manner) =>
    db.deferredJobs.filter((d) => d.wait === 0 || manner > 4),
  ),
  Claim,
  AdvanceClaimCursor: ({ where }, _state, scope) => [{ lane: laneAt(where, scope) }],
  Heartbeat: eachToken,
  FlushProgress: eachToken,
  ParkForCallback: eachToken,
  ResumeCallback,
  CompleteFast: completion,
  CompleteSlow: completion,
  Complete: completion,
  Retry: eachTokenAndWait,
  Snooze: eachTokenAndWait,
  Fail: eachToken,
  FailToDlq: eachToken,
  RescueStaleReceipts: rescue("claim", due.RescueStaleReceipts),
  RescueExpiredDeadlines: rescue("claim", due.RescueExpiredDeadlines),
  RescueStaleLeases: rescue("lease", due.RescueStaleLeases),
  RescueExpiredLeaseDeadlines: rescue("lease", due.RescueExpiredLeaseDeadlines),
  RescueCallbackTimeouts,
  DiscardTerminal: jobs(({ db }) => terminalFacts(db)),
  RetryFromTerminal: jobs(({ db }) => db.doneEntries.filter((d) => d.state !== "completed")),
  FailedToDlq: jobs(({ db }) => db.doneEntries.filter((d) => d.state === "failed")),
  CancelReady: jobs(({ db }) => pending(db)),
  CancelRunning: jobs(({ db }) => openReceipts(db)),
  MoveReady,
  PurgeDlq: jobs(({ db }) => db.dlqEntries),
  RetryFromDlq: jobs(({ db }) => db.dlqEntries),
  RotateQueue: maintenance,
  RotateClaims: maintenance,
  RotateLeases: maintenance,
  PruneQueue: maintenance,
  PruneClaims: maintenance,
  PruneLeases: maintenance,
  PassTime: maintenance,
  ForgetToken,
};

/** The call, or batch of calls, that a choice means in this state; null if nobody can make it. */
export function resolve(choice: Choice, state: State, scope: Scope): Attempt | null {
  const resolver = resolvers[choice.action] as Resolver<Attempt["list"][number]>;
  const list = resolver(choice, state, scope);
  return list.length > 0 ? { action: choice.action, list } : null;
}
