/** Every public operation on Postgres, with arguments that make sense. */

import { ClaimerLeases } from "../../src/postgres/claimers.js";
import { Lanes } from "../../src/postgres/lanes.js";
import { RescuePasses } from "../../src/postgres/rescue-passes.js";
import { PostgresStorage } from "../../src/postgres/storage.js";
import type { WorkerToken } from "../../src/postgres/statements.js";
import { at, type Caller } from "./life.js";

export interface World {
  readonly lane: number;
  readonly other: number;
  /** Attempts that run, or did. */
  readonly tokens: readonly WorkerToken[];
  readonly jobIds: readonly string[];
}

const now = at(0);
const later = at(60);
const by = { queue: "mail", owner: "ada" };
const terms = { slots: 2, ttl: 60_000, idle: 30_000 };
const limits = { budget: 2, window: 2 };
const retries = { limit: 1, maxAttempts: 2, runAt: later };

type Arguments = (world: World) => readonly unknown[];

const onTokens: Arguments = ({ tokens }) => [tokens.slice(0, 2), now];
const onTokensLater: Arguments = ({ tokens }) => [tokens.slice(0, 2), later, now];
const onJobs: Arguments = ({ jobIds }) => [jobIds.slice(0, 2), now];
const onNow: Arguments = () => [now];

type Methods<Of> = {
  readonly [K in keyof Of as Of[K] extends (...args: never[]) => unknown ? K : never]: Arguments;
};

/** By the classes: a method that is missing is an error of the compiler. */
export const calls = {
  storage: {
    ensureLane: () => ["mail", 1, 0],
    enqueue: ({ lane }) => [lane, [{ to: "ada" }, [1, "x"]], later, now],
    enqueueUnique: ({ lane }) => [lane, [{ payload: { a: 1 }, uniqueKey: "k" }], now, now],
    promoteDeferred: onJobs,
    claim: ({ lane }) => [lane, 2, now, later],
    advanceClaimCursor: ({ lane }) => [lane, now],
    heartbeat: onTokens,
    flushProgress: ({ tokens }) => [tokens.slice(0, 2), [{ a: 1 }, "half"], now],
    parkForCallback: onTokensLater,
    resumeCallback: onTokens,
    complete: onTokens,
    completeFast: onTokens,
    completeSlow: onTokens,
    retry: onTokensLater,
    snooze: onTokensLater,
    fail: onTokens,
    failToDlq: onTokens,
    rescueStaleReceipts: () => [0, later, 2, later],
    rescueExpiredDeadlines: () => [0, 2, later],
    rescueStaleLeases: () => [0, later, 2, later],
    rescueExpiredLeaseDeadlines: () => [0, 2, later],
    rescueCallbackTimeouts: () => [0, retries, later],
    discardTerminal: onJobs,
    retryFromTerminal: onJobs,
    failedToDlq: onJobs,
    cancelReady: onJobs,
    cancelRunning: onJobs,
    moveReady: ({ jobIds, other }) => [jobIds.slice(0, 2), other, now],
    purgeDlq: onJobs,
    retryFromDlq: onJobs,
    rotateQueue: onNow,
    rotateClaims: onNow,
    rotateLeases: onNow,
    pruneQueue: () => [now, 60_000],
    pruneClaims: onNow,
    pruneLeases: onNow,
    rollupTerminalCounts: () => [0, now],
    rebuildTerminalCounts: onNow,
    queueCounts: () => [],
    health: () => [now, now],
    jobs: () => [],
  } satisfies Methods<PostgresStorage>,
  lanes: {
    claim: () => ["mail", 2, now, { deadline: later, ageing: 60_000 }],
    reprioritise: ({ jobIds }) => [jobIds.slice(0, 2), 2, now],
    moveQueue: ({ jobIds }) => [jobIds.slice(0, 2), "sms", now],
  } satisfies Methods<Lanes>,
  passes: {
    staleReceipts: () => [later, later, limits],
    expiredDeadlines: () => [later, limits],
  } satisfies Methods<RescuePasses>,
  claimers: {
    acquire: () => [by, terms, now],
    claimed: () => [by, { slot: 0, epoch: 1 }, terms, now],
  } satisfies Methods<ClaimerLeases>,
} as const satisfies { readonly [K in keyof Caller]: Readonly<Record<string, Arguments>> };

/** Whose method, and which: as in `storage.claim`. */
export const callNames = Object.entries(calls).flatMap(([whose, methods]) =>
  Object.keys(methods).map((method) => `${whose}.${method}`),
);

export function argumentsOf(name: string, world: World): readonly unknown[] {
  const [whose, method] = name.split(".") as [keyof typeof calls, string];
  return (calls[whose] as Readonly<Record<string, Arguments>>)[method]!(world);
}

/** The call, whatever the arguments are. */
export async function called(caller: Caller, name: string, args: readonly unknown[]) {
  const [whose, method] = name.split(".") as [keyof Caller, string];
  const object = caller[whose] as unknown as Record<string, (...args: unknown[]) => unknown>;
  return object[method]!(...args);
}
