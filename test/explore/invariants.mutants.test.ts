/** Properties that are broken here by one planted core bug each. */

import { describe, expect, test } from "vitest";
import {
  actions,
  invariants,
  stepProperties,
  type ActionTable,
  type InvariantName,
  type Scope,
  type StepPropertyName,
  storageMachine,
} from "../../src/core/index.js";
import { explore } from "../../correctness/explore/explorer.js";
import { readScope } from "../../correctness/explore/scope.js";

type Mutants = Partial<Record<InvariantName | StepPropertyName, Partial<ActionTable>>>;

const {
  AdvanceClaimCursor,
  CancelReady,
  CancelRunning,
  Claim,
  CompleteFast,
  ParkForCallback,
  PassTime,
  PruneClaims,
} = actions;

const mutants: Mutants = {
  OneWinnerPerToken: {
    CompleteFast: {
      ...CompleteFast,
      apply: (db, { tokens }, scope) => ({
        ...CompleteFast.apply(db, { tokens }, scope),
        outcome: { result: "answered", each: tokens.map(() => "completed") },
      }),
    },
  },
  EveryJobInOnePlace: {
    CancelReady: {
      ...CancelReady,
      apply: (db, args, scope) => {
        const done = CancelReady.apply(db, args, scope);
        return { ...done, db: { ...done.db, readyTombstones: db.readyTombstones } };
      },
    },
  },
  CursorNeverPassesUnspent: {
    AdvanceClaimCursor: {
      ...AdvanceClaimCursor,
      refuse: () => null,
      apply: (db, { lane }) => {
        const { next } = db.laneHeads[lane]!;
        return {
          db: { ...db, laneHeads: { ...db.laneHeads, [lane]: { next, cursor: next } } },
          outcome: { result: "advanced", cursor: next },
        };
      },
    },
  },
  LaneSeqUnique: {
    PassTime: {
      ...PassTime,
      apply: (db, args, scope) => {
        const done = PassTime.apply(db, args, scope);
        const heads = Object.keys(db.laneHeads).map((l) => [l, { next: 1, cursor: 1 }]);
        return { ...done, db: { ...done.db, laneHeads: Object.fromEntries(heads) } };
      },
    },
  },
  BodiesRetained: {
    Claim: {
      ...Claim,
      apply: (db, args, scope) => {
        const done = Claim.apply(db, args, scope);
        return { ...done, db: { ...done.db, readyEntries: [] } };
      },
    },
  },
  LeasesAreOpen: {
    CancelRunning: {
      ...CancelRunning,
      apply: (db, args, scope) => {
        const done = CancelRunning.apply(db, args, scope);
        return { ...done, db: { ...done.db, leases: db.leases } };
      },
    },
  },
  LeasesHaveState: {
    ParkForCallback: {
      ...ParkForCallback,
      apply: (db, args, scope) => {
        const done = ParkForCallback.apply(db, args, scope);
        return { ...done, db: { ...done.db, attemptState: db.attemptState } };
      },
    },
  },
  OneLeasePerToken: {
    ParkForCallback: {
      ...ParkForCallback,
      apply: (db, args, scope) => {
        const done = ParkForCallback.apply(db, args, scope);
        return { ...done, db: { ...done.db, leases: [...done.db.leases, ...db.leases] } };
      },
    },
  },
  NoOpenReceiptTruncated: {
    PruneClaims: { ...PruneClaims, refuse: (db) => (db.rings.claim.init > 1 ? null : noop) },
  },
  KeepsContract: {
    CompleteFast: {
      ...CompleteFast,
      learn: (env, args, outcome, before, scope) => ({
        ...CompleteFast.learn!(env, args, outcome, before, scope),
        acked: env.acked,
      }),
    },
  },
};

const noop = { result: "noop" } as const;

const violationOf = (scope: Scope, property: string, mutant: Partial<ActionTable> = {}) =>
  explore(storageMachine(scope, { table: { ...actions, ...mutant } }), { properties: [property] })
    .violation;

describe("planted bugs", async () => {
  const scope = await readScope("lifecycle.cfg");
  const callbacks = await readScope("callbacks.cfg");

  test.each(Object.entries(mutants))("%s is broken, and by nothing else", (name, mutant) => {
    const on = name.includes("Lease") ? callbacks : scope;
    expect(violationOf(on, name, mutant)?.property).toBe(name);
    expect(violationOf(on, name)).toBeNull();
  });

  test("a counterexample is the shortest, and replays", () => {
    const found = violationOf(scope, "CursorNeverPassesUnspent", mutants.CursorNeverPassesUnspent);
    expect(found?.trace.map((t) => t.call?.action)).toEqual([
      undefined,
      "Enqueue",
      "AdvanceClaimCursor",
    ]);
    const last = found!.trace.at(-1)!.state;
    expect(invariants.CursorNeverPassesUnspent.holds(last)).toBe(false);
  });
});

test("every property says what a user loses", () => {
  for (const { loss } of Object.values({ ...invariants, ...stepProperties }))
    expect(loss).toMatch(/^[a-z]/);
});
