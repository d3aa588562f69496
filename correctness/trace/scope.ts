import type { Job, Scope } from "../../src/core/index.js";
import { grouped } from "../grouped.js";
import type { Event, Header } from "./history.js";

/** The storage model of a history; jobs, batches and run leases have no bounds. */
export function scopeOf({ lanes, limits, slots }: Header): Scope {
  const { queue, claim, lease } = slots!;
  const unbounded = { jobs: [], leases: [], deadlines: [], sameKey: [], enabled: [] };
  const sizes = { queueSlots: queue, claimSlots: claim, leaseSlots: lease };
  return { lanes, ...limits, ...unbounded, ...sizes, ...most };
}

const most = { maxBatch: Infinity, maxWait: Infinity, maxSeq: Infinity };

/** The unique key of each job that carries one. */
export function keysOf(events: readonly Event[]): ReadonlyMap<Job, string> {
  const keys = new Map<Job, string>();
  for (const { action, args } of events) {
    if (action !== "Enqueue") continue;
    args.batch.forEach((job, i) => {
      const key = args.keys?.[i];
      if (key) keys.set(job, key);
    });
  }
  return keys;
}

/** These jobs by the key that they carry, without those that carry none. */
export function sameKeyOf(jobs: Iterable<Job>, keys: ReadonlyMap<Job, string>): Scope["sameKey"] {
  const keyed = [...jobs].filter((job) => keys.has(job));
  return [...grouped(keyed, (job) => keys.get(job)).values()];
}
