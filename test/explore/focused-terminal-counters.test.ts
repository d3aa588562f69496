/** Properties of TerminalCounters, each broken by a planted bug of the core. */

import { expect, test } from "vitest";
import type { FocusedModel } from "../../src/core/machines/focused.js";
import {
  terminalCounters,
  type CountersConstants,
  type CountersState,
} from "../../src/core/machines/terminal-counters.js";
import { stepsOf, waitsForEver, type Fairness } from "./fair.js";
import { andThen, broken, unless } from "./planted.js";

type Model = FocusedModel<CountersState, CountersConstants>;
type SlotArgs = { readonly slot: number };

const cfg = "counts-eventually.cfg";

/** The deltas of an action, put elsewhere. */
const deltas = (
  action: string,
  change: (d: CountersState["db"]["queueTerminalCountDeltas"][number]) => object,
): Model =>
  andThen(terminalCounters, action, (after) => {
    const changed = after.db.queueTerminalCountDeltas.map((d) => ({ ...d, ...change(d) }));
    return { ...after, db: { ...after.db, queueTerminalCountDeltas: changed } };
  });

const planted: Readonly<Record<string, Model>> = {
  // A fact that goes is taken back in another bucket than the one that it was counted in.
  NeverNegative: deltas("DiscardTerminal", (d) => (d.delta === -1 ? { bucket: 0 } : {})),
};

test.each(Object.entries(planted))("TerminalCounters: %s breaks", async (property, model) => {
  expect(await broken(terminalCounters, cfg, property)).toBeUndefined();
  expect(await broken(model, cfg, property)).toBe(property);
});

/** Rollup of this slot keeps coming, also between rebuilds; a rebuild that has begun goes on. */
const fair = (slot: number, strong = true): readonly Fairness[] => [
  { calls: ({ action }) => action === "RebuildWrite" },
  {
    calls: ({ action, args }) => action === "Rollup" && (args as SlotArgs).slot === slot,
    strong,
  },
];

const unfolded =
  (slot: number) =>
  ({ db }: CountersState): boolean =>
    slot !== db.ring.cur && db.queueTerminalCountDeltas.some((d) => d.slot === slot);

const forEver = async (model: Model, slot: number, fairness = fair(slot)) =>
  waitsForEver(await stepsOf(model, cfg), unfolded(slot), fairness);

const endless: Readonly<Record<string, readonly [Model, readonly Fairness[]]>> = {
  // Rollup leaves alone what a reader would be shown as less than nothing.
  EventuallyFolded: [
    unless<CountersState, CountersConstants, SlotArgs>(terminalCounters, "Rollup", ({ db }) =>
      db.queueTerminalCountDeltas.some((d) => d.delta === -1),
    ),
    fair(0),
  ],
  // A rebuild that stops half-way, and keeps its lock.
  "EventuallyFolded: rebuild": [terminalCounters, fair(0).slice(1)],
  // One rebuild after the other, and rollup comes while one is under way.
  "EventuallyFolded: rebuilds": [terminalCounters, fair(0, false)],
};

test.each([0, 1])("TerminalCounters: every delta of slot %i is folded", async (slot) => {
  expect(await forEver(terminalCounters, slot)).toBeUndefined();
});

test.each(Object.entries(endless))("TerminalCounters: %s breaks", async (_, [model, fairness]) => {
  expect(await forEver(model, 0, fairness)).toBeDefined();
});
