/** What rescue is told, pass by pass. */

import {
  completed,
  dead,
  call,
  first,
  again,
  enqueue,
  claim,
  claimUntil,
  beat,
  park,
  resume,
  complete,
  fail,
  rotateClaims,
  tick,
  says,
  rescued,
  running,
  waiting,
  resumed,
  rescue as rescueReceipts,
  type Rows,
} from "./calls.js";

/** An attempt with a deadline. */
const limited = [enqueue("j1"), claimUntil(1)];

/** The last attempt that a job has waits longer than it may. */
const lastWaits = [
  ...running,
  tick,
  rescueReceipts,
  claim(),
  call("ParkForCallback", { token: again }),
  tick,
];

export const rescue: Rows<
  | "RescueStaleReceipts"
  | "RescueExpiredDeadlines"
  | "RescueStaleLeases"
  | "RescueExpiredLeaseDeadlines"
  | "RescueCallbackTimeouts"
> = {
  RescueStaleReceipts: [
    ["no receipt is there", [], { slot: 0 }, says("noop")],
    ["the receipt is fresh", running, { slot: 0 }, says("noop")],
    ["the receipt is in another slot", [...running, tick], { slot: 1 }, says("noop")],
    ["the attempt was completed", [...completed, tick], { slot: 0 }, says("noop")],
    ["it was heard of since", [...running, tick, beat], { slot: 0 }, says("noop")],
    ["the attempt is lease-managed", [...resumed, tick], { slot: 0 }, says("noop")],
    ["the job is dead", [...dead, tick], { slot: 0 }, says("noop")],
    [
      "one is stale and one is fresh",
      [...running, tick, enqueue("j2"), claim()],
      { slot: 0 },
      rescued(first),
    ],
    ["it was heard of, long ago", [...running, beat, tick], { slot: 0 }, rescued(first)],
  ],
  RescueExpiredDeadlines: [
    ["no receipt is there", [], { slot: 0 }, says("noop")],
    ["it has no deadline", [...running, tick], { slot: 0 }, says("noop")],
    ["its deadline has not come", limited, { slot: 0 }, says("noop")],
    ["the receipt is in another slot", [...limited, tick], { slot: 1 }, says("noop")],
    ["the attempt is lease-managed", [...limited, park, tick], { slot: 0 }, says("noop")],
    ["the attempt was completed", [...limited, complete, tick], { slot: 0 }, says("noop")],
    ["its deadline has come", [...limited, tick], { slot: 0 }, rescued(first)],
    ["it was heard of since", [...limited, tick, beat], { slot: 0 }, rescued(first)],
  ],
  RescueStaleLeases: [
    ["no lease is there", running, { slot: 0 }, says("noop")],
    ["the lease is fresh", resumed, { slot: 0 }, says("noop")],
    ["the attempt waits for a callback", [...waiting, tick], { slot: 0 }, says("noop")],
    ["it was heard of since", [...resumed, tick, beat], { slot: 0 }, says("noop")],
    ["the lease is in another slot", [...resumed, tick], { slot: 1 }, says("noop")],
    ["the attempt failed", [...resumed, tick, fail], { slot: 0 }, says("noop")],
    ["the lease is stale", [...resumed, tick], { slot: 0 }, rescued(first)],
    [
      "its receipt is in a younger slot",
      [enqueue("j1"), rotateClaims, claim(), park, resume, tick],
      { slot: 0 },
      rescued(first),
    ],
  ],
  RescueExpiredLeaseDeadlines: [
    ["no lease is there", [...limited, tick], { slot: 0 }, says("noop")],
    ["it has no deadline", [...resumed, tick], { slot: 0 }, says("noop")],
    ["its deadline has not come", [...limited, park], { slot: 0 }, says("noop")],
    ["the lease is in another slot", [...limited, park, tick], { slot: 1 }, says("noop")],
    ["the attempt waits for a callback", [...limited, park, tick], { slot: 0 }, rescued(first)],
    ["the attempt runs", [...limited, park, resume, tick], { slot: 0 }, rescued(first)],
  ],
  RescueCallbackTimeouts: [
    ["no lease is there", [...running, tick], { slot: 0, wait: 0 }, says("noop")],
    ["it waits for less long", waiting, { slot: 0, wait: 0 }, says("noop")],
    ["the callback came", [...resumed, tick], { slot: 0, wait: 0 }, says("noop")],
    ["the lease is in another slot", [...waiting, tick], { slot: 1, wait: 0 }, says("noop")],
    ["the callback is late", [...waiting, tick], { slot: 0, wait: 0 }, rescued(first)],
    ["the job is to come back later", [...waiting, tick], { slot: 0, wait: 1 }, rescued(first)],
    ["it was the last attempt", lastWaits, { slot: 0, wait: 0 }, rescued(again)],
  ],
};
