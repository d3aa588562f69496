/** The judge has teeth: an answer of the default queue, changed in one detail, is refused. */

import fc from "fast-check";
import { expect, it } from "vitest";
import { allows, type ContractState, type Outcome, type Token } from "../../src/memory/index.js";
import { operations, turns, type Turn } from "./arbitrary.js";

type Lie = (turn: Turn) => readonly Outcome[];

/** Every element in turn, replaced by what `change` makes of it. */
const oneChanged = <T>(list: readonly T[], change: (item: T) => T): readonly (readonly T[])[] =>
  list.map((_, i) => list.map((item, k) => (k === i ? change(item) : item)));

/** Every token in turn, under the lease before or after its own. */
const shifted = (tokens: readonly Token[], by: number) =>
  oneChanged(tokens, ({ job, lease }) => ({ job, lease: lease + by }));

/** The latest attempt of every job that was ever handed out. */
const handedOut = (state: ContractState): readonly Token[] =>
  [...state.jobs].filter(([, { lease }]) => lease > 0).map(([job, { lease }]) => ({ job, lease }));

const results =
  (action: Turn["operation"]["action"], ...names: string[]): Lie =>
  ({ operation, outcome }) =>
    operation.action === action && names.includes(outcome.result)
      ? names.filter((name) => name !== outcome.result).map((result) => ({ result }))
      : [];

type TokenLie = (tokens: readonly Token[]) => readonly (readonly Token[])[];

const ofTokens =
  (result: "claimed" | "rescued", lie: TokenLie): Lie =>
  ({ outcome }) =>
    outcome.result === result ? lie(outcome.tokens!).map((tokens) => ({ result, tokens })) : [];

const instead =
  (action: "Claim" | "RescueStaleReceipts", quiet: string, result: string): Lie =>
  ({ before, operation, outcome }) =>
    operation.action === action && outcome.result === quiet
      ? handedOut(before).map((token) => ({ result, tokens: [token] }))
      : [];

const answers =
  (lie: (each: readonly string[]) => readonly (readonly string[])[]): Lie =>
  ({ outcome }) =>
    outcome.each ? lie(outcome.each).map((each) => ({ result: "answered", each })) : [];

const flipTo = (to: string) => (each: readonly string[]) =>
  oneChanged(each, () => to).filter((changed) => `${changed}` !== `${each}`);

const lies: Readonly<Record<string, Lie>> = {
  "a batch that vanished": results("Enqueue", "enqueued", "empty"),
  "a job of the batch left out": ({ outcome: { result, jobs = [] } }) =>
    jobs.map((left) => ({ result, jobs: jobs.filter((job) => job !== left) })),
  "a wrong word on a deferred job": results("PromoteDeferred", "promoted", "notDeferred", "notDue"),
  "nothing to claim where something is": ({ outcome: { result } }) =>
    result === "claimed" ? [{ result: "empty" }] : [],
  "a token handed out twice at once": ofTokens("claimed", (tokens) => [[...tokens, tokens[0]!]]),
  "a token handed out again": instead("Claim", "empty", "claimed"),
  "a raised lease": ofTokens("claimed", (tokens) => shifted(tokens, 1)),
  "a lowered lease": ofTokens("claimed", (tokens) => shifted(tokens, -1)),
  "a stale token that completed": answers(flipTo("completed")),
  "a completed token called stale": answers(flipTo("stale")),
  "an answer left out": answers((each) => [each.slice(1)]),
  "a wrong word on a retry": results("Retry", "retried", "stale"),
  "a wrong word on a failure": results("FailToDlq", "deadLettered", "stale"),
  "a rescue of an attempt that is not stale": instead("RescueStaleReceipts", "noop", "rescued"),
  "a rescue under another lease": ofTokens("rescued", (tokens) => [
    ...shifted(tokens, 1),
    ...shifted(tokens, -1),
  ]),
  "a rescue of one attempt twice": ofTokens("rescued", (tokens) => [[...tokens, tokens[0]!]]),
  "a wrong word on a terminal job": results("DiscardTerminal", "discarded", "notTerminal"),
  "a wrong word on a ready job": results("CancelReady", "cancelled", "notReady"),
  "a wrong word on a dead job to purge": results("PurgeDlq", "purged", "notInDlq"),
  "a wrong word on a dead job to readmit": results("RetryFromDlq", "readmitted", "notInDlq"),
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
    { numRuns: 400, seed: 5 },
  );
  expect([...told].filter(([, times]) => times < 10)).toEqual([]);
});
