import { lockstepScope } from "../../correctness/lockstep/claim.js";
import type { Scope } from "../../src/core/index.js";

/** Small enough that a planted bug is met soon and told shortly. */
export const small: Scope = {
  ...lockstepScope,
  jobs: lockstepScope.jobs.slice(0, 8),
  lanes: ["a", "b"],
  queueSlots: 2,
  claimSlots: 2,
  leaseSlots: 2,
  maxBatch: 3,
};
