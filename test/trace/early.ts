/** An enqueue that is told that a key is taken, and then waits until its lane's head is free. */

import type { Change, Event, History } from "../../correctness/trace/history.js";
import { header } from "./histories.js";

type When = readonly [call: number, end: number, commit: number];

const event = (call: object, [from, end, commit]: When, changes: readonly Change[]): Event =>
  ({
    ...{ id: commit, worker: `w${commit}`, tick: 0, call: from, return: end, commit, changes },
    ...call,
  }) as Event;

const arriving = (batch: readonly string[], keys: readonly (string | null)[], jobs: string[]) => ({
  action: "Enqueue",
  args: { lane: "a", batch, keys, wait: 0 },
  outcome: { result: "enqueued", jobs },
});

/** The key is given back, and the ring turns, before it appends: no one moment explains it. */
export function toldEarly(waits: When): History {
  const events = [
    event(
      arriving(["j1"], ["k"], ["j1"]),
      [0, 1, 0],
      [
        { table: "uniqueKeys", put: ["j1"] },
        { table: "laneNext", put: ["a", 2] },
        { table: "readyEntries", put: [0, "a", 1, "j1", 0, 0] },
      ],
    ),
    event(
      { action: "CancelReady", args: { job: "j1" }, outcome: { result: "cancelled" } },
      [3, 4, 1],
      [
        { table: "uniqueKeys", drop: ["j1"] },
        { table: "readyTombstones", put: [0, "a", 1] },
        { table: "doneEntries", put: [0, "a", 1, "j1", 0, "cancelled", 0] },
      ],
    ),
    event(
      { action: "RotateQueue", args: {}, outcome: { result: "rotated" } },
      [5, 6, 2],
      [{ table: "rings", put: ["queue", 1, 2] }],
    ),
    event(arriving(["j2", "j3"], [null, "k"], ["j2"]), waits, [
      { table: "laneNext", put: ["a", 3] },
      { table: "readyEntries", put: [1, "a", 2, "j2", 0, 0] },
    ]),
  ];
  return { header, events: events.sort((a, b) => a.call - b.call) };
}
