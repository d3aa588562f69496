/** Workers that are woken and ask, for queues that leave it to their users. */

import type { Bell } from "./bell.js";
import type { Workers } from "./contestant.js";

/** How long a worker that found nothing waits for the bell before it asks again. */
const POLL_MS = 1_000;

/** `step` says whether there was anything to do. */
export function loops(count: number, bell: Bell, step: () => Promise<boolean>): Workers {
  let over = false;
  const loop = async () => {
    while (!over) if (!(await step()) && !over) await bell.heard(POLL_MS);
  };
  const all = Promise.all(Array.from({ length: count }, loop));
  return {
    stop: async () => {
      over = true;
      bell.wakeAll();
      await all;
    },
  };
}
