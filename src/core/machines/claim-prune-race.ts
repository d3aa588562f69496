/** Claims, rotate and prune statement by statement, twin of ClaimPruneRace.tla. */

import type { FocusedAction, FocusedModel } from "./focused.js";
import {
  bars,
  current,
  free,
  oldest,
  open,
  released,
  slotGeneration,
  visible,
  type Lock,
  type RaceConstants,
  type RaceState,
  type Stage,
} from "./race-locks.js";

type Constants = RaceConstants;
type ClaimAction = FocusedAction<RaceState, Constants, { readonly claim: string }>;
type PassAction = FocusedAction<RaceState, Constants, { readonly pass: string }>;

const stage = (at: string, slot = 0, gen = 0): Stage => ({ at, slot, gen });

/** An action of the claims that are at one of these stages. */
function claimAction(
  stages: readonly string[],
  step: (state: RaceState, claim: string, now: Stage, constants: Constants) => RaceState,
): ClaimAction {
  return {
    candidates: ({ Claims }) => Claims.map((claim) => ({ claim })),
    step(state, { claim }, constants) {
      const now = state.claims[claim]!;
      if (!stages.includes(now.at)) return { outcome: { result: now.at }, state };
      const next = step(state, claim, now, constants);
      return { outcome: { result: next.claims[claim]!.at }, state: next };
    },
  };
}

/** An action of the passes that are at this stage; null where the step is not enabled. */
function passAction(
  at: string,
  step: (state: RaceState, pass: string, now: Stage, constants: Constants) => RaceState | null,
): PassAction {
  return {
    candidates: ({ Passes }) => Passes.map((pass) => ({ pass })),
    step(state, { pass }, constants) {
      const now = state.passes[pass]!;
      const next = now.at === at ? step(state, pass, now, constants) : null;
      if (!next) return { outcome: { result: now.at }, state };
      return { outcome: { result: next.passes[pass]!.at }, state: next };
    },
  };
}

const claimAt = (state: RaceState, claim: string, now: Stage): RaceState => ({
  ...state,
  claims: { ...state.claims, [claim]: now },
});

const passAt = (state: RaceState, pass: string, now: Stage): RaceState => ({
  ...state,
  passes: { ...state.passes, [pass]: now },
});

const withLock = (state: RaceState, lock: Lock): RaceState =>
  state.locks.some((l) => l.owner === lock.owner && l.slot === lock.slot && l.mode === lock.mode)
    ? state
    : { ...state, locks: [...state.locks, lock] };

const writersLock = (claim: string, { slot }: Stage): Lock => ({
  owner: claim,
  slot,
  mode: "row exclusive",
});

const locked = (state: RaceState, claim: string, now: Stage): RaceState =>
  claimAt(withLock(state, writersLock(claim, now)), claim, stage("locked", now.slot));

const ReadSlot = claimAction(["started"], (state, claim, _now, constants) =>
  claimAt(state, claim, stage("read", current(state, constants))),
);

/** A claim waits for its lock; it holds it, or it is in the queue. */
const LockSlot = claimAction(["read"], (state, claim, now) =>
  free(state, writersLock(claim, now))
    ? locked(state, claim, now)
    : claimAt(state, claim, stage("waiting", now.slot)),
);

const GrantLock = claimAction(["waiting"], (state, claim, now) =>
  bars(state.locks, writersLock(claim, now)) ? state : locked(state, claim, now),
);

/** Starts again where the ring has turned, and keeps what it has locked so far. */
const RereadSlot = claimAction(["locked"], (state, claim, { slot }, constants) =>
  claimAt(
    state,
    claim,
    slot === current(state, constants) ? stage("pinned", slot, state.generation) : stage("started"),
  ),
);

const InsertReceipt = claimAction(["pinned"], (state, claim, { slot, gen }) => ({
  ...claimAt(state, claim, stage("written")),
  receipts: [...state.receipts, { slot, claim, gen }],
}));

const CommitClaim = claimAction(["written"], (state, claim) => ({
  ...claimAt(state, claim, stage("committed")),
  locks: released(state, claim),
}));

/** The connection is lost: what the transaction wrote and locked goes. */
const AbortClaim = claimAction(
  ["started", "read", "waiting", "locked", "pinned", "written"],
  (state, claim) => ({
    ...claimAt(state, claim, stage("aborted")),
    locks: released(state, claim),
    receipts: state.receipts.filter((r) => r.claim !== claim),
  }),
);

/** Closed evidence for the receipt. */
const Finish = claimAction(["committed"], (state, claim) =>
  claimAt(state, claim, stage("finished")),
);

/** A pass ends with its transaction, and so do its locks. */
const ended = (state: RaceState, pass: string): RaceState => ({
  ...passAt(state, pass, stage("idle")),
  locks: released(state, pass),
});

const pruning = ["looked", "waiting", "exclusive", "decided"];

/** Prune holds the ring's row from its first statement on; a second one skips it. */
const ringHeld = ({ passes }: RaceState, pass: string): boolean =>
  Object.entries(passes).some(([p, { at }]) => p !== pass && pruning.includes(at));

/** Conflicts with writers: nobody's receipt is on its way into the slot. */
const LockNext = passAction("idle", (state, pass, _now, { Slots, Turns }) => {
  const lock = { owner: pass, slot: (state.generation + 1) % Slots, mode: "share" };
  if (state.generation >= Turns || !free(state, lock)) return null;
  return passAt(withLock(state, lock), pass, stage("sharing", lock.slot, state.generation));
});

const ProbeNext = passAction("sharing", (state, pass, now) =>
  visible(state, now.slot).length === 0
    ? passAt(state, pass, { ...now, at: "probed" })
    : ended(state, pass),
);

/** Compare and set; the row may be waited for, because prune never waits while it holds it. */
const AdvanceRing = passAction("probed", (state, pass, { gen }) => {
  if (ringHeld(state, pass)) return null;
  const generation = state.generation === gen ? gen + 1 : state.generation;
  return { ...ended(state, pass), generation };
});

/** Looks first, so that a slot that cannot be pruned is not locked. */
const LookAtOldest = passAction("idle", (state, pass, _now, constants) => {
  const slot = oldest(state, constants);
  if (ringHeld(state, pass) || state.generation === 0) return null;
  if (visible(state, slot).length === 0 || open(state, slot).length > 0) return null;
  return passAt(state, pass, stage("looked", slot));
});

/** Blocked: the transaction ends, and the next pass tries again. */
const LockOldest = passAction("looked", (state, pass, { slot }) => {
  const lock = { owner: pass, slot, mode: "access exclusive" };
  return free(state, lock)
    ? passAt(withLock(state, lock), pass, stage("exclusive", slot))
    : ended(state, pass);
});

/** Under the lock: this answer stays true. */
const LookAgain = passAction("exclusive", (state, pass, { slot }) =>
  open(state, slot).length === 0 ? passAt(state, pass, stage("decided", slot)) : ended(state, pass),
);

const Truncate = passAction("decided", (state, pass, { slot }) => ({
  ...ended(state, pass),
  receipts: state.receipts.filter((r) => r.slot !== slot),
}));

const byName = (names: readonly string[], at: string) =>
  Object.fromEntries(names.map((name) => [name, stage(at)]));

export const claimPruneRace: FocusedModel<RaceState, Constants> = {
  initial: ({ Claims, Passes }) => ({
    generation: 0,
    claims: byName(Claims, "started"),
    passes: byName(Passes, "idle"),
    locks: [],
    receipts: [],
  }),
  actions: {
    ReadSlot,
    LockSlot,
    GrantLock,
    RereadSlot,
    InsertReceipt,
    CommitClaim,
    AbortClaim,
    Finish,
    LockNext,
    ProbeNext,
    AdvanceRing,
    LookAtOldest,
    LockOldest,
    LookAgain,
    Truncate,
  },
  invariants: {
    ReceiptsSurvive: {
      loss: "a job runs, or will, and nobody knows that it was handed out: it runs twice",
      holds: ({ claims, receipts }) =>
        Object.entries(claims)
          .filter(([, { at }]) => at === "written" || at === "committed")
          .every(([claim]) => receipts.some((r) => r.claim === claim)),
    },
    OneGenerationPerSlot: {
      loss: "the order of the slots is not that of their rows: a later job is handed out first",
      holds: (state, constants) =>
        state.receipts.every((r) => r.gen === slotGeneration(state, r.slot, constants)),
    },
    PruneNeverWaits: {
      loss: "prune queues behind one long transaction, and every later claim queues behind prune",
      holds: ({ passes }) => Object.values(passes).every(({ at }) => at !== "waiting"),
    },
  },
  liveness: {
    EveryClaimEnds: {
      loss: "a worker's claim never answers, although nothing is wrong with its connection",
    },
  },
};
