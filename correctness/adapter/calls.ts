/** The calls that are tried on a storage: each that there is in a small scope, possible or not. */

import { actionNames, NONE, type Call, type Scope } from "../../src/core/index.js";
import { answer, type ContractState, type Operation } from "../../src/memory/index.js";
import { attempts } from "../conform/attempts.js";
import { operationOf } from "../lockstep/compare.js";
import { limitsOf, offers, type StorageUnderTest } from "./storage.js";

/** What is tried: as of a model, with the limits of the storage. */
export interface Trial {
  readonly name: string;
  readonly scope: Scope;
}

const base = {
  lanes: ["a"],
  leases: [1],
  maxBatch: 1,
  maxWait: 0,
  deadlines: [NONE],
  sameKey: [],
  maxSeq: Infinity,
  enabled: actionNames,
};

/** One job and two attempts of it, at all times; and two jobs that carry one unique key. */
export function trialsOf(storage: StorageUnderTest): readonly Trial[] {
  const { slots = 1 } = storage;
  const own = { ...base, ...limitsOf(storage), ...slotsOf(slots) };
  const lanes = offers(storage, "MoveReady") ? ["a", "b"] : ["a"];
  const one = { jobs: ["j1"], lanes, leases: [1, 2], maxWait: 1, deadlines: [NONE, 1] };
  const two = { jobs: ["j1", "j2"], maxBatch: 2 };
  return [
    { name: "one job, two attempts", scope: { ...own, ...one } },
    { name: "two jobs", scope: { ...own, ...two } },
    { name: "two jobs of one key", scope: { ...own, ...two, sameKey: [two.jobs] } },
  ];
}

export const slotsOf = (
  slots: number,
): Pick<Scope, "queueSlots" | "claimSlots" | "leaseSlots"> => ({
  queueSlots: slots,
  claimSlots: slots,
  leaseSlots: slots,
});

/** Each call once, of those that the storage has; at the end time passes. */
export function callsIn(storage: StorageUnderTest, scope: Scope): readonly Operation[] {
  const made = attempts(scope)
    .filter(({ action, list }) => list.length === 1 && offers(storage, action))
    .map(({ action, list: [args] }) => operationOf({ action, args } as Call, scope));
  const all = new Map(made.map((operation) => [JSON.stringify(operation), operation]));
  return [...all.values(), { action: "PassTime", args: {} }];
}

/** What the plainest queue says; null where nobody can make the call, as to enqueue a job twice. */
export function answered(state: ContractState, operation: Operation): ContractState | null {
  if (operation.action === "Enqueue" && operation.args.batch.some((job) => state.jobs.has(job)))
    return null;
  return answer(state, operation).state;
}

/**
 * What tells two states apart: not by the time that has passed, nor by which of several jobs is
 * which, where their keys are the same.
 */
export function pictureOf({ jobs, acks, now }: ContractState): string {
  const left = (tick: number) => Math.max(0, tick - now);
  const pictures = [...jobs].map(([job, { state, lease, lane, key, due, deadline, snoozes }]) => {
    const told = [...acks]
      .filter((ack) => ack.startsWith(`${job}/`))
      .map((ack) => ack.split("/")[1]);
    return [state, lease, lane, key, left(due), left(deadline), snoozes, ...told.sort()].join();
  });
  return pictures.sort().join(";");
}

/** No job of it has had more attempts than the scope has. */
export const inBounds = ({ jobs }: ContractState, { leases }: Scope): boolean =>
  [...jobs.values()].every(({ lease }) => lease <= Math.max(...leases));
