/** Transactions that take the locks of their plans, twin of LockOrder.tla. */

import type { FocusedAction, FocusedModel } from "./focused.js";
import {
  ahead,
  asks,
  bars,
  busy,
  due,
  free,
  inItsWay,
  inOrder,
  lengthOf,
  lockOf,
  met,
  place,
  stepOf,
  waits,
} from "./lock-queue.js";
import {
  clash,
  elements,
  isTableMode,
  maintains,
  meetings,
  modeOf,
  releases,
  sequence,
  type Held,
  type LockConstants,
  type LockState,
} from "./lock-rules.js";

type Constants = LockConstants;
type Transaction = FocusedAction<LockState, Constants, { readonly t: number }>;

const transactions = ({ Size }: Constants) => Array.from({ length: Size }, (_, i) => i + 1);

const without = (queue: LockState["queue"], gone: readonly number[]) =>
  sequence(elements(queue).filter((t) => !gone.includes(t)));

const further = ({ at }: LockState, moved: readonly number[]): LockState["at"] =>
  Object.fromEntries(Object.entries(at).map(([t, n]) => [t, moved.includes(+t) ? n + 1 : n]));

const withLock = (state: LockState, t: number): readonly Held[] => {
  const lock = lockOf(state, t);
  const known = state.held.some((h) => h.by === t && h.on === lock.on && h.mode === lock.mode);
  return known ? state.held : [...state.held, lock];
};

/** These locks are left; the lock manager hands out what is free now. */
function leaves(state: LockState, locks: readonly Held[], t: number): LockState {
  const next = elements(state.queue).filter(
    (u) => u !== t && inOrder(state, u) && due(locks, state, u),
  );
  return {
    ...state,
    held: [...locks, ...next.map((u) => lockOf(state, u))],
    queue: without(state.queue, next),
    at: further(state, [...next, t]),
  };
}

/** An action of the transactions for which it is enabled. */
const action = (
  enabled: (state: LockState, t: number) => boolean,
  result: string,
  step: (state: LockState, t: number) => LockState,
): Transaction => ({
  candidates: (constants) => transactions(constants).map((t) => ({ t })),
  step: (state, { t }) =>
    enabled(state, t)
      ? { outcome: { result }, state: step(state, t) }
      : { outcome: { result: "notEnabled" }, state },
});

const Meet: FocusedAction<LockState, Constants, { readonly meeting: LockState["plans"] }> = {
  candidates: (constants) => meetings(constants).map((meeting) => ({ meeting })),
  step: (state, { meeting }) =>
    met(state)
      ? { outcome: { result: "notEnabled" }, state }
      : { outcome: { result: "met" }, state: { ...state, plans: meeting } },
};

const Lock = action(
  (state, t) => asks(state, t) && free(state, t),
  "locked",
  (state, t) => ({ ...state, held: withLock(state, t), at: further(state, [t]) }),
);

const turnedAway = (state: LockState, t: number, policy: string): boolean =>
  asks(state, t) && !free(state, t) && stepOf(state, t).policy === policy;

const Wait = action(
  (state, t) => turnedAway(state, t, "wait"),
  "waits",
  (state, t) => {
    const queue = [...elements(state.queue)];
    queue.splice(place(state, t), 0, t);
    return { ...state, queue: sequence(queue) };
  },
);

const PassOver = action(
  (state, t) => turnedAway(state, t, "skip"),
  "passedOver",
  (state, t) => ({ ...state, at: further(state, [t]) }),
);

const GiveUp = action(
  (state, t) => turnedAway(state, t, "nowait"),
  "blocked",
  (state, t) => ({ ...state, at: { ...state.at, [t]: lengthOf(state, t) + 1 } }),
);

/** Who waited for a row or a key wakes up when its owner has ended. */
const WakeUp = action(
  (state, t) => waits(state, t) && !inOrder(state, t) && due(state.held, state, t),
  "locked",
  (state, t) => ({
    ...state,
    held: withLock(state, t),
    queue: without(state.queue, [t]),
    at: further(state, [t]),
  }),
);

/** A subtransaction is rolled back. */
const GiveBack = action(
  (state, t) => busy(state, t) && releases(stepOf(state, t)),
  "givenBack",
  (state, t) => {
    const step = stepOf(state, t);
    const given = (h: Held) => h.by === t && h.on === step.on && h.mode === modeOf(step);
    return leaves(
      state,
      state.held.filter((h) => !given(h)),
      t,
    );
  },
);

const Finish = action(
  (state, t) => met(state) && !state.finished.includes(t) && !busy(state, t),
  "finished",
  (state, t) => ({
    ...leaves(
      state,
      state.held.filter((h) => h.by !== t),
      t,
    ),
    finished: [...state.finished, t],
  }),
);

/** Those that t waits for. */
const waitsFor = (state: LockState, t: number): readonly number[] => [
  ...inItsWay(state.held, state, t).map((h) => h.by),
  ...ahead(state, t).filter((u) => bars(state, u, t)),
];

/** Who waits for nobody that waits is left out, until nobody is left or nobody can be. */
function inCircles(state: LockState): readonly number[] {
  let left = elements(state.queue);
  for (;;) {
    const still = left.filter((t) => waitsFor(state, t).some((u) => left.includes(u)));
    if (still.length === left.length) return left;
    left = still;
  }
}

export const lockOrder: FocusedModel<LockState, Constants> = {
  initial: (constants) => ({
    plans: {},
    at: sequence(transactions(constants).map(() => 1)),
    held: [],
    queue: {},
    finished: [],
  }),
  actions: { Meet, Lock, Wait, PassOver, GiveUp, WakeUp, GiveBack, Finish },
  invariants: {
    NoDeadlock: {
      loss: "two workers wait for each other until Postgres ends one of them with an error",
      holds: (state) => inCircles(state).length === 0,
    },
    LocksCompatible: {
      loss: "a slot is truncated while somebody writes into it",
      holds: ({ held }) =>
        held.every((h) =>
          held.every((g) => h.on !== g.on || h.by === g.by || !clash(h.mode, g.mode)),
        ),
    },
    NoConvoy: {
      loss: "every worker queues behind maintenance, which queues behind one long transaction",
      holds: (state) =>
        elements(state.queue).every(
          (t) => !maintains(state.plans[t]!) || !isTableMode(stepOf(state, t).mode),
        ),
    },
    FinishedHoldNothing: {
      loss: "a call that has long been answered keeps the others waiting",
      holds: (state) =>
        state.finished.every((t) => !waits(state, t) && state.held.every((h) => h.by !== t)),
    },
  },
};
