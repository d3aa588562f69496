/** Each property of DeadTupleContract, broken in the core under the bounds at which it holds. */

import { describe, expect, test } from "vitest";
import type { NamedCall } from "../../src/core/index.js";
import {
  deadTupleContract,
  type DeadTupleConstants,
  type DeadTupleState,
  type Heap,
} from "../../src/core/machines/dead-tuple-contract.js";
import type { FocusedModel } from "../../src/core/machines/focused.js";
import { stepsOf, waitsForEver, type Fairness } from "./fair.js";
import { andThen, broken, unless } from "./planted.js";

type State = DeadTupleState;
type Model = FocusedModel<State, DeadTupleConstants>;

const then = (name: string, change: (after: State, before: State) => State): Model =>
  andThen(deadTupleContract, name, change);

const eachHeap = ({ heaps }: State, change: (heap: Heap, part: string) => Heap) =>
  Object.fromEntries(Object.entries(heaps).map(([part, heap]) => [part, change(heap, part)]));

const rowsDie = (heap: Heap, { reader }: State): Heap => ({
  live: 0,
  aborted: false,
  dead: heap.dead || (heap.live > 0 && !reader.pins),
  pinned: heap.pinned + (reader.pins ? heap.live : 0),
});

/** Prune by DELETE: the slot that it was at is the one that changed. */
const prunesByDelete = then("Prune", (after, before) => ({
  ...after,
  heaps: eachHeap(before, (heap, part) =>
    after.heaps[part] === heap ? heap : rowsDie(heap, before),
  ),
}));

const { Prune, Rotate } = deadTupleContract.actions;

/** Says that prune is in the lock queue where it should have been blocked. */
const waits: typeof Prune = {
  ...Prune!,
  step(state, args, constants) {
    const said = Prune!.step(state, args, constants);
    const waiting = said.outcome.result === "blocked";
    return waiting ? { ...said, state: { ...state, waiting } } : said;
  },
};

/** Probes the next slot for rows, and does not ask whether it was truncated. */
const probes: typeof Rotate = {
  ...Rotate!,
  step(state, args, constants) {
    const next = (state.ring.cur + 1) % constants.Slots;
    const behind = Math.min(state.ring.behind, constants.Slots - 2);
    const looked = { ...state, ring: { ...state.ring, behind } };
    if (state.heaps[next]!.live === 0) return Rotate!.step(looked, args, constants);
    return { outcome: { result: "skippedBusy" }, state };
  },
};

const instead = (actions: Partial<Model["actions"]>): Model => ({
  ...deadTupleContract,
  actions: { ...deadTupleContract.actions, ...(actions as Model["actions"]) },
});

const planted: readonly (readonly [property: string, cfg: string, about: string, Model])[] = [
  [
    "AppendOnlyNeverDies",
    "dead-appended.cfg",
    "what is appended is written twice",
    then("Insert", (after, { reader, ring }) => ({
      ...after,
      heaps: eachHeap(after, (heap, part) =>
        part !== `${ring.cur}`
          ? heap
          : { ...heap, dead: !reader.pins, pinned: reader.pins ? 1 : 0 },
      ),
    })),
  ],
  ["AppendOnlyNeverDies", "dead-appended.cfg", "prune deletes", prunesByDelete],
  [
    "BoundedByTurns",
    "dead-heads.cfg",
    "calls that change nothing write all the same",
    then("Update", (after) => ({ ...after, died: 0 })),
  ],
  ["BoundedByRing", "dead-leases.cfg", "rotate looks for rows only", instead({ Rotate: probes })],
  ["PruneNeverQueues", "dead-appended.cfg", "prune waits", instead({ Prune: waits })],
  ["TruncateReclaims", "dead-terminal.cfg", "prune deletes", prunesByDelete],
  [
    "TruncateReclaims",
    "dead-appended.cfg",
    "what was rolled back stays",
    then("Prune", (after, before) => ({
      ...after,
      heaps: eachHeap(after, (heap, part) => ({ ...heap, aborted: before.heaps[part]!.aborted })),
    })),
  ],
];

test.each(planted)("DeadTupleContract: %s on %s: %s", async (property, cfg, _, model) => {
  expect(await broken(deadTupleContract, cfg, property)).toBeUndefined();
  expect(await broken(model, cfg, property)).toBe(property);
});

describe("DeadTupleContract, at length", () => {
  const taken = (action: string, part?: number): Fairness => ({
    calls: (call: NamedCall) =>
      call.action === action &&
      (part === undefined || (call.args as { readonly part?: number }).part === part),
  });
  const ringTurns = [taken("Rotate"), taken("Prune")];
  const garbage = ({ heaps }: State) => heaps[0]!.aborted || heaps[0]!.dead;
  const pinned = ({ heaps, reader }: State) =>
    heaps[0]!.pinned > 0 && reader.locks.length === 0 && reader.pins;

  const forEver = async (
    model: Model,
    cfg: string,
    waits: (state: State) => boolean,
    fairness: readonly Fairness[],
  ) => waitsForEver(await stepsOf(model, cfg), waits, fairness) !== undefined;

  test("EventuallyReclaimed needs vacuum where no ring turns, and nothing else", async () => {
    const on = (...fair: Fairness[]) => forEver(deadTupleContract, "dead-heads.cfg", garbage, fair);
    expect(await on(taken("Vacuum", 0))).toBe(false);
    expect(await on(...ringTurns)).toBe(true);
  });

  test("DrainsUnderReader needs the ring, and no vacuum", async () => {
    const on = (model: Model, ...fair: Fairness[]) =>
      forEver(model, "dead-leases.cfg", pinned, fair);
    expect(await on(deadTupleContract, ...ringTurns)).toBe(false);
    expect(await on(deadTupleContract, taken("Vacuum", 0), taken("Vacuum", 1))).toBe(true);
    const patient = unless(deadTupleContract, "Prune", ({ heaps }: State) =>
      Object.values(heaps).some((heap) => heap.pinned > 0),
    );
    expect(await on(patient, ...ringTurns)).toBe(true);
  });
});
