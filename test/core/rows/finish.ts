/** What workers are told who end attempts. */

import {
  refused,
  first,
  second,
  one,
  enqueue,
  claim,
  park,
  resume,
  complete,
  rotateClaims,
  says,
  answered,
  running,
  waiting,
  resumed,
  stale,
  type Rows,
} from "./calls.js";

const late = { token: first, wait: 1 };

/** The ways in which an attempt is over, for a batch of one. */
const overs = stale({ tokens: [first] }).map(
  ([when, done, args]) => [when, done, args, answered("stale")] as const,
);

export const finish: Rows<
  "CompleteFast" | "CompleteSlow" | "Complete" | "Retry" | "Snooze" | "Fail" | "FailToDlq"
> = {
  CompleteFast: [
    ["the batch is empty", running, { tokens: [] }, says("empty")],
    ...overs,
    ["the attempt runs", running, { tokens: [first] }, answered("completed")],
    ["the attempt is lease-managed", resumed, { tokens: [first] }, answered("leaseManaged")],
    ["the attempt waits for a callback", waiting, { tokens: [first] }, answered("leaseManaged")],
    ["a token comes twice", running, { tokens: [first, first] }, answered("completed", "stale")],
    [
      "one is over and one runs",
      [enqueue("j1", "j2"), claim(2), complete],
      { tokens: [first, second] },
      answered("stale", "completed"),
    ],
    [
      "one is lease-managed and one is not",
      [enqueue("j1", "j2"), claim(2), park, resume],
      { tokens: [first, second] },
      answered("leaseManaged", "completed"),
    ],
  ],
  CompleteSlow: [
    ["the batch is empty", running, { tokens: [] }, says("empty")],
    ...overs,
    ["the attempt runs", running, { tokens: [first] }, answered("receiptOnly")],
    ["the attempt is lease-managed", resumed, { tokens: [first] }, answered("completed")],
    ["the attempt waits for a callback", waiting, { tokens: [first] }, answered("waiting")],
    ["a token comes twice", resumed, { tokens: [first, first] }, answered("completed", "stale")],
  ],
  Complete: [
    ["the batch is empty", running, { tokens: [] }, says("empty")],
    ...overs,
    ["the attempt runs", running, { tokens: [first] }, answered("completed")],
    ["the attempt is lease-managed", resumed, { tokens: [first] }, answered("completed")],
    ["the attempt waits for a callback", waiting, { tokens: [first] }, answered("waiting")],
    [
      "one is lease-managed and one is not",
      [enqueue("j1", "j2"), claim(2), park, resume],
      { tokens: [second, first, second] },
      answered("completed", "completed", "stale"),
    ],
  ],
  Retry: [
    ...refused({ token: first, wait: 1 }),
    ["the attempt runs", running, { token: first, wait: 0 }, says("retried")],
    ["its receipt is in the older slot", [...running, rotateClaims], late, says("retried")],
    ["the attempt is lease-managed", resumed, late, says("retried")],
  ],
  Snooze: [
    ...refused(late),
    ["the attempt runs", running, late, says("snoozed")],
    ["the attempt is lease-managed", resumed, late, says("snoozed")],
  ],
  Fail: [
    ...refused(one),
    ["the attempt runs", running, one, says("failed")],
    ["the attempt is lease-managed", resumed, one, says("failed")],
  ],
  FailToDlq: [
    ...refused(one),
    ["the attempt runs", running, one, says("deadLettered")],
    ["the attempt is lease-managed", resumed, one, says("deadLettered")],
  ],
};
