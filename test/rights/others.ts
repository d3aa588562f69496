/** Those who share a queue with a stranger. */

import { expect } from "vitest";
import { at, type Caller } from "./life.js";

const now = at(0);
const later = at(60);

/** Somebody else's jobs, some of them under way. */
export async function others({ storage }: Caller): Promise<void> {
  const lane = await storage.ensureLane("mail", 1, 0);
  const jobs = Array.from({ length: 8 }, (_, i) => ({ payload: i, uniqueKey: `key ${i}` }));
  await storage.enqueueUnique(lane, jobs, now, now);
  const [, second, third] = await storage.claim(lane, 5, now, later);
  await storage.parkForCallback([second!], later, now);
  await storage.failToDlq([third!], now);
}

/** A job goes through the queue that the stranger knows, and the rings turn until all is gone. */
export async function goesOn({ storage, lanes }: Caller): Promise<void> {
  const lane = await storage.ensureLane("mail", 1, 0);
  await storage.enqueue(lane, [{ honest: true }], later, later);
  for (let found = false; !found;) {
    const claimed = await lanes.claim<{ honest?: true }>("mail", 99, later);
    expect(claimed).not.toEqual([]);
    await storage.complete(claimed, later);
    found = claimed.some(({ payload }) => payload?.honest);
  }
  const ids = (await storage.jobs()).map(({ jobId }) => jobId);
  await storage.cancelReady(ids, later);
  await storage.cancelRunning(ids, later);
  for (let turn = 0; turn < 6; turn++) {
    for (const ring of ["Leases", "Claims", "Queue"] as const) {
      await storage[`rotate${ring}`](later);
      await storage[`prune${ring}`](later);
    }
  }
  expect((await storage.health(now, later)).map(({ pin }) => pin)).toEqual([]);
  // A failed job is kept by the clock of whoever failed it, which may be ahead of this one.
  const left = await storage.jobs();
  expect(left.filter(({ state }) => !["deferred", "dead", "failed"].includes(state))).toEqual([]);
}
