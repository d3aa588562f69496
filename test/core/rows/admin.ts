/** What administrators are told. */

import {
  call,
  first,
  job,
  enqueue,
  defer,
  retry,
  discard,
  cancelRunning,
  cancelledKey,
  deadKey,
  failedKey,
  readmit,
  says,
  running,
  waiting,
  resumed,
  completed,
  failed,
  cancelled,
  dead,
  type Rows,
} from "./calls.js";

const slowly = [...resumed, call("Complete", { tokens: [first] })];

export const admin: Rows<
  | "DiscardTerminal"
  | "RetryFromTerminal"
  | "FailedToDlq"
  | "CancelReady"
  | "CancelRunning"
  | "MoveReady"
  | "PurgeDlq"
  | "RetryFromDlq"
> = {
  DiscardTerminal: [
    ["nobody knows the job", [], job("j1"), says("notTerminal")],
    ["the job is ready", [enqueue("j1")], job("j1"), says("notTerminal")],
    ["the job is deferred", [defer(1)], job("j1"), says("notTerminal")],
    ["the job is running", running, job("j1"), says("notTerminal")],
    ["the job is dead", dead, job("j1"), says("notTerminal")],
    ["the fact was discarded", [...completed, discard], job("j1"), says("notTerminal")],
    ["the job was completed", completed, job("j1"), says("discarded")],
    ["the job failed", failed, job("j1"), says("discarded")],
    ["the job was cancelled", cancelled, job("j1"), says("discarded")],
  ],
  RetryFromTerminal: [
    ["nobody knows the job", [], job("j1"), says("notRetryable")],
    ["the job is ready", [enqueue("j1")], job("j1"), says("notRetryable")],
    ["the job is running", running, job("j1"), says("notRetryable")],
    ["the job was completed", completed, job("j1"), says("notRetryable")],
    ["the job was completed the slow way", slowly, job("j1"), says("notRetryable")],
    ["the job is dead", dead, job("j1"), says("notRetryable")],
    ["the fact was discarded", [...failed, discard], job("j1"), says("notRetryable")],
    ["another job failed", failed, job("j2"), says("notRetryable")],
    ["the job failed", failed, job("j1"), says("readmitted")],
    ["the job was cancelled", cancelled, job("j1"), says("readmitted")],
    ["its attempt was cancelled", [...waiting, cancelRunning], job("j1"), says("readmitted")],
    ["its key is taken", [...cancelledKey, enqueue("k2")], job("k1"), says("uniqueConflict")],
    ["its key is free", failedKey, job("k1"), says("readmitted")],
  ],
  FailedToDlq: [
    ["nobody knows the job", [], job("j1"), says("notFailed")],
    ["the job is running", running, job("j1"), says("notFailed")],
    ["the job was completed", completed, job("j1"), says("notFailed")],
    ["the job was cancelled", cancelled, job("j1"), says("notFailed")],
    ["the job is dead", dead, job("j1"), says("notFailed")],
    ["the job failed", failed, job("j1"), says("deadLettered")],
  ],
  CancelReady: [
    ["nobody knows the job", [], job("j1"), says("notReady")],
    ["the job is deferred", [defer(1)], job("j1"), says("notReady")],
    ["the job is running", running, job("j1"), says("notReady")],
    ["the job was completed", completed, job("j1"), says("notReady")],
    ["the job was cancelled", cancelled, job("j1"), says("notReady")],
    ["the job is dead", dead, job("j1"), says("notReady")],
    ["the job is pending", [enqueue("j1")], job("j1"), says("cancelled")],
    ["the job is pending again", [...dead, readmit], job("j1"), says("cancelled")],
  ],
  CancelRunning: [
    ["nobody knows the job", [], job("j1"), says("notRunning")],
    ["the job is ready", [enqueue("j1")], job("j1"), says("notRunning")],
    ["the job is deferred", [...running, retry], job("j1"), says("notRunning")],
    ["the job was completed", completed, job("j1"), says("notRunning")],
    ["the job failed", failed, job("j1"), says("notRunning")],
    ["the job is dead", dead, job("j1"), says("notRunning")],
    ["the job was cancelled", [...running, cancelRunning], job("j1"), says("notRunning")],
    ["another job is running", running, job("j2"), says("notRunning")],
    ["the attempt runs", running, job("j1"), says("cancelled")],
    ["the attempt is lease-managed", resumed, job("j1"), says("cancelled")],
    ["the attempt waits for a callback", waiting, job("j1"), says("cancelled")],
  ],
  MoveReady: [
    ["nobody knows the job", [], { job: "j1", lane: "b" }, says("notReady")],
    ["the job is deferred", [defer(1)], { job: "j1", lane: "b" }, says("notReady")],
    ["the job is running", running, { job: "j1", lane: "b" }, says("notReady")],
    ["the job was cancelled", cancelled, { job: "j1", lane: "b" }, says("notReady")],
    ["the job is dead", dead, { job: "j1", lane: "b" }, says("notReady")],
    ["the job is there", [enqueue("j1")], { job: "j1", lane: "a" }, says("sameLane")],
    ["the job is in another lane", [enqueue("j1")], { job: "j1", lane: "b" }, says("moved")],
    [
      "the job was moved before",
      [enqueue("j1"), call("MoveReady", { job: "j1", lane: "b" })],
      { job: "j1", lane: "a" },
      says("moved"),
    ],
  ],
  PurgeDlq: [
    ["the job is running", running, job("j1"), says("notInDlq")],
    ["another job is dead", dead, job("j2"), says("notInDlq")],
    ["the job was readmitted", [...dead, readmit], job("j1"), says("notInDlq")],
    ["the job is dead", dead, job("j1"), says("purged")],
  ],
  RetryFromDlq: [
    ["its key is taken", [...deadKey, enqueue("k2")], job("k1"), says("uniqueConflict")],
    ["its key is free", deadKey, job("k1"), says("readmitted")],
    ["the job is running", running, job("j1"), says("notInDlq")],
    ["another job is dead", dead, job("j2"), says("notInDlq")],
    ["the job was purged", [...dead, call("PurgeDlq", job("j1"))], job("j1"), says("notInDlq")],
    ["the job is dead", dead, job("j1"), says("readmitted")],
  ],
};
