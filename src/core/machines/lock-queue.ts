/** Whose turn it is: the second half of LockOrder. */

import {
  clash,
  elements,
  isRowMode,
  releases,
  type Held,
  type LockState,
  type LockStep,
} from "./lock-rules.js";

export const met = ({ plans }: LockState): boolean => 1 in plans;

export const lengthOf = (state: LockState, t: number): number =>
  elements(state.plans[t]!.steps).length;
export const busy = (state: LockState, t: number): boolean =>
  met(state) && !state.finished.includes(t) && state.at[t]! <= lengthOf(state, t);
export const stepOf = (state: LockState, t: number): LockStep =>
  state.plans[t]!.steps[state.at[t]!]!;
export const waits = ({ queue }: LockState, t: number): boolean => elements(queue).includes(t);

export const asks = (state: LockState, t: number): boolean =>
  busy(state, t) && !waits(state, t) && !releases(stepOf(state, t));

export const lockOf = (state: LockState, t: number): Held => {
  const { on, mode } = stepOf(state, t);
  return { by: t, on, mode };
};

const own = (state: LockState, t: number): readonly string[] =>
  state.held.filter(({ by, on }) => by === t && on === stepOf(state, t).on).map((h) => h.mode);

/** A transaction never stands in its own way. */
export const inItsWay = (locks: readonly Held[], state: LockState, t: number): readonly Held[] => {
  const { on, mode } = stepOf(state, t);
  return locks.filter((h) => h.by !== t && h.on === on && clash(mode, h.mode));
};

/** Tables and advisory locks are given out by the lock manager, in the order of its queue. */
export const inOrder = (state: LockState, t: number): boolean => {
  const { mode } = stepOf(state, t);
  return !isRowMode(mode) && mode !== "UniqueKey";
};

/** Whether the request of u, which waits in front, keeps t waiting. */
export function bars(state: LockState, u: number, t: number): boolean {
  const [theirs, ours] = [stepOf(state, u), stepOf(state, t)];
  if (theirs.on !== ours.on || !clash(ours.mode, theirs.mode)) return false;
  if (inOrder(state, t)) return true;
  return isRowMode(ours.mode) && own(state, t).length === 0 && own(state, u).length === 0;
}

/** Where t comes in the queue, from 0: in front of those who must wait for what it has already. */
export function place(state: LockState, t: number): number {
  const { on } = stepOf(state, t);
  const queue = elements(state.queue);
  const has = own(state, t);
  const later = queue.findIndex((u) => {
    const theirs = stepOf(state, u);
    return inOrder(state, t) && theirs.on === on && has.some((mode) => clash(theirs.mode, mode));
  });
  return later < 0 ? queue.length : later;
}

export const free = (state: LockState, t: number): boolean =>
  inItsWay(state.held, state, t).length === 0 &&
  (!inOrder(state, t) ||
    elements(state.queue)
      .slice(0, place(state, t))
      .every((u) => !bars(state, u, t)));

export const ahead = ({ queue }: LockState, t: number): readonly number[] => {
  const all = elements(queue);
  return all.slice(0, all.indexOf(t));
};

/** Whether it is the turn of t, which waits, once these are the locks. */
export const due = (locks: readonly Held[], state: LockState, t: number): boolean =>
  inItsWay(locks, state, t).length === 0 && ahead(state, t).every((u) => !bars(state, u, t));
