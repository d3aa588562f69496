/** What counts as explained: an order in the core, and a lock in the way only where one was. */

import { describe, expect, test } from "vitest";
import { replay } from "../../correctness/explore/explorer.js";
import type { Ran } from "../../correctness/interleave/arena.js";
import { Explainer } from "../../correctness/interleave/explain.js";
import type { Hindrance } from "../../correctness/interleave/hindrance.js";
import { areas, meeting } from "../../correctness/interleave/scopes.js";
import { step, storageMachine, type Call, type Outcome, type State } from "../../src/core/index.js";

const scope = meeting(areas.find(({ name }) => name === "ending")!);
const reach = (...way: readonly Call[]): State => replay(way, storageMachine(scope)).at(-1)!.state;

const enqueue: Call = { action: "Enqueue", args: { lane: "a", batch: ["j1", "j2"], wait: 0 } };
const claim = (n: number): Call => ({ action: "Claim", args: { lane: "a", n, deadline: 99 } });
const cancel: Call = { action: "CancelReady", args: { job: "j1" } };
const rescue: Call = { action: "RescueStaleReceipts", args: { slot: 0 } };
const stale: Call = { action: "Heartbeat", args: { token: { job: "j3", lease: 1 } } };
const rotate: Call = { action: "RotateClaims", args: {} };
const tick: Call = { action: "PassTime", args: {} };

const nothing: Hindrance = {
  locks: [],
  rings: [],
  claimSlots: [],
  claimHeads: [],
  enqueueHeads: [],
  attempts: [],
};

interface Out {
  readonly start: State;
  readonly calls: readonly Call[];
  readonly outcomes: readonly (Outcome | Error)[];
  /** The calls that had their effect, in order. */
  readonly did: readonly Call[];
  readonly met?: Partial<Hindrance>;
}

/** What explains it that the calls were answered so, and that these ones had their effect. */
function explained({ start, calls, outcomes, did, met = {} }: Out) {
  const end = did.reduce((state, call) => step(state, call, scope).state, start);
  const ran: Ran = {
    steps: [],
    outcomes,
    db: end.db,
    faults: [],
    stuck: false,
    met: calls.map(() => ({ ...nothing, ...met })),
  };
  return new Explainer(start, calls, scope).explain(ran);
}

const token = (job: string) => ({ job, lease: 1 });
const claimed = (...jobs: string[]): Outcome => ({ result: "claimed", tokens: jobs.map(token) });

describe("two calls", () => {
  const start = reach(enqueue);
  const calls = [claim(1), cancel];

  test("in one order, or in the other", () => {
    const first = { start, calls, did: calls, outcomes: [claimed("j1"), { result: "notReady" }] };
    expect(explained(first)).toEqual({ order: [0, 1], benign: [] });
    const outcomes = [claimed("j2"), { result: "cancelled" }];
    const second = { start, calls, did: [cancel, claim(1)], outcomes };
    expect(explained(second)).toEqual({ order: [1, 0], benign: [] });
  });

  test("not with the answers of one order and the rows of the other", () => {
    const outcomes = [claimed("j1"), { result: "notReady" }];
    expect(explained({ start, calls, did: [cancel, claim(1)], outcomes })).toBeNull();
  });

  test("not with an error, or where both had what only one can have", () => {
    const outcomes = [claimed("j1"), new Error("deadlock detected")];
    expect(explained({ start, calls, did: [claim(1)], outcomes })).toBeNull();
    const both = [claimed("j1"), claimed("j1")];
    expect(
      explained({ start, calls: [claim(1), claim(1)], did: [claim(1)], outcomes: both }),
    ).toBeNull();
  });
});

describe("a lock in the way", () => {
  const start = reach(enqueue);
  const calls = [claim(1), cancel];
  const turnedAway = {
    start,
    calls,
    did: [cancel],
    outcomes: [{ result: "empty" }, { result: "cancelled" }],
  };

  test("explains a claim that got nothing, if it was on the head of its lane", () => {
    expect(explained({ ...turnedAway, met: { claimHeads: ["a"] } })).toEqual({
      order: [0, 1],
      benign: [0],
    });
    expect(
      explained({ ...turnedAway, met: { claimHeads: ["b"], enqueueHeads: ["a"] } }),
    ).toBeNull();
    expect(explained(turnedAway)).toBeNull();
  });

  test("explains nothing about a call that does not try locks", () => {
    const outcomes = [claimed("j1"), { result: "notReady" }];
    const idle = { start, calls, did: [claim(1)], outcomes };
    expect(explained({ ...idle, met: { claimHeads: ["a"] } })).not.toBeNull();
    const wrong = [claimed("j2"), { result: "notReady" }];
    expect(explained({ ...idle, outcomes: wrong, met: { claimHeads: ["a"] } })).toBeNull();
  });

  test("explains a rotation that was blocked, if it was that of a writer of that slot", () => {
    const blocked = {
      start,
      calls: [rotate, cancel],
      did: [cancel],
      outcomes: [{ result: "blocked" }, { result: "cancelled" }],
    };
    const lock = (relation: string, mode: "AccessShareLock" | "RowExclusiveLock") => ({
      locks: [{ relation, mode }],
    });
    expect(explained({ ...blocked, met: lock("lease_claims_1", "RowExclusiveLock") })).toEqual({
      order: [0, 1],
      benign: [0],
    });
    expect(explained({ ...blocked, met: lock("lease_claims_1", "AccessShareLock") })).toBeNull();
    expect(explained({ ...blocked, met: lock("lease_claims_0", "RowExclusiveLock") })).toBeNull();
    expect(explained({ ...blocked, met: { rings: ["queue"] } })).toBeNull();
    expect(explained({ ...blocked, met: { rings: ["claim"] } })).not.toBeNull();
  });
});

describe("receipts that a rescue passes over", () => {
  const start = reach(enqueue, claim(2), tick);
  const only = (job: string): Out => {
    const other = job === "j1" ? "j2" : "j1";
    const hidden = { ...start.db, leaseClaims: start.db.leaseClaims.filter((c) => c.job === job) };
    const { db } = step({ ...start, db: hidden }, rescue, scope).state;
    const kept = start.db.leaseClaims.filter((c) => c.job === other);
    const after = { ...start, db: { ...db, leaseClaims: [...db.leaseClaims, ...kept] } };
    return {
      start: after,
      calls: [],
      did: [],
      outcomes: [{ result: "rescued", tokens: [token(job)] }, { result: "stale" }],
    };
  };

  const ranOnly = (job: string, met: Partial<Hindrance>) => {
    const { start: after, outcomes } = only(job);
    const hindrance = { ...nothing, ...met };
    const ran: Ran = {
      steps: [],
      outcomes,
      db: after.db,
      faults: [],
      stuck: false,
      met: [hindrance, hindrance],
    };
    return new Explainer(start, [rescue, stale], scope).explain(ran);
  };

  test("are those that somebody has locked, and no others", () => {
    expect(ranOnly("j1", { attempts: [token("j2")] })).toEqual({ order: [0, 1], benign: [0] });
    expect(ranOnly("j1", { attempts: [token("j1")] })).toBeNull();
    expect(ranOnly("j1", {})).toBeNull();
  });
});
