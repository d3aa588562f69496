/** The judge has teeth: an answer of the default queue, changed in one detail, is refused. */

import fc from "fast-check";
import { expect, it } from "vitest";
import {
  allows,
  type ContractState,
  type OperationName,
  type Outcome,
  type Token,
} from "../../src/memory/index.js";
import { operations, turns, type Turn } from "./arbitrary.js";

type Lie = (turn: Turn) => readonly Outcome[];

/** Every element in turn, replaced by what `change` makes of it. */
const oneChanged = <T>(list: readonly T[], change: (item: T) => T): readonly (readonly T[])[] =>
  list.map((_, i) => list.map((item, k) => (k === i ? change(item) : item)));

/** Every token in turn, under the lease before or after its own. */
const shifted = (tokens: readonly Token[], by: number) =>
  oneChanged(tokens, ({ job, lease }) => ({ job, lease: lease + by }));

const sameToken = (a: Token, b: Token) => a.job === b.job && a.lease === b.lease;

/** The latest attempt of every job that was ever handed out. */
const handedOut = (state: ContractState): readonly Token[] =>
  [...state.jobs].filter(([, { lease }]) => lease > 0).map(([job, { lease }]) => ({ job, lease }));

const results =
  (action: OperationName, ...names: string[]): Lie =>
  ({ operation, outcome }) =>
    operation.action === action && names.includes(outcome.result)
      ? names.filter((name) => name !== outcome.result).map((result) => ({ result }))
      : [];

/** This word where one of the others is the truth. */
function wrongly(action: OperationName, word: string, words: readonly string[]): Lie {
  return ({ operation, outcome: { result } }) =>
    operation.action === action && words.includes(result) && result !== word
      ? [{ result: word }]
      : [];
}

type TokenLie = (tokens: readonly Token[]) => readonly (readonly Token[])[];

const ofTokens =
  (result: "claimed" | "rescued", lie: TokenLie): Lie =>
  ({ outcome }) =>
    outcome.result === result ? lie(outcome.tokens!).map((tokens) => ({ result, tokens })) : [];

const instead =
  (action: "Claim" | (typeof rescues)[number], quiet: string, result: string): Lie =>
  ({ before, operation, outcome }) =>
    operation.action === action && outcome.result === quiet
      ? handedOut(before).map((token) => ({ result, tokens: [token] }))
      : [];

const rescues = [
  "RescueStaleReceipts",
  "RescueExpiredDeadlines",
  "RescueStaleLeases",
  "RescueExpiredLeaseDeadlines",
  "RescueCallbackTimeouts",
] as const;

/** The default queue rescues all that it may, so that one more is one too many. */
const oneMore: Lie = ({ before, outcome: { result, tokens = [] } }) =>
  result === "rescued"
    ? handedOut(before)
        .filter((token) => !tokens.some((t) => sameToken(t, token)))
        .map((token) => ({ result, tokens: [...tokens, token] }))
    : [];

const completions = ["CompleteFast", "CompleteSlow", "Complete"] as const;

const answers =
  (lie: (each: readonly string[], action: string) => readonly (readonly string[])[]): Lie =>
  ({ operation, outcome }) =>
    outcome.each
      ? lie(outcome.each, operation.action).map((each) => ({ result: "answered", each }))
      : [];

/** Which way a completion takes is the storage's business. */
const mayAlsoSay: Readonly<Record<string, string>> = {
  "CompleteFast completed": "leaseManaged",
  "CompleteSlow completed": "receiptOnly",
};

/** One answer in turn says this instead. */
const flipTo = (to: string) =>
  answers((each, action) =>
    each.flatMap((was, i) =>
      was === to || mayAlsoSay[`${action} ${was}`] === to
        ? []
        : [each.map((word, k) => (k === i ? to : word))],
    ),
  );

/** A wrong word on one token or job, for every operation that speaks of one. */
const wrongWords: readonly (readonly [OperationName, ...string[]])[] = [
  ["PromoteDeferred", "promoted", "notDeferred", "notDue"],
  ["Heartbeat", "recorded", "waiting", "stale"],
  ["FlushProgress", "flushed", "waiting", "stale"],
  ["ParkForCallback", "parked", "waiting", "stale"],
  ["ResumeCallback", "resumed", "notWaiting"],
  ["Retry", "retried", "waiting", "stale"],
  ["Snooze", "snoozed", "waiting", "stale"],
  ["Fail", "failed", "waiting", "stale"],
  ["FailToDlq", "deadLettered", "waiting", "stale"],
  ["DiscardTerminal", "discarded", "notTerminal"],
  ["RetryFromTerminal", "readmitted", "notRetryable"],
  ["FailedToDlq", "deadLettered", "notFailed"],
  ["CancelReady", "cancelled", "notReady"],
  ["CancelRunning", "cancelled", "notRunning"],
  ["MoveReady", "moved", "notReady", "sameLane"],
  ["PurgeDlq", "purged", "notInDlq"],
  ["RetryFromDlq", "readmitted", "notInDlq"],
];

const named = <T extends string>(list: readonly T[], name: string, lie: (item: T) => Lie) =>
  Object.fromEntries(list.map((item) => [`${name} ${item}`, lie(item)]));

const lies: Readonly<Record<string, Lie>> = {
  "a batch that vanished": results("Enqueue", "enqueued", "empty"),
  "a job of the batch left out": ({ outcome: { result, jobs = [] } }) =>
    jobs.map((left) => ({ result, jobs: jobs.filter((job) => job !== left) })),
  "nothing to claim where something is": ({ outcome: { result } }) =>
    result === "claimed" ? [{ result: "empty" }] : [],
  "a token handed out twice at once": ofTokens("claimed", (tokens) => [[...tokens, tokens[0]!]]),
  "a token handed out again": instead("Claim", "empty", "claimed"),
  "a raised lease": ofTokens("claimed", (tokens) => shifted(tokens, 1)),
  "a lowered lease": ofTokens("claimed", (tokens) => shifted(tokens, -1)),
  ...named(["completed", "leaseManaged", "receiptOnly", "waiting", "stale"], "each", flipTo),
  ...named(completions, "an answer left out of", (action) =>
    answers((each, by) => (by === action ? [each.slice(1)] : [])),
  ),
  ...named(rescues, "too early a", (action) => instead(action, "noop", "rescued")),
  "a rescue of one more": oneMore,
  "a rescue under another lease": ofTokens("rescued", (tokens) => [
    ...shifted(tokens, 1),
    ...shifted(tokens, -1),
  ]),
  "a rescue of one attempt twice": ofTokens("rescued", (tokens) => [[...tokens, tokens[0]!]]),
  ...Object.fromEntries(
    wrongWords.flatMap(([action, ...words]) =>
      words.map((word) => [`${action} saying ${word}`, wrongly(action, word, words)]),
    ),
  ),
};

it("refuses every doctored answer, and meets every way of doctoring", () => {
  const told = new Map(Object.keys(lies).map((name) => [name, 0]));
  const check = (turn: Turn): void => {
    for (const [name, lie] of Object.entries(lies)) {
      for (const outcome of lie(turn)) {
        const verdict = allows(turn.before, turn.operation, outcome);
        const shown = JSON.stringify([turn.operation, turn.outcome, outcome]);
        if (verdict.ok) throw new Error(`${name} was allowed: ${shown}`);
        told.set(name, told.get(name)! + 1);
      }
    }
  };
  fc.assert(
    fc.property(operations, (run) => turns(run).forEach(check)),
    { numRuns: 800, seed: 5 },
  );
  expect([...told].filter(([, times]) => times < 10)).toEqual([]);
});
