/** What the contract says of answers to those who end attempts that nobody else will end. */

import type { Place } from "../../src/memory/index.js";
import { token, type Row, type Tables } from "./rows.js";

type Stale = "RescueStaleReceipts" | "RescueStaleLeases";
type Expired = "RescueExpiredDeadlines" | "RescueExpiredLeaseDeadlines";
export type Rescues = Stale | Expired | "RescueCallbackTimeouts";

const of = (job: string, lease: number, then: Row[2], wait = 0): Row => [
  { slot: 0, wait },
  { result: "rescued", tokens: [token(job, lease)] },
  then,
];

const at = (state: Place["state"], lease: number): Place => ({ state, lease });

/** What every rescue says alike, where it may end this attempt of this job. */
const rescues = (action: Rescues, job: string, lease: number, open: string): readonly Row[] => {
  const says = `${action} says rescued, but`;
  const twice = [token(job, lease), token(job, lease)];
  return [
    of(job, lease, { [job]: at("ready", lease) }),
    [{ slot: 1, wait: 0 }, { result: "noop" }, {}],
    [{ slot: 0, wait: 0 }, { result: "rescued", tokens: [] }, `${says} it names no token`],
    [
      { slot: 0, wait: 0 },
      { result: "rescued", tokens: twice },
      `${says} ${job}/${lease} is not the ${open} attempt: ${job} is ready (lease ${lease})`,
    ],
    of(job, 7, `${says} ${job}/7 is not the ${open} attempt: ${job} is ${where(open, lease)}`),
    of("done", 1, `${says} done/1 is not the ${open} attempt: done is completed (lease 1)`),
  ];
};

const where = (open: string, lease: number): string =>
  `${open === "running" ? "running" : "waiting"} (lease ${lease})`;

const stale = (action: Stale): readonly Row[] => {
  const says = `${action} says rescued, but`;
  return [
    ...rescues(action, "silent", 1, "running"),
    of("busy", 2, `${says} busy/2 turns stale only at tick 4, and it is tick 2`),
    of("expired", 1, `${says} expired/1 turns stale only at tick 3, and it is tick 2`),
    of("worn", 2, `${says} worn/2 is not the running attempt: worn is waiting (lease 2)`),
  ];
};

const expired = (action: Expired): readonly Row[] => {
  const says = `${action} says rescued, but`;
  return [
    ...rescues(action, "overdue", 1, "running or waiting"),
    of("expired", 1, { expired: at("ready", 1) }),
    of("busy", 2, `${says} the deadline of busy/2 is tick 4, and it is tick 2`),
    of("silent", 1, `${says} silent/1 has no deadline`),
    of("worn", 2, `${says} worn/2 has no deadline`),
  ];
};

export const rescuing: Pick<Tables, Rescues> = {
  RescueStaleReceipts: stale("RescueStaleReceipts"),
  RescueStaleLeases: stale("RescueStaleLeases"),
  RescueExpiredDeadlines: expired("RescueExpiredDeadlines"),
  RescueExpiredLeaseDeadlines: expired("RescueExpiredLeaseDeadlines"),
  RescueCallbackTimeouts: [
    ...rescues("RescueCallbackTimeouts", "patient", 2, "waiting"),
    of("overdue", 1, { overdue: at("deferred", 1) }, 1),
    of("worn", 2, { worn: at("dead", 2) }),
    of("worn", 2, { worn: at("dead", 2) }, 1),
    of(
      "parked",
      1,
      "RescueCallbackTimeouts says rescued, " +
        "but parked/1 times out only at tick 4, and it is tick 2",
    ),
    of(
      "silent",
      1,
      "RescueCallbackTimeouts says rescued, " +
        "but silent/1 is not the waiting attempt: silent is running (lease 1)",
    ),
  ],
};
