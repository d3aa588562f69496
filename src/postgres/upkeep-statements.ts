/** How maintenance is called: rescue, rings and counts. */

import type { PassLimits } from "./answers.js";
import { fieldsOf, interval, time, whole } from "./arguments.js";
import { callsOf, limitOf } from "./calls.js";

function passed(limits: PassLimits): number[] {
  const { budget, window } = fieldsOf("limits", limits, ["budget", "window"]);
  return [whole("budget", budget, 1), whole("window", window, 1)];
}

const slotOf = (slot: number): number => whole("slot", slot, 0);

export function rescueCalls(schema: string) {
  const { rows } = callsOf(schema);
  const stale = (name: string) => (slot: number, cutoff: Date, limit: number, now: Date) =>
    rows(
      `${name}($1, $2, $3, $4)`,
      slotOf(slot),
      time("cutoff", cutoff),
      limitOf(limit),
      time("now", now),
    );
  const expired = (name: string) => (slot: number, limit: number, now: Date) =>
    rows(`${name}($1, $2, $3)`, slotOf(slot), limitOf(limit), time("now", now));
  return {
    rescueStaleReceipts: stale("rescue_stale_receipts"),
    rescueExpiredDeadlines: expired("rescue_expired_deadlines"),
    rescueStaleLeases: stale("rescue_stale_leases"),
    rescueExpiredLeaseDeadlines: expired("rescue_expired_lease_deadlines"),
    rescueCallbackTimeouts: (
      slot: number,
      limit: number,
      maxAttempts: number,
      runAt: Date,
      now: Date,
    ) =>
      rows(
        "rescue_callback_timeouts($1, $2, $3, $4, $5)",
        slotOf(slot),
        limitOf(limit),
        whole("maxAttempts", maxAttempts, 0),
        time("runAt", runAt),
        time("now", now),
      ),
    rescueStaleReceiptsPass: (cutoff: Date, limits: PassLimits, now: Date) =>
      rows(
        "rescue_stale_receipts_pass($1, $2, $3, $4)",
        time("cutoff", cutoff),
        ...passed(limits),
        time("now", now),
      ),
    rescueExpiredDeadlinesPass: (limits: PassLimits, now: Date) =>
      rows("rescue_expired_deadlines_pass($1, $2, $3)", ...passed(limits), time("now", now)),
  };
}

export function ringCalls(schema: string) {
  const { answers, rows, onRing } = callsOf(schema);
  return {
    rotateQueue: onRing("rotate_queue"),
    rotateClaims: onRing("rotate_claims"),
    rotateLeases: onRing("rotate_leases"),
    pruneQueue: (now: Date, failedFloor = 0) => {
      const floor = interval("failedFloor", failedFloor, 0);
      return answers("prune_queue($1, $2)", time("now", now), floor);
    },
    pruneClaims: onRing("prune_claims"),
    pruneLeases: onRing("prune_leases"),
    rollupTerminalCounts: (slot: number, now: Date) =>
      answers("rollup_terminal_counts($1, $2)", slotOf(slot), time("now", now)),
    rebuildTerminalCounts: onRing("rebuild_terminal_counts"),
    ringHealth: (cutoff: Date, now: Date) =>
      rows("ring_health($1, $2)", time("cutoff", cutoff), time("now", now)),
  };
}
