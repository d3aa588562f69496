/** A rescue of one slot in several calls, each of which ends as many as it may: to the core one. */

import { openReceipt, type ArgsOf, type Scope, type Token } from "../../src/core/index.js";
import { idOf } from "../../src/postgres/binding.js";
import { twinOf, type Attempt } from "../conform/attempts.js";
import type { Point } from "./by-queue.js";
import type { Choice } from "./choices.js";
import { due, type Rescue } from "./due.js";
import type { OtherCall } from "./other-call.js";
import { rescuedByPass } from "./passes.js";

/** Leases are ended in the order of their jobs' ids: whether a lane's jobs come back in its own. */
function keepsLanes(tokens: readonly Token[], { db, binding }: Point): boolean {
  const last = new Map<string, number>();
  return tokens
    .toSorted((a, b) => Number(idOf(binding, a.job)) - Number(idOf(binding, b.job)))
    .every((token) => {
      const { lane, seq } = openReceipt(db, token)!;
      const before = last.get(lane) ?? -1;
      last.set(lane, seq);
      return before < seq;
    });
}

/** Half of all rescues of several attempts. */
export function inParts(
  { more }: Choice,
  action: Rescue,
  list: Attempt["list"],
  point: Point,
  scope: Scope,
): OtherCall | null {
  const { slot } = list[0] as ArgsOf<Rescue>;
  const tokens = due[action](point.db, scope).filter((one) => one.slot === slot);
  if (more === 0 || tokens.length < 2) return null;
  if (!rescuedByPass(action) && !keepsLanes(tokens, point)) return null;
  const limit = 1 + ((more - 1) % (tokens.length - 1));
  const portions = Array.from({ length: Math.ceil(tokens.length / limit) }, (_, i) =>
    Math.min(limit, tokens.length - i * limit),
  );
  return {
    name: "rescue in parts",
    attempt: { action, list } as Attempt,
    text: `in parts of ${limit}`,
    statements: (sql) =>
      portions.map(() => twinOf(action).statement(list, point.binding, { sql, scope, limit })!),
    portions,
  };
}
