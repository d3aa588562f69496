/** Every order that the intervals of a few calls leave, one after the other: slow and plain. */

import { rules } from "../../src/memory/rules.js";
import { allows, initial, type ContractState, type Outcome } from "../../src/memory/index.js";
import type { Operation } from "../../src/memory/index.js";
import type { Event, History } from "../../correctness/trace/history.js";

const endOf = (event: Event): number => event.return ?? Infinity;

const overlap = (a: Event, b: Event): boolean => a.call <= endOf(b) && b.call <= endOf(a);

/** Whether a claim came back empty because somebody may have been in its way. */
const isExcused = (claim: Event, events: readonly Event[], job: string): boolean =>
  claim.action === "Claim" &&
  claim.outcome?.result === "empty" &&
  events.some(
    (other) =>
      other !== claim &&
      overlap(claim, other) &&
      (other.action === "Claim"
        ? other.args.lane === claim.args.lane
        : ["MoveReady", "CancelReady"].includes(other.action) &&
          wasIn(claim.args.lane, job, events)),
  );

const wasIn = (lane: string, job: string, events: readonly Event[]): boolean =>
  events.some(
    ({ action, args }) =>
      (action === "Enqueue" && args.batch.includes(job) && args.lane === lane) ||
      (action === "MoveReady" && args.lane === lane),
  );

/** All that may have been answered to a call that nobody heard of again. */
const anyAnswer = ({ action }: Event, job: string): readonly Outcome[] =>
  Object.keys(rules[action]).flatMap((result) =>
    [1, 2, 3, 4, 5, 6].map((lease) => ({
      result,
      each: ["completed"],
      jobs: [job],
      tokens: [{ job, lease }],
    })),
  );

/** Whether the calls, which are about one job, have an order that the contract allows. */
export function inSomeOrder(history: History, job: string): boolean {
  const { events } = history;
  const seen = new Set<string>();
  const go = (state: ContractState, left: readonly Event[]): boolean => {
    if (left.every(({ outcome }) => outcome === null)) return true;
    const key = JSON.stringify([[...state.jobs], left.map(({ id }) => id)]);
    if (seen.has(key)) return false;
    seen.add(key);
    const until = Math.min(...left.map(endOf));
    const begun = left.filter(({ call }) => call <= until);
    const after = (event: Event) => left.filter((other) => other !== event);
    return (
      begun.some((event) =>
        (event.outcome ? [event.outcome as Outcome] : anyAnswer(event, job)).some((outcome) => {
          const operation = { action: event.action, args: event.args } as Operation;
          const verdict = allows({ ...state, now: event.tick }, operation, outcome);
          return verdict.ok && go(verdict.state, after(event));
        }),
      ) || go(forgotten(state, job, latest(events, until)), left)
    );
  };
  const judged = events.filter((event) => !isExcused(event, events, job));
  return go(initial(history.header.limits), judged);
}

const latest = (events: readonly Event[], until: number): number =>
  Math.max(...events.filter(({ call }) => call <= until).map(({ tick }) => tick));

function forgotten(state: ContractState, job: string, now: number): ContractState {
  const forget: Operation = { action: "Forget", args: { jobs: [job] } };
  const verdict = allows({ ...state, now }, forget, { result: "forgotten" });
  return verdict.ok ? verdict.state : state;
}
