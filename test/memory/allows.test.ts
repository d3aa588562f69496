/** Every operation of the contract, in tables: answers it allows, and why it refuses others. */

import { describe, expect, it } from "vitest";
import {
  allows,
  initial,
  view,
  type Operation,
  type OperationName,
  type Place,
} from "../../src/memory/index.js";
import { handingOut } from "./handing-out.js";
import { lookingAfter } from "./looking-after.js";
import { rescuing } from "./rescuing.js";
import { token, type Tables } from "./rows.js";
import { working } from "./working.js";
import { world } from "./world.js";

const tables: Tables = { ...handingOut, ...working, ...rescuing, ...lookingAfter };

const show = (places: Iterable<readonly [string, Place]>) =>
  Object.fromEntries([...places].map(([job, { state, lease }]) => [job, { state, lease }]));

describe.each(Object.keys(tables) as OperationName[])("%s", (action) => {
  it.each(tables[action].map((row) => [JSON.stringify(row.slice(0, 2)), ...row] as const))(
    "%s",
    (_name, args, outcome, then) => {
      const verdict = allows(world, { action, args } as Operation, outcome);
      if (typeof then === "string") {
        expect(verdict).toEqual({ ok: false, why: then });
        return;
      }
      expect(verdict.ok ? "" : verdict.why).toBe("");
      const moved = verdict.ok ? verdict.state.jobs : new Map();
      expect(show(moved)).toEqual({ ...show(world.jobs), ...then });
    },
  );
});

describe("the judge's state", () => {
  it("is left as it was, by allowed and by refused answers", () => {
    const operation: Operation = { action: "Claim", args: { lane: "a", n: 2, deadline: 99 } };
    const before = structuredClone(world);
    allows(world, operation, { result: "claimed", tokens: [token("ready", 1), token("next", 1)] });
    allows(world, operation, { result: "claimed", tokens: [token("ready", 1), token("next", 7)] });
    expect(world).toEqual(before);
  });

  it("refuses an operation that the contract does not have", () => {
    const operation = { action: "Vacuum", args: {} } as unknown as Operation;
    expect(allows(world, operation, { result: "noop" })).toEqual({
      ok: false,
      why: "Vacuum never says noop",
    });
  });

  it("throws at a call without its arguments, and at no answer", () => {
    const nameless = { action: "Claim" } as unknown as Operation;
    expect(() => allows(world, nameless, { result: "claimed" })).toThrow(TypeError);
    for (const [action, rows] of Object.entries(tables))
      for (const [args, { result }] of rows)
        expect(() => allows(world, { action, args } as Operation, { result })).not.toThrow();
  });

  it("shows neither absent nor removed jobs", () => {
    expect(
      view(initial({ staleAfter: 1, callbackWait: 1, maxAttempts: 1, failedFloor: 0 })),
    ).toEqual(new Map());
    expect(view(world).get("busy")).toEqual({ state: "running", lease: 2 });
    expect(view(world).has("gone")).toBe(false);
  });
});
