/** Workers that ask again and again, for queues that leave it to their users. */

import { setTimeout as sleep } from "node:timers/promises";
import type { Workers } from "./contestant.js";

/** How long a worker that found nothing waits before it asks again. */
const POLL_MS = 10;

/** `step` says whether there was anything to do. */
export function loops(count: number, step: () => Promise<boolean>): Workers {
  let over = false;
  const loop = async () => {
    while (!over) if (!(await step()) && !over) await sleep(POLL_MS);
  };
  const all = Promise.all(Array.from({ length: count }, loop));
  return {
    stop: async () => {
      over = true;
      await all;
    },
  };
}
