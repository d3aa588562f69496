/** Rescue over the claim ring and what happens around it, twin of RescueCursor.tla. */

import type { FocusedAction, FocusedModel } from "./focused.js";
import {
  closed,
  compareFrom,
  inSlot,
  oldest,
  open,
  outcomeOf,
  rescuable,
  visited,
  type CursorKey,
  type DueReceipt,
  type RescueConstants,
  type RescueState,
} from "./rescue-pass.js";

type Constants = RescueConstants;
type RescueAction<A extends object = object> = FocusedAction<RescueState, Constants, A>;

const replaced = (state: RescueState, row: DueReceipt): RescueState => ({
  ...state,
  receipts: state.receipts.map((r) => (r.id === row.id ? row : r)),
});

const numbers = (ns: readonly number[]) => ns.map((id) => ({ id }));

/** A receipt in the current slot, in the place of the closed one of the attempt before. */
const Claim: RescueAction<{ readonly id: number; readonly due: number }> = {
  candidates: ({ Receipts, DueAfter }) =>
    Receipts.flatMap((id) => DueAfter.map((due) => ({ id, due }))),
  step(state, { id, due }) {
    const slot = state.current;
    const before = state.receipts.find((r) => r.id === id);
    const held = before && !(closed(before) && before.slot === slot);
    const ties = state.cursors[slot]!.some((c) => c.id === id && c.due === due);
    if (held || ties) return { outcome: { result: "notClaimable" }, state };
    const row: DueReceipt = { slot, id, due, state: "open" };
    const receipts = [...state.receipts.filter((r) => r !== before), row];
    return { outcome: { result: "claimed" }, state: { ...state, receipts } };
  },
};

/** The attempt gets a lease: from now on it is lease-managed. */
const Materialise: RescueAction<{ readonly id: number }> = {
  candidates: ({ Long }) => numbers(Long),
  step(state, { id }) {
    const row = state.receipts.find((r) => r.id === id && open(r));
    if (!row) return { outcome: { result: "stale" }, state };
    const next = replaced(state, { ...row, state: "leased" });
    return { outcome: { result: "materialised" }, state: next };
  },
};

const Finish: RescueAction<{ readonly id: number }> = {
  candidates: ({ Receipts }) => numbers(Receipts),
  step(state, { id }) {
    const row = state.receipts.find((r) => r.id === id && !closed(r));
    if (!row) return { outcome: { result: "stale" }, state };
    const next = replaced(state, { ...row, state: "finished" });
    return { outcome: { result: "finished" }, state: next };
  },
};

const Rescue: RescueAction = {
  candidates: () => [{}],
  step(state, _args, constants) {
    const { closes, cursors } = visited(state, constants);
    const moved = Object.entries(cursors).some(([slot, c]) => c !== state.cursors[slot]);
    if (closes.length === 0 && !moved) return { outcome: { result: "noop" }, state };
    const outcome = outcomeOf(constants);
    const receipts = state.receipts.map((r) => (closes.includes(r) ? { ...r, state: outcome } : r));
    const result = closes.length > 0 ? "rescued" : "noop";
    return { outcome: { result }, state: { ...state, receipts, cursors } };
  },
};

/** The oldest slot is truncated once all its receipts are closed. */
const PruneClaims: RescueAction = {
  candidates: () => [{}],
  step(state, _args, constants) {
    const slot = oldest(state, constants);
    const rows = inSlot(state.receipts, slot);
    if (rows.length === 0) return { outcome: { result: "noop" }, state };
    if (!rows.every(closed))
      return { outcome: { result: "skippedActive", reason: "claimOpen" }, state };
    const receipts = state.receipts.filter((r) => r.slot !== slot);
    const cursors = { ...state.cursors, [slot]: [] };
    return { outcome: { result: "pruned" }, state: { ...state, receipts, cursors } };
  },
};

/** The oldest slot is the next one. */
const RotateClaims: RescueAction = {
  candidates: () => [{}],
  step(state, _args, constants) {
    const current = oldest(state, constants);
    if (inSlot(state.receipts, current).length > 0)
      return { outcome: { result: "skippedBusy" }, state };
    return { outcome: { result: "rotated" }, state: { ...state, current } };
  },
};

/** One tick later. Of what is due only the order counts, which is kept without gaps below one. */
const Tick: RescueAction = {
  candidates: () => [{}],
  step(state) {
    let passed = false;
    const later = <K extends CursorKey>(slot: number, key: K): K => {
      const all = [...inSlot(state.receipts, slot), ...state.cursors[slot]!].map((k) => k.due);
      const notSooner = new Set(all.filter((d) => key.due <= d && d <= 1));
      const due = key.due > 1 ? key.due - 1 : 1 - notSooner.size;
      passed ||= due !== key.due;
      return { ...key, due };
    };
    const receipts = state.receipts.map((r) => later(r.slot, r));
    const cursors = Object.fromEntries(
      Object.entries(state.cursors).map(([i, c]) => [i, c.map((k) => later(Number(i), k))]),
    );
    return passed
      ? { outcome: { result: "passed" }, state: { ...state, receipts, cursors } }
      : { outcome: { result: "nothingWaits" }, state };
  },
};

/** The receipts that a step closes by a pass, as they were. */
function rescuedNow(before: RescueState, after: RescueState, constants: Constants) {
  const outcome = outcomeOf(constants);
  return before.receipts.filter(
    (r) => r.state !== outcome && after.receipts.some((q) => q.id === r.id && q.state === outcome),
  );
}

/** No cursor that a step moved to another receipt has a rescuable one behind it. */
const noneSkipped = (before: RescueState, after: RescueState): boolean =>
  Object.entries(before.cursors).every(([slot, from]) =>
    after.cursors[slot]!.filter((key) => from.every((c) => c.id !== key.id)).every((key) =>
      inSlot(after.receipts, Number(slot))
        .filter(rescuable)
        .every((r) => compareFrom(from, key, r) < 0),
    ),
  );

export const rescueCursor: FocusedModel<RescueState, Constants> = {
  initial: ({ Slots }) => ({
    current: 0,
    receipts: [],
    cursors: Object.fromEntries(Array.from({ length: Slots }, (_, i) => [i, []])),
  }),
  actions: { Claim, Materialise, Finish, Rescue, PruneClaims, RotateClaims, Tick },
  invariants: {
    CursorsResetAtTruncate: {
      loss: "the next receipts of a slot are looked at from a place in the order of its last ones",
      holds: ({ receipts, cursors }) =>
        Object.entries(cursors).every(
          ([slot, c]) => c.length === 0 || inSlot(receipts, Number(slot)).length > 0,
        ),
    },
  },
  stepProperties: {
    OnlyStaleOpenRescued: {
      loss: "two owners work on one attempt, or a worker in good time is ended",
      holds: (before, after, constants) => rescuedNow(before, after, constants).every(rescuable),
    },
    PassKeepsItsBudget: {
      loss: "one pass locks receipts, and keeps its transaction open, for as long as it likes",
      holds: (before, after, constants) =>
        rescuedNow(before, after, constants).length <= constants.Budget,
    },
    CursorNeverPassesStaleOpen: {
      loss: "a lost attempt that a pass came to waits until the cursor has gone round once more",
      holds: noneSkipped,
    },
  },
  liveness: {
    EveryStaleOpenReceiptIsRescued: {
      loss: "an attempt whose worker is gone is never ended: its job is lost, and the ring stops",
    },
  },
};
