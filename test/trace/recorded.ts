/** Histories of the default queue: each call took effect at a point, and lasted around it. */

import fc from "fast-check";
import type { Event, Header, History } from "../../correctness/trace/history.js";
import {
  allows,
  answer,
  initial,
  type ContractState,
  type Operation,
} from "../../src/memory/index.js";
import { operations, resolved } from "../memory/arbitrary.js";

export const header: Header = {
  ringproof: 1,
  storage: "the default queue",
  lanes: ["a", "b"],
  limits: { staleAfter: 2, callbackWait: 1, maxAttempts: 2, failedFloor: 2 },
};

/** Who calls, how far from its point the call began and ended, and what became of it. */
export interface Manner {
  readonly worker: number;
  readonly early: number;
  readonly late: number;
  readonly skew: number;
  readonly fate: "told" | "lost before" | "lost after";
  /** Whether all that is over is forgotten first. */
  readonly pruned: boolean;
}

/** Of calls that last less than five, none overlaps another one. */
const width = fc.oneof(fc.nat(4), fc.nat(15), fc.nat(60));

const manner = (fates: readonly Manner["fate"][]) =>
  fc.record({
    worker: fc.nat(4),
    early: width,
    late: width,
    skew: fc.nat(1),
    fate: fc.constantFrom(...fates),
    pruned: fc.nat(9).map((n) => n === 0),
  });

const length = 40;
const manners = (fates: readonly Manner["fate"][]) =>
  fc.array(manner(fates), { minLength: length + 2, maxLength: length + 2, size: "max" });

const threeAttempts: readonly Operation[] = [
  { action: "Enqueue", args: { lane: "a", batch: ["j1", "j2", "j3"], keys: ["k"], wait: 0 } },
  { action: "Claim", args: { lane: "a", n: 3, deadline: 2 } },
];

const told: readonly Manner["fate"][] = ["told"];
const often = <T>(one: T, times: number): readonly T[] => Array<T>(times).fill(one);

export const histories = fc.tuple(operations, manners(told)).map((drawn) => recorded(...drawn));
const lossyFates = [...often<Manner["fate"]>("told", 6), "lost before", "lost after"] as const;
export const lossy = fc.tuple(operations, manners(lossyFates)).map((drawn) => recorded(...drawn));

/** One call at a time. */
export const sequential = fc.tuple(operations, manners(told)).map(([run, how]) =>
  recorded(
    run,
    how.map((each) => ({ ...each, early: 1, late: 1 })),
  ),
);

/** The operation as if there were but one job. */
function ofOneJob({ action, args }: Operation): Operation {
  const only = JSON.parse(JSON.stringify(args).replaceAll(/"j\d"/g, '"j1"')) as typeof args;
  const shorter = {
    ...("batch" in only ? { batch: only.batch.slice(0, 1) } : {}),
    ...("tokens" in only ? { tokens: only.tokens.slice(0, 1) } : {}),
  };
  return { action, args: { ...only, ...shorter } } as Operation;
}

/** Some calls about one job. */
export const short = fc
  .tuple(operations, manners(lossyFates), fc.nat(30))
  .map(([run, how, skip]) => {
    const some = run.slice(skip, skip + 9).map(ofOneJob);
    const arrival: Operation = { action: "Enqueue", args: { lane: "a", batch: ["j1"], wait: 0 } };
    return recorded(some, how, [arrival]);
  });

/** Identities are enqueued once; what the contract has no answer for is not asked. */
function answered(state: ContractState, operation: Operation) {
  try {
    return answer(state, operation);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function pruned(state: ContractState): ContractState {
  return [...state.jobs.keys()].reduce((before, job) => {
    const forget: Operation = { action: "Forget", args: { jobs: [job] } };
    const verdict = allows(before, forget, { result: "forgotten" });
    return verdict.ok ? verdict.state : before;
  }, state);
}

/** When the call with this number took effect. */
export const pointOf = (id: number): number => 100 + 10 * id;

/** The operations one after the other, ten units of time apart, as their callers saw them. */
export function recorded(
  run: readonly Operation[],
  how: readonly Manner[],
  begun = threeAttempts,
): History {
  let state = initial(header.limits);
  let tick = 0;
  const made: { event: Event; point: number }[] = [];
  for (const [i, drawn] of [...begun, ...run].entries()) {
    const { worker, early, late, skew, fate, pruned: prune } = how[i]!;
    const operation = resolved(drawn, state);
    if (operation.action === "PassTime") {
      tick += 1;
      continue;
    }
    if (prune) state = pruned(state);
    const next = answered({ ...state, now: tick + skew }, operation);
    if (!next) continue;
    if (fate !== "lost before") state = next.state;
    const point = pointOf(i);
    const isTold = fate === "told";
    const event = {
      id: i,
      worker: `w${worker}`,
      tick: tick + skew,
      call: point - early,
      return: isTold ? point + late : null,
      action: operation.action,
      args: operation.args,
      outcome: isTold ? next.outcome : null,
    } as Event;
    made.push({ event, point });
  }
  const events = oneAtATime(made).sort((a, b) => a.call - b.call);
  return { header, events };
}

/** A worker's call begins after its last one ended, and both keep their points. */
function oneAtATime(made: readonly { event: Event; point: number }[]): Event[] {
  const ends = new Map<string, number>();
  return made.map(({ event, point }, i) => {
    const { worker } = event;
    const next = made.slice(i + 1).find((other) => other.event.worker === worker);
    const latest = next ? next.point - 1 : Infinity;
    const call = Math.max(event.call, (ends.get(worker) ?? -Infinity) + 0.5);
    const end = event.return === null ? null : Math.min(event.return, latest);
    ends.set(worker, end ?? point);
    return { ...event, call, return: end };
  });
}
