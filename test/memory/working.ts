/** What the contract says of answers to workers, and to those who call them back. */

import type { OperationName, Place } from "../../src/memory/index.js";
import { token, type Row, type Tables } from "./rows.js";

type OnOne = "Heartbeat" | "FlushProgress" | "ParkForCallback" | "ResumeCallback";
type Ends = "Retry" | "Snooze" | "Fail" | "FailToDlq";
type Completes = "CompleteFast" | "CompleteSlow" | "Complete";
export type Works = OnOne | Completes | Ends;

/** A call on one running attempt: who may be told `yes`, `waiting` and `stale`, and who not. */
const ofOne = (action: OperationName, yes: string, busy: Place): readonly Row[] => {
  const args = (job: string, lease: number) => ({ token: token(job, lease), wait: 1 });
  return [
    [args("busy", 2), { result: yes }, { busy }],
    [args("parked", 1), { result: "waiting" }, {}],
    [args("busy", 1), { result: "stale" }, {}],
    [args("parked", 2), { result: "stale" }, {}],
    [args("withdrawn", 1), { result: "stale" }, {}],
    [args("nobody", 1), { result: "stale" }, {}],
    [
      args("busy", 3),
      { result: yes },
      `${action} says ${yes}, but busy/3 is not the running attempt: busy is running (lease 2)`,
    ],
    [
      args("parked", 1),
      { result: yes },
      `${action} says ${yes}, but parked/1 is not the running attempt: parked is waiting (lease 1)`,
    ],
    [
      args("ready", 1),
      { result: yes },
      `${action} says ${yes}, but ready/1 is not the running attempt: ready is ready`,
    ],
    [
      args("busy", 2),
      { result: "waiting" },
      `${action} says waiting, but busy/2 is not the waiting attempt: busy is running (lease 2)`,
    ],
    [
      args("nobody", 1),
      { result: "waiting" },
      `${action} says waiting, but nobody/1 is not the waiting attempt: nobody is absent`,
    ],
    [
      args("busy", 2),
      { result: "stale" },
      `${action} says stale, but busy/2 is the running attempt, not stale`,
    ],
    [
      args("parked", 1),
      { result: "stale" },
      `${action} says stale, but parked/1 is the waiting attempt, not stale`,
    ],
  ];
};

/** An attempt is ended at most once, whatever is said of it. */
const endedTwice = (action: OperationName, yes: string): Row => [
  { token: token("busy", 1), wait: 1 },
  { result: yes },
  `${action} says ${yes}, but an earlier call was told that it ended busy/1`,
];

const ending = (action: OperationName, yes: string, state: Place["state"]) => [
  ...ofOne(action, yes, { state, lease: 2 }),
  endedTwice(action, yes),
];

/** One answer to a completion of one token, and what it leads to. */
const word = (job: string, lease: number, answer: string, then: Row[2]): Row => [
  { tokens: [token(job, lease)] },
  { result: "answered", each: [answer] },
  then,
];

/** What every completion says alike. */
const completing = (action: Completes, words: string): readonly Row[] => {
  const says = `${action} says answered, but`;
  const notRunning = (job: string, where: string) =>
    `is not the running attempt: ${job} is ${where}`;
  return [
    [
      { tokens: [token("silent", 1), token("silent", 1), token("busy", 1), token("busy", 2)] },
      { result: "answered", each: ["completed", "stale", "stale", "completed"] },
      { silent: { state: "completed", lease: 1 }, busy: { state: "completed", lease: 2 } },
    ],
    [{ tokens: [] }, { result: "empty" }, {}],
    [
      { tokens: [token("busy", 2)] },
      { result: "empty" },
      `${action} says empty, but the batch has 1 element(s)`,
    ],
    [{ tokens: [] }, { result: "answered", each: [] }, `${says} it names no token`],
    [
      { tokens: [token("busy", 2)] },
      { result: "answered", each: [] },
      `${says} it gives 0 answer(s) for 1 token(s)`,
    ],
    [
      { tokens: [token("silent", 1), token("silent", 1)] },
      { result: "answered", each: ["completed", "completed"] },
      `${says} an earlier call was told that it ended silent/1`,
    ],
    word("nobody", 1, "stale", {}),
    word("busy", 2, "perhaps", `${says} perhaps is none of ${words}`),
    word("busy", 2, "constructor", `${says} constructor is none of ${words}`),
    word("busy", 2, "stale", `${says} busy/2 is the running attempt, not stale`),
    word("parked", 1, "stale", `${says} parked/1 is the waiting attempt, not stale`),
    word("busy", 3, "completed", `${says} busy/3 ${notRunning("busy", "running (lease 2)")}`),
    word("parked", 1, "completed", `${says} parked/1 ${notRunning("parked", "waiting (lease 1)")}`),
  ];
};

/** What a completion says that knows a word for attempts that wait. */
const parkedToo = (action: Completes): readonly Row[] => [
  word("parked", 1, "waiting", {}),
  word(
    "busy",
    2,
    "waiting",
    `${action} says answered, but busy/2 is not the waiting attempt: busy is running (lease 2)`,
  ),
  word(
    "done",
    1,
    "waiting",
    `${action} says answered, but done/1 is not the waiting attempt: done is completed (lease 1)`,
  ),
];

export const working: Pick<Tables, Works> = {
  Heartbeat: ofOne("Heartbeat", "recorded", { state: "running", lease: 2 }),
  FlushProgress: ofOne("FlushProgress", "flushed", { state: "running", lease: 2 }),
  ParkForCallback: ofOne("ParkForCallback", "parked", { state: "waiting", lease: 2 }),
  ResumeCallback: [
    [
      { token: token("parked", 1) },
      { result: "resumed" },
      { parked: { state: "running", lease: 1 } },
    ],
    [{ token: token("busy", 2) }, { result: "notWaiting" }, {}],
    [{ token: token("parked", 2) }, { result: "notWaiting" }, {}],
    [
      { token: token("busy", 2) },
      { result: "resumed" },
      "ResumeCallback says resumed, but busy/2 is not the waiting attempt: " +
        "busy is running (lease 2)",
    ],
    [
      { token: token("worn", 1) },
      { result: "resumed" },
      "ResumeCallback says resumed, but worn/1 is not the waiting attempt: " +
        "worn is waiting (lease 2)",
    ],
    [
      { token: token("parked", 1) },
      { result: "notWaiting" },
      "ResumeCallback says notWaiting, but parked/1 is the waiting attempt",
    ],
  ],
  CompleteFast: [
    ...completing("CompleteFast", "completed, leaseManaged, stale"),
    word("busy", 2, "leaseManaged", {}),
    word("parked", 1, "leaseManaged", {}),
    word(
      "ready",
      1,
      "leaseManaged",
      "CompleteFast says answered, but ready/1 is not the running or waiting attempt: " +
        "ready is ready",
    ),
    word(
      "parked",
      1,
      "waiting",
      "CompleteFast says answered, but waiting is none of completed, leaseManaged, stale",
    ),
  ],
  CompleteSlow: [
    ...completing("CompleteSlow", "completed, receiptOnly, waiting, stale"),
    ...parkedToo("CompleteSlow"),
    word("busy", 2, "receiptOnly", {}),
    word(
      "parked",
      1,
      "receiptOnly",
      "CompleteSlow says answered, but parked/1 is not the running attempt: " +
        "parked is waiting (lease 1)",
    ),
    word(
      "busy",
      1,
      "receiptOnly",
      "CompleteSlow says answered, but busy/1 is not the running attempt: " +
        "busy is running (lease 2)",
    ),
  ],
  Complete: [
    ...completing("Complete", "completed, waiting, stale"),
    ...parkedToo("Complete"),
    ...["leaseManaged", "receiptOnly"].map((answer) =>
      word(
        "busy",
        2,
        answer,
        `Complete says answered, but ${answer} is none of completed, waiting, stale`,
      ),
    ),
  ],
  Retry: ending("Retry", "retried", "deferred"),
  Snooze: ending("Snooze", "snoozed", "deferred"),
  Fail: ending("Fail", "failed", "failed"),
  FailToDlq: ending("FailToDlq", "deadLettered", "dead"),
};
