import { NONE, type Scope } from "../../src/core/index.js";

/** One job, one attempt, and the ways to databases in which every answer of Postgres occurs. */
export const scope: Scope = {
  jobs: ["j1"],
  lanes: ["a"],
  queueSlots: 2,
  claimSlots: 2,
  leaseSlots: 2,
  leases: [1],
  maxBatch: 1,
  maxWait: 1,
  deadlines: [NONE],
  callbackWait: 1,
  staleAfter: 1,
  maxAttempts: 1,
  failedFloor: 0,
  sameKey: [],
  maxSeq: 9,
  enabled: [
    "Enqueue",
    "PromoteDeferred",
    "Claim",
    "CompleteFast",
    "FailToDlq",
    "CancelReady",
    "RotateQueue",
    "RotateClaims",
    "PassTime",
  ],
};
