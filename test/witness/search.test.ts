/** Every shape has a behaviour, none has a shorter one, and it is the core that says which. */

import { describe, expect, test } from "vitest";

import { readScope } from "../../correctness/explore/scope.js";
import { storage } from "../../correctness/explore/model.js";
import { formatCalls } from "../../correctness/report/calls.js";
import { readManifest } from "../../correctness/tlc/manifest.js";
import { manifestFile, positive } from "../../correctness/tlc/suite.js";
import { witnessOf } from "../../correctness/witness/generate.js";
import { shortest } from "../../correctness/witness/search.js";
import type { Taken } from "../../correctness/witness/moments.js";
import { shapes, type Shape } from "../../correctness/witness/shapes.js";
import {
  actions,
  storageMachine,
  type ActionTable,
  type Job,
  type Scope,
} from "../../src/core/index.js";

const shapeOf = (name: string): Shape => shapes.find((s) => s.name === name)!;

const callsOf = async (shape: Shape, table?: ActionTable): Promise<string[] | null> => {
  const witness = await witnessOf(shape, table);
  return witness && formatCalls(witness.trace.slice(1).map(({ call }) => call!));
};

test("the shapes that there are to see", async () => {
  expect(shapes.map((s) => s.name)).toEqual([
    "snooze",
    "receipt-rescue",
    "lost-claim-advance",
    "running-cancel",
    "receipt-only-cancel",
    "callback-wait-and-resume",
    "dlq-retry",
    "dlq-purge",
  ]);
  const entries = await readManifest(manifestFile());
  for (const { configuration, moments } of shapes) {
    const entry = entries.find((e) => e.name === configuration)!;
    expect(positive(entry) && storage(entry)).toBe(true);
    const { enabled } = await readScope(entry.cfg);
    for (const { action } of moments) expect(enabled).toContain(action);
  }
});

/**
 * After how many steps a behaviour first has the shape: layer by layer, each state with all numbers
 * of moments that some way of exactly that length to it may have behind it.
 */
function leastSteps({ moments }: Shape, scope: Scope, job: Job, most: number): number {
  const machine = storageMachine(scope);
  let layer = new Map([[machine.key(machine.initial), { state: machine.initial, met: [0] }]]);
  for (let step = 1; step <= most; step++) {
    const next: typeof layer = new Map();
    for (const { state: from, met } of layer.values())
      for (const call of machine.calls.filter((c) => machine.possible(from, c))) {
        const { state, outcome } = machine.step(from, call);
        if (state === from || !machine.inBounds(state)) continue;
        const taken = { args: call.args, outcome, before: from.db, after: state.db };
        const reached = met.flatMap((m) => {
          const moment = moments[m]!;
          const meets = moment.action === call.action && moment.is(taken as Taken<never>, job);
          return meets ? [m, m + 1] : [m];
        });
        if (reached.includes(moments.length)) return step;
        const key = machine.key(state);
        const there = next.get(key) ?? { state, met: [] };
        next.set(key, { state, met: [...new Set([...there.met, ...reached])] });
      }
    layer = next;
  }
  return Infinity;
}

test.each(shapes)("$name: found, and none is shorter", async (shape) => {
  const { scope, trace, moments } = (await witnessOf(shape))!;
  expect(moments.filter((m) => m !== null)).toEqual(shape.moments);
  const steps = trace.length - 1;
  const least = scope.jobs.map((job) => leastSteps(shape, scope, job, steps));
  expect(Math.min(...least)).toBe(steps);
});

const {
  CancelRunning,
  CompleteFast,
  ParkForCallback,
  PruneClaims,
  RescueStaleReceipts,
  RetryFromDlq,
  Snooze,
} = actions;

/** Cores in which what the shape shows does not happen. */
const losing: readonly (readonly [string, string, Partial<ActionTable>])[] = [
  [
    "snooze",
    "a snoozed attempt counts",
    {
      Snooze: {
        ...Snooze,
        apply: (db, args, scope) => {
          const done = Snooze.apply(db, args, scope);
          const deferredJobs = done.db.deferredJobs.map((d) => ({ ...d, snoozes: 0 }));
          return { ...done, db: { ...done.db, deferredJobs } };
        },
      },
    },
  ],
  [
    "receipt-rescue",
    "rescue finds nothing",
    { RescueStaleReceipts: { ...RescueStaleReceipts, refuse: () => ({ result: "noop" }) } },
  ],
  [
    "receipt-rescue",
    "a late completion is told that it ended the attempt",
    {
      CompleteFast: {
        ...CompleteFast,
        apply: (db, args, scope) => ({
          ...CompleteFast.apply(db, args, scope),
          outcome: { result: "answered", each: args.tokens.map(() => "completed") },
        }),
      },
    },
  ],
  [
    "lost-claim-advance",
    "claim slots are pruned behind the cursors only",
    {
      PruneClaims: {
        ...PruneClaims,
        refuse: (db, args, scope) => {
          const ahead = db.leaseClaims.some((c) => c.seq >= db.laneHeads[c.lane]!.cursor);
          if (ahead) return { result: "skippedActive", reason: "claimOpen" };
          return PruneClaims.refuse(db, args, scope);
        },
      },
    },
  ],
  [
    "running-cancel",
    "a cancelled attempt keeps its lease",
    {
      CancelRunning: {
        ...CancelRunning,
        apply: (db, args, scope) => {
          const done = CancelRunning.apply(db, args, scope);
          return { ...done, db: { ...done.db, leases: db.leases } };
        },
      },
    },
  ],
  [
    "receipt-only-cancel",
    "a cancelled attempt is closed as a failed one",
    {
      CancelRunning: {
        ...CancelRunning,
        apply: (db, args, scope) => {
          const done = CancelRunning.apply(db, args, scope);
          const failed = done.db.leaseClaimClosures.map(
            (c) => ({ ...c, outcome: "failed" }) as const,
          );
          return { ...done, db: { ...done.db, leaseClaimClosures: failed } };
        },
      },
    },
  ],
  [
    "dlq-retry",
    "a readmitted job starts again at run lease 0: lease-reset",
    {
      RetryFromDlq: {
        ...RetryFromDlq,
        apply: (db, args, scope) => {
          const dlqEntries = db.dlqEntries.map((d) => ({ ...d, lease: 0 }));
          return RetryFromDlq.apply({ ...db, dlqEntries }, args, scope);
        },
      },
    },
  ],
  [
    "dlq-purge",
    "the lane row goes with the receipt",
    {
      PruneClaims: {
        ...PruneClaims,
        apply: (db, args, scope) => {
          const done = PruneClaims.apply(db, args, scope);
          return { ...done, db: { ...done.db, readyEntries: [] } };
        },
      },
    },
  ],
];

describe("a changed core", () => {
  test.each(losing)("%s is lost where %s", async (name, _, changed) => {
    const shape = shapeOf(name);
    const { scope, trace } = (await witnessOf(shape))!;
    const enabled = trace.slice(1).map(({ call }) => call!.action);
    const short = { ...scope, enabled, maxSeq: Math.min(scope.maxSeq, 3) };
    const search = (table: ActionTable) =>
      shortest(storageMachine(short, { table }), shape, scope.jobs);
    expect(search(actions)).not.toBeNull();
    expect(search({ ...actions, ...changed })).toBeNull();
  });

  test("callback-wait-and-resume is another one where parking asks for a heartbeat", async () => {
    const shape = shapeOf("callback-wait-and-resume");
    const usual = (await callsOf(shape))!;
    const changed: ActionTable = {
      ...actions,
      ParkForCallback: {
        ...ParkForCallback,
        refuse: (db, args, scope) =>
          db.attemptState.length === 0
            ? { result: "stale" }
            : ParkForCallback.refuse(db, args, scope),
      },
    };
    const longer = (await callsOf(shape, changed))!;
    expect(longer).toContain("Heartbeat(j1/1)");
    expect(longer.filter((call) => call !== "Heartbeat(j1/1)")).toEqual(usual);
  });
});
