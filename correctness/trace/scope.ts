import type { Scope } from "../../src/core/index.js";
import type { Header } from "./history.js";

/** The storage model of a history; jobs, batches and run leases have no bounds. */
export function scopeOf({ lanes, limits, slots }: Header): Scope {
  const { queue, claim, lease } = slots!;
  const unbounded = { jobs: [], leases: [], deadlines: [], sameKey: [], enabled: [] };
  const sizes = { queueSlots: queue, claimSlots: claim, leaseSlots: lease };
  return { lanes, ...limits, ...unbounded, ...sizes, ...most };
}

const most = { maxBatch: Infinity, maxWait: Infinity, maxSeq: Infinity };
